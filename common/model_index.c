#include "common/model_index.h"

#include <stdlib.h>

typedef Walferry__Model__ModelTable ModelTable;

static int compare(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int by_oid(const void *a, const void *b)
{
    return compare((*(const ModelTable *const *)a)->oid, (*(const ModelTable *const *)b)->oid);
}

static int oid_and_table(const void *oid, const void *table)
{
    return compare(*(const uint32_t *)oid, (*(const ModelTable *const *)table)->oid);
}

ModelIndex model_index_of(Arena *arena, const Walferry__Model__Model *model)
{
    ModelIndex index = {NULL, model ? model->n_tables : 0};

    if (index.count == 0)
        return index;
    index.tables = ARENA_ARRAY(arena, const ModelTable *, index.count);
    for (size_t i = 0; i < index.count; i++)
        index.tables[i] = model->tables[i];
    qsort(index.tables, index.count, sizeof(ModelTable *), by_oid);
    return index;
}

const ModelTable *model_index_find(const ModelIndex *index, uint32_t oid)
{
    const ModelTable **found;

    if (index->count == 0)
        return NULL;
    found = bsearch(&oid, index->tables, index->count, sizeof *index->tables, oid_and_table);
    return found ? *found : NULL;
}
