/*
 * compare - are the rows of both sides the same?
 *
 * Per selected table with rows of its own (partitions one by one) both sides count and digest their
 * rows at the same time: the sum of a hash of each row's text, columns by name in name order,
 * without generated ones. Each side is read in one REPEATABLE READ snapshot, so under load the two
 * snapshots differ; stop the writers and wait for caught-up before believing a difference.
 */
#pragma once

#include "common/error.h"
#include "common/task_file.h"
#include "schema/catalog.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct CompareTable {
    const char *schema, *table;       /* at the source */
    const char *to_schema, *to_table; /* at the destination */
    bool equal;
    int64_t source_rows, destination_rows;          /* -1: not counted, see note */
    const char *source_digest, *destination_digest; /* decimal; "" if not computed */
    const char *note;                               /* "" or why it could not be compared */
} CompareTable;

/* Its texts live until it returns. */
typedef void CompareSink(void *self, const CompareTable *table);

/* only_table: "schema.table" or a table's name, NULL for all; it is an error if none is meant. */
NODISCARD bool compare_task(const TaskFile *task, const char *only_table, CompareSink *sink,
                            void *self, Error *err);

/*
 * Of the catalog's tables, numbers of those with rows of their own that are meant. For both kinds
 * of destination.
 */
NODISCARD bool compare_select(const Catalog *catalog, const char *only_table, Arena *arena,
                              size_t **out, size_t *count, Error *err);
