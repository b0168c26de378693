/* db - SQLite as the simulator uses it. Messages are of the database, not of the real one. */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include "simulator/cast.h"
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

/* What is committed survives a kill -9, not a loss of power. A reader never writes but to temp. */
bool db_open(struct sqlite3 **out, const char *path, Error *err);
void db_close(struct sqlite3 **db);

/* The format is sqlite3_mprintf's: %Q a literal, %w inside double quotes, %lld. */
bool db_run(struct sqlite3 *db, Error *err, const char *format, ...);

bool db_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **out, Error *err);
bool db_step(struct sqlite3_stmt *statement, bool *row, Error *err);
void db_finalize(struct sqlite3_stmt **statement);

/* From 1; a text is borrowed until the next step. */
bool db_bind_cell(struct sqlite3_stmt *statement, int at, const Cell *cell, Error *err);

/* From 0; lives until the next step. */
Str db_column(struct sqlite3_stmt *statement, int at, bool *null);
int64_t db_column_integer(struct sqlite3_stmt *statement, int at);
