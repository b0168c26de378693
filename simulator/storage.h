/*
 * storage - tables in SQLite: t<id> holds a table's rows, a column c<uid> each. The caller holds
 * the writer's lock and has begun a transaction where several calls belong together.
 *
 * Unique:    _k the key (an integer, or the encoded key columns), _s the sequence, _d the delete
 *            sign, _v the version that wrote the row, c...; a tombstone is a row with _d = 1.
 * Duplicate: _v, c...; the row's number is the order in which rows came.
 */
#pragma once

#include "simulator/catalog.h"

struct sqlite3;

/* Makes what is missing, and reads the catalog. */
bool storage_load(struct sqlite3 *db, Catalog *out, Error *err);

bool storage_add_database(struct sqlite3 *db, const char *name, Error *err);
bool storage_drop_database(struct sqlite3 *db, const char *name, Error *err);

/* Gives the definition its id. */
bool storage_create(struct sqlite3 *db, TableDef *def, Error *err);
bool storage_drop(struct sqlite3 *db, const TableDef *def, Error *err);
bool storage_truncate(struct sqlite3 *db, const TableDef *def, Error *err);

/* After ALTER: `added` is a new column, or NULL. */
bool storage_alter(struct sqlite3 *db, const TableDef *def, const SimColumn *added, Error *err);

bool storage_forget_tombstones(struct sqlite3 *db, const TableDef *def, Error *err);
