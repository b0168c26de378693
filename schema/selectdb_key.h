/*
 * selectdb_key - a table's model at SelectDB and its key: what the source has, and what the task
 * file says. Pure.
 *
 * A unique table keeps one row for each key; a duplicate table keeps every change as a row. Rows
 * are found by the key, so a change has to carry it: where the source's identity does not, the
 * table needs REPLICA IDENTITY FULL, as do duplicate tables, whose rows are whole.
 */
#pragma once

#include "common/task_file.h"
#include "schema/catalog.h"

typedef struct SelectdbKey {
    bool unique;
    bool asked;                       /* the columns are those of primary_key in the task file */
    uint32_t attnums[INDEX_KEYS_MAX]; /* of a duplicate table: by which it is sorted */
    size_t count;                     /* 0: of a duplicate table whose source has no key */
} SelectdbKey;

/* What the task file says of the table, or of its schema. */
TableEngine selectdb_key_engine(const TaskFile *task, const CatalogTable *table);

/* Names of primary_key that are no columns are left out here; selectdb_design() tells of them. */
SelectdbKey selectdb_key(const TaskFile *task, const CatalogTable *table);

/* Which of the tables need whole old rows; that none travels in binary. */
void selectdb_key_mark(Catalog *catalog, const TaskFile *task);
