#include "capture/copy_shape.h"

#include <stdio.h>

/* The column of a result is of its domain's base type. */
static bool same_type(const ModelColumn *then, const ColumnNow *now)
{
    if (then->base_type_oid)
        return now->type_oid == then->base_type_oid &&
               now->type_modifier == then->base_type_modifier;
    return now->type_oid == then->type_oid && now->type_modifier == then->type_modifier;
}

static const char *column_difference(const ModelTable *table, const ModelColumn *then,
                                     const ColumnNow *now)
{
    if (now->table_oid != table->oid)
        return "another table has taken its name";
    if (now->attnum != then->attnum)
        return "columns were added or dropped";
    if (strcmp(now->name, then->name) != 0)
        return "a column was renamed";
    if (!same_type(then, now))
        return "a column's type was changed";
    return NULL;
}

static const char *difference(const ModelTable *table, const ShapeNow *now)
{
    if (now->filenode == 0)
        return "the table is gone";
    if (now->filenode != table->filenode)
        return "the table was rewritten or truncated";
    if (now->column_count != table->n_columns)
        return "columns were added or dropped";
    for (size_t i = 0; i < now->column_count; i++) {
        const char *what = column_difference(table, table->columns[i], &now->columns[i]);

        if (what)
            return what;
    }
    return NULL;
}

bool copy_shape_holds(const ModelTable *table, const ShapeNow *now, char *reason, size_t size)
{
    const char *what = difference(table, now);

    if (what)
        snprintf(reason, size, "%s since its copy was planned", what);
    return !what;
}
