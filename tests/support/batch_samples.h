/* batch_samples - a relation, a transaction and a header to build batches on, for tests. */
#pragma once

#include "common/change.h"

/* public.items: id integer (key), name text, note text, payload bytea. */
enum { SAMPLE_COLUMNS = 4 };

static Column sample_columns[SAMPLE_COLUMNS] = {
    {.attnum = 1, .name = STR("id"), .type_oid = 23, .type_modifier = -1, .key = true},
    {.attnum = 2, .name = STR("name"), .type_oid = 25, .type_modifier = -1},
    {.attnum = 4, .name = STR("note"), .type_oid = 25, .type_modifier = 204},
    {.attnum = 5, .name = STR("payload"), .type_oid = 17, .type_modifier = -1},
};

static Relation sample_relations[2] = {
    {.oid = 16401,
     .schema = STR("public"),
     .table = STR("items"),
     .lane_by_key = true,
     .columns = sample_columns,
     .column_count = SAMPLE_COLUMNS},
    {.oid = 16402,
     .schema = STR("public"),
     .table = STR("log"),
     .full_identity = true,
     .columns = sample_columns,
     .column_count = 2},
};

static Transaction sample_transactions[2] = {
    {.commit_lsn = 0x1000,
     .end_lsn = 0x1100,
     .commit_time_us = 1700000000000000,
     .xid = 742,
     .first_record_id = UINT64_C(1) << 60,
     .last_ordinal = 1000,
     .predecessor = {.commit_lsn = 0x900, .ordinal = 7},
     .ends = true},
    {.commit_lsn = 0x2000,
     .commit_time_us = -1,
     .xid = 743,
     .first_record_id = 5,
     .last_ordinal = 1000,
     .predecessor = {.commit_lsn = 0x1000, .ordinal = 1000}},
};

static inline BatchHeader sample_header(uint32_t change_count)
{
    return (BatchHeader){
        .epoch = 3,
        .sequence = 17,
        .only_lane = LANE_ALL,
        .change_count = change_count,
        .relations = sample_relations,
        .relation_count = 2,
        .transactions = sample_transactions,
        .transaction_count = 2,
        .stream_start = 0x800,
        .next_record_id = 4711,
        .flush = true,
        .task = STR("orders"),
    };
}
