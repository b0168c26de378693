/* load_plan - what a load does with its fields, fixed before the body comes. */
#pragma once

#include "simulator/cast.h"
#include "simulator/csv_reader.h"
#include "simulator/tables_internal.h"

enum {
    UID_DELETE_SIGN = -1,
    UID_SEQUENCE = -2,
};

#define NO_SOURCE SIZE_MAX

/* Where a field goes. A source can go to several targets, or to none: its data is dropped. */
typedef struct LoadTarget {
    int uid; /* a column's, or one of the above */
    const char *name;
    SimType type;
    bool nullable;
    size_t source;
} LoadTarget;

/* merge_type: MERGE with delete: column = literal. */
typedef struct DeleteOn {
    size_t source; /* NO_SOURCE: none */
    const char *literal;
} DeleteOn;

typedef enum NewKeys {
    NEW_KEYS_APPEND,
    NEW_KEYS_ERROR,  /* fail the load */
    NEW_KEYS_FILTER, /* filter the row: strict mode before there was the header */
} NewKeys;

struct LoadPlan {
    Tables *tables;
    TableDef *def;
    int64_t generation;
    Arena arena;
    CsvOptions csv;
    bool strict;
    double max_filter_ratio;
    int zone_minutes;
    size_t string_limit;
    size_t source_count;
    const char **sources;
    size_t target_count;
    LoadTarget *targets; /* the keys first, in order */
    bool deletes_all;
    DeleteOn delete_on;
    bool partial;
    NewKeys new_keys;
};

/* "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = " and the text. Returns false. */
bool load_refuse(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);
