/* model_samples - a model of two tables as put_relation() announces them, for tests. */
#pragma once

#include "model.pb-c.h"

enum { ITEMS_OID = 100, LOG_OID = 200, ITEMS_COLUMNS = 3, LOG_COLUMNS = 2 };

static Walferry__Model__ModelColumn sample_column_list[5];
static Walferry__Model__ModelColumn *items_columns[ITEMS_COLUMNS];
static Walferry__Model__ModelColumn *log_columns[LOG_COLUMNS];
static Walferry__Model__ModelTable sample_table_list[2];
static Walferry__Model__ModelTable *sample_tables[2];
static Walferry__Model__Model sample_model;

static inline void sample_columns_of(Walferry__Model__ModelColumn **out, int first, int count)
{
    static char names[5][3];

    for (int i = 0; i < count; i++) {
        Walferry__Model__ModelColumn *column = &sample_column_list[first + i];
        char *name = names[first + i];

        walferry__model__model_column__init(column);
        name[0] = i == 0 ? 'i' : (char)('a' + i);
        name[1] = i == 0 ? 'd' : '\0';
        column->attnum = (uint32_t)i + 1;
        column->name = name;
        column->type_oid = i == 0 ? 23 : 25;
        column->type_modifier = -1;
        column->key = i == 0;
        out[i] = column;
    }
}

static inline void sample_table(int at, uint32_t oid, const char *name,
                                Walferry__Model__ModelColumn **columns, size_t count)
{
    static char schema[] = "public";
    static char names[2][8];
    Walferry__Model__ModelTable *table = &sample_table_list[at];

    walferry__model__model_table__init(table);
    for (size_t i = 0; name[i]; i++)
        names[at][i] = name[i];
    table->oid = oid;
    table->schema = schema;
    table->name = names[at];
    table->columns = columns;
    table->n_columns = count;
    sample_tables[at] = table;
}

/* public.items (id, b, c) and public.log (id, b). */
static inline Walferry__Model__Model *make_sample_model(void)
{
    sample_columns_of(items_columns, 0, ITEMS_COLUMNS);
    sample_columns_of(log_columns, ITEMS_COLUMNS, LOG_COLUMNS);
    sample_table(0, ITEMS_OID, "items", items_columns, ITEMS_COLUMNS);
    sample_table(1, LOG_OID, "log", log_columns, LOG_COLUMNS);
    walferry__model__model__init(&sample_model);
    sample_model.tables = sample_tables;
    sample_model.n_tables = 2;
    return &sample_model;
}
