/* parts - batches that hold one part of a transaction, for tests. */
#pragma once

#include "common/change.h"

/* A batch that is one part of a transaction, with its changes numbered first to last. */
typedef struct Part {
    Batch batch;
    Transaction transaction;
    Change changes[8];
} Part;

static inline Batch *part(Part *out, Position predecessor, Lsn commit_lsn, uint64_t first,
                          uint64_t last, bool ends)
{
    *out = (Part){0};
    out->transaction = (Transaction){
        .commit_lsn = commit_lsn,
        .end_lsn = ends ? commit_lsn + 8 : 0,
        .first_record_id = commit_lsn * 1000,
        .last_ordinal = last,
        .commit_time_us = (int64_t)commit_lsn,
        .predecessor = predecessor,
        .ends = ends,
    };
    for (uint64_t ordinal = first; ordinal <= last; ordinal++)
        out->changes[ordinal - first] = (Change){.ordinal = ordinal};
    out->batch.header = (BatchHeader){
        .sequence = 2,
        .transactions = &out->transaction,
        .transaction_count = 1,
        .change_count = (uint32_t)(last + 1 - first),
    };
    out->batch.changes = out->changes;
    return &out->batch;
}

static inline Position at(Lsn commit_lsn, uint64_t ordinal)
{
    return (Position){commit_lsn, ordinal};
}
