/*
 * table_def - a table's definition. It is never changed: ALTER makes a new one, so that a load
 * keeps the one that it was planned with. Counted references; the last one frees it.
 */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include "simulator/sim_type.h"
#include <stdint.h>

typedef struct SimColumn {
    int uid; /* a name that is dropped and added again is another column */
    const char *name;
    SimType type;
    bool key;
    bool nullable;
    bool has_default;
    bool default_now;         /* CURRENT_TIMESTAMP or CURRENT_DATE */
    const char *default_text; /* NULL: DEFAULT NULL */
    const char *comment;
} SimColumn;

typedef enum SequenceForm {
    SEQUENCE_NONE,
    SEQUENCE_TYPE,   /* function_column.sequence_type: hidden, fed by a header */
    SEQUENCE_COLUMN, /* function_column.sequence_col: fed by a column of the table */
} SequenceForm;

typedef struct SimProperty {
    const char *name;
    const char *value;
} SimProperty;

typedef struct TableDef {
    int references; /* under the catalog's lock */
    Arena arena;
    int64_t id;
    const char *database;
    const char *name;
    bool unique;
    bool merge_on_write;
    size_t column_count;
    SimColumn *columns; /* keys first */
    size_t key_count;
    SequenceForm sequence;
    SimType sequence_type;
    size_t sequence_column;
    bool random;
    size_t distribution_count;
    const char **distribution;
    int buckets; /* 0: auto */
    size_t property_count;
    SimProperty *properties; /* in the order given, what is forced included */
    const char *comment;
    int schema_version;
    int next_uid;
} TableDef;

TableDef *table_def_new(void);
TableDef *table_def_copy(const TableDef *def);
void table_def_free(TableDef **def);

/* Without regard to case; NULL if there is none. */
const SimColumn *table_def_column(const TableDef *def, const char *name);
const SimColumn *table_def_column_of_uid(const TableDef *def, int uid);
const char *table_def_property(const TableDef *def, const char *name);

/* One integer key that is never NULL: its value is the row's number in SQLite. */
bool table_def_integer_key(const TableDef *def);

/* For the catalog's own file, and back. free() the text. */
char *table_def_json(const TableDef *def);
bool table_def_parse(const char *json, TableDef **out, Error *err);

/* SHOW CREATE TABLE. */
const char *table_def_create_statement(const TableDef *def, Arena *arena);
