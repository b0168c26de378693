/*
 * inventory - what `walferry init` tells about a source: its tables, what each needs, and the
 * statements that give the roles of the task what they lack.
 */
#pragma once

#include "common/error.h"
#include "common/task_file.h"

#include <stdint.h>

typedef struct InventoryTable {
    const char *schema, *table;
    double estimated_rows;
    int64_t bytes;
    const char *key;   /* "primary key (id)", "unique index t_x_idx (x)", "none" */
    const char *needs; /* "" or "REPLICA IDENTITY FULL", "not supported: ..." */
} InventoryTable;

/* Its texts live until it returns. */
typedef void InventorySink(void *self, const InventoryTable *table);

/*
 * The tables that the task selects, by schema and name. *grants becomes a psql script for an
 * administrator of both ends (free() it). A destination without conninfo is left out.
 */
NODISCARD bool inventory_read(const TaskFile *task, InventorySink *sink, void *self, char **grants,
                              Error *err);
