/*
 * copy_shape - is a table still what it was when its chunks were cut? No I/O.
 *
 * After a rewrite (VACUUM FULL, TRUNCATE, many an ALTER) a copy under an older snapshot is empty or
 * doubled, without an error; after a change of columns it has other values. Either way the table
 * starts again.
 */
#pragma once

#include "capture/copy_query.h"

/* A column as the source has it now. */
typedef struct ColumnNow {
    uint32_t table_oid;
    uint32_t attnum;
    const char *name;
    uint32_t type_oid;
    int32_t type_modifier;
} ColumnNow;

typedef struct ShapeNow {
    uint32_t filenode; /* 0: there is no such table */
    const ColumnNow *columns;
    size_t column_count;
} ShapeNow;

/* True if it is; else what has changed is in reason, for people. */
bool copy_shape_holds(const ModelTable *table, const ShapeNow *now, char *reason, size_t size);
