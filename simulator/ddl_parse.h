/* ddl_parse - CREATE TABLE and the parts that ALTER TABLE has in common with it. Pure. */
#pragma once

#include "simulator/sql_cursor.h"
#include "simulator/table_def.h"

typedef enum TableModel { MODEL_UNSAID, MODEL_UNIQUE, MODEL_DUPLICATE } TableModel;

typedef struct CreateTable {
    SqlTableName name;
    bool if_not_exists;
    SimColumn *columns; /* in the order written */
    size_t column_count;
    TableModel model;
    SqlNames keys;
    bool distributed;
    bool random;
    SqlNames distribution;
    int buckets; /* 0: auto */
    SimProperty *properties;
    size_t property_count;
    const char *comment;
} CreateTable;

/* Behind CREATE TABLE. */
bool ddl_parse_create(SqlCursor *cursor, CreateTable *out, Error *err);

/* name type [NULL | NOT NULL] [DEFAULT ...] [COMMENT ...]; "KEY" behind the type sets key. */
bool ddl_parse_column(SqlCursor *cursor, SimColumn *out, Error *err);

bool ddl_parse_type(SqlCursor *cursor, SimType *out, Error *err);
