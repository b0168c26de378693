/*
 * sql_result - what a statement gives: nothing, rows kept in memory (SHOW), or rows read from
 * SQLite as they are asked for (SELECT).
 */
#pragma once

#include "common/arena.h"
#include "simulator/sim_type.h"
#include "simulator/tables.h"

struct sqlite3;
struct sqlite3_stmt;

SqlResult *sql_result_new(void);
Arena *sql_result_arena(SqlResult *result);

/* Names and types of columns; texts are borrowed and live in the arena. */
void sql_result_add_column(SqlResult *result, const char *name, const SimType *type);

/* A row of texts, one a column; NULL is NULL. Copies. */
void sql_result_add_row(SqlResult *result, const char *const *texts);

/* Takes both: the rows are the statement's. */
void sql_result_read(SqlResult *result, struct sqlite3 **db, struct sqlite3_stmt **statement);
