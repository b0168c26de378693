/*
 * sql - the little of SQLite that the store needs. No other file knows SQLite.
 *
 * Statements take their values by a string of types: 'i' int64_t (pass exactly that), 's' const
 * char * (NULL is NULL), 'b' Str by value, as a blob. Errors are of kind CONFIG: a store that
 * cannot be read or written needs an operator.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include <stdint.h>

typedef struct Sql Sql;
typedef struct SqlRows SqlRows;

/* Opens or makes the file, mode 0600; durable at each commit (WAL, synchronous=FULL). */
NODISCARD bool sql_open(Sql **out, const char *path, Error *err);
void sql_close(Sql **sql);

/* Statements without values. */
NODISCARD bool sql_run(Sql *sql, const char *text, Error *err);

/* One statement whose rows, if any, are not wanted. */
NODISCARD bool sql_do(Sql *sql, Error *err, const char *text, const char *types, ...);

/* `sql_begin() && a && b` ends with sql_end(): commit if all was well, else roll back. */
NODISCARD bool sql_begin(Sql *sql, Error *err);
NODISCARD bool sql_end(Sql *sql, bool ok, Error *err);

/* A query; sql_next() is false at the end, or when it failed (then *err is filled). */
NODISCARD bool sql_query(Sql *sql, SqlRows **out, Error *err, const char *text, const char *types,
                         ...);
bool sql_next(SqlRows *rows, Error *err);
void sql_rows_done(SqlRows **rows);

/* Values of the row at hand by column from 0. Texts and blobs until the next sql_next(). */
int64_t sql_int(const SqlRows *rows, int column);
const char *sql_column(const SqlRows *rows, int column); /* NULL is "" */
Str sql_blob(const SqlRows *rows, int column);
