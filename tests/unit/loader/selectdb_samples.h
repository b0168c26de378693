/* selectdb_samples - a table at SelectDB and the relation that it comes from, for tests. */
#pragma once

#include "common/change.h"
#include "model.pb-c.h"

enum { SAMPLE_COLUMNS_MAX = 8 };

typedef struct Sample {
    Walferry__Model__SelectdbColumn columns[SAMPLE_COLUMNS_MAX];
    Walferry__Model__SelectdbColumn *pointers[SAMPLE_COLUMNS_MAX];
    Walferry__Model__SelectdbTable table;
    Walferry__Model__ModelTable model;
    Column sources[SAMPLE_COLUMNS_MAX];
    Relation relation;
} Sample;

static inline void sample_column(Sample *sample, uint32_t attnum, const char *name,
                                 const char *type, bool key)
{
    size_t at = sample->table.n_columns++;

    walferry__model__selectdb_column__init(&sample->columns[at]);
    sample->columns[at].attnum = attnum;
    sample->columns[at].name = (char *)(uintptr_t)name;
    sample->columns[at].type = (char *)(uintptr_t)type;
    sample->columns[at].key = key;
    sample->pointers[at] = &sample->columns[at];
}

static inline void sample_source(Sample *sample, uint32_t attnum, const char *name,
                                 uint32_t type_oid)
{
    sample->sources[sample->relation.column_count++] =
        (Column){.attnum = attnum, .name = str_of(name), .type_oid = type_oid};
}

static inline void sample_begin(Sample *sample, bool unique)
{
    *sample = (Sample){0};
    walferry__model__selectdb_table__init(&sample->table);
    walferry__model__model_table__init(&sample->model);
    sample->table.database = (char *)(uintptr_t) "shop";
    sample->table.table = (char *)(uintptr_t) "orders";
    sample->table.unique = unique;
    sample->table.columns = sample->pointers;
    sample->model.selectdb = &sample->table;
    sample->relation.columns = sample->sources;
}
