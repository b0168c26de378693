/*
 * info_schema - information_schema.columns and .tables, and the like, made as a table of the
 * reader's own connection when they are asked for.
 */
#pragma once

#include "simulator/tables_internal.h"

/* A definition with one reference; NULL with *err for what is not there. */
TableDef *info_schema_table(Tables *tables, struct sqlite3 *db, const char *name, Error *err);
