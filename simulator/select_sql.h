/*
 * select_sql - a SELECT over one table, put into SQLite's words. Pure. What it does not know is
 * refused: functions other than count, min, max, sum and CAST(column AS STRING), joins, subqueries.
 */
#pragma once

#include "common/bytes.h"
#include "simulator/sql_cursor.h"
#include "simulator/table_def.h"

typedef struct SelectColumn {
    const char *name;
    SimType type;
} SelectColumn;

typedef struct SelectSql {
    const TableDef *def; /* NULL: no FROM */
    SqlCursor *cursor;
    Bytes text;
    Bytes columns; /* SelectColumn */
} SelectSql;

/* The items up to FROM or the end; each is a column of the result. */
bool select_items(SelectSql *select, Error *err);

/* WHERE, GROUP BY, ORDER BY, LIMIT, from behind the table's name to the end. `visible` is the
 * condition of rows that are there at all, or NULL. */
bool select_clauses(SelectSql *select, const char *visible, Error *err);

/* For the files of this noun. */
bool select_column(SelectSql *select, SelectColumn *out, Error *err);
bool select_condition(SelectSql *select, Error *err);
void select_add(SelectSql *select, const char *text);
void select_add_literal(SelectSql *select, Str text);
