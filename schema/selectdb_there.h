/*
 * selectdb_there - a table as it stands at SelectDB, from SHOW CREATE TABLE. Pure; texts lie in the
 * arena.
 */
#pragma once

#include "common/arena.h"
#include "common/doris_type.h"

typedef enum ThereModel { THERE_OTHER_MODEL, THERE_UNIQUE, THERE_DUPLICATE } ThereModel;

typedef struct ThereField {
    const char *name;
    const char *type_text;
    DorisType type;             /* NONE: not one that walferry writes */
    bool key, not_null, filled; /* filled: has a default, or counts up by itself */
} ThereField;

typedef struct SelectdbThere {
    ThereModel model;
    bool merge_on_write;
    const char *sequence_type;   /* "bigint"; "": none */
    const char *sequence_column; /* an ordinary column that is the sequence; "": none */
    const char *comment;
    ThereField *fields; /* in the table's order */
    size_t field_count;
} SelectdbThere;

/* Of kind CONFIG when the statement is not one that we can read: a view, an external table. */
NODISCARD bool selectdb_there_read(Str statement, Arena *arena, SelectdbThere *out, Error *err);

/* By its name, whatever its case; NULL: there is none. */
ThereField *selectdb_there_field(const SelectdbThere *there, const char *name);
