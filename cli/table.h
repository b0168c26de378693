/*
 * table - text in aligned columns. Pure: rows in, text out.
 *
 * A column whose cells are numbers is told to stand to the right. Widths count letters, not bytes.
 * The last column is never padded. Control characters in a cell become spaces.
 */
#pragma once

#include "common/bytes.h"
#include "common/compiler.h"
#include <stdbool.h>

enum { TABLE_COLUMNS_MAX = 12 };

typedef struct TableColumn {
    const char *title;
    bool right;
} TableColumn;

typedef struct Table {
    const TableColumn *columns;
    size_t column_count;
    Bytes cells; /* each followed by a NUL */
    size_t cell_count;
} Table;

Table table_of(const TableColumn *columns, size_t count);

/* The next cell of the row; a row begins by itself. NULL is an empty one. */
void table_add(Table *table, const char *cell);
void table_addf(Table *table, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds titles and rows to `out`, each line ending in a newline; nothing when there is no row. */
void table_print(const Table *table, Bytes *out);
void table_done(Table *table);
