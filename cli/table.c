#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

Table table_of(const TableColumn *columns, size_t count)
{
    assert(count > 0 && count <= TABLE_COLUMNS_MAX);
    return (Table){.columns = columns, .column_count = count};
}

void table_add(Table *table, const char *cell)
{
    for (; cell && *cell; cell++)
        bytes_add(&table->cells, (unsigned char)*cell < ' ' ? " " : cell, 1);
    bytes_add(&table->cells, "", 1);
    table->cell_count++;
}

void table_addf(Table *table, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    table_add(table, text);
    free(text);
}

/* Letters of UTF-8: bytes that do not continue one. */
static size_t letters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += (*text & 0xC0) != 0x80;
    return count;
}

static const char *next_cell(const char *cell)
{
    return cell + strlen(cell) + 1;
}

static void measure(const Table *table, size_t *widths)
{
    const char *cell = table->cells.data;

    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = letters(table->columns[i].title);
    for (size_t i = 0; i < table->cell_count; i++, cell = next_cell(cell)) {
        size_t *width = &widths[i % table->column_count];

        if (letters(cell) > *width)
            *width = letters(cell);
    }
}

static void pad(Bytes *out, size_t count)
{
    while (count-- > 0)
        bytes_add(out, " ", 1);
}

static void add_cell(const Table *table, size_t column, const char *cell, size_t width, Bytes *out)
{
    bool last = column + 1 == table->column_count;

    if (table->columns[column].right)
        pad(out, width - letters(cell));
    bytes_add(out, cell, strlen(cell));
    if (!table->columns[column].right && !last)
        pad(out, width - letters(cell));
    if (!last) {
        bytes_add(out, "  ", 2);
        return;
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ') /* the last cells were empty */
        out->len--;
    bytes_add(out, "\n", 1);
}

void table_print(const Table *table, Bytes *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    const char *cell = table->cells.data;

    assert(table->cell_count % table->column_count == 0);
    if (table->cell_count == 0 || table->column_count == 0)
        return;
    measure(table, widths);
    for (size_t i = 0; i < table->column_count; i++)
        add_cell(table, i, table->columns[i].title, widths[i], out);
    for (size_t i = 0; i < table->cell_count; i++, cell = next_cell(cell))
        add_cell(table, i % table->column_count, cell, widths[i % table->column_count], out);
}

void table_done(Table *table)
{
    bytes_done(&table->cells);
}
