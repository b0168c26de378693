#include "schema/selectdb_key.h"

#include "schema/keys.h"

TableEngine selectdb_key_engine(const TaskFile *task, const CatalogTable *table)
{
    const TaskObject *entry = task_file_table(task, table->root_schema, table->root_name);
    const TaskObject *whole = task_file_schema(task, table->root_schema);

    if (entry && entry->engine != ENGINE_AUTO)
        return entry->engine;
    return whole ? whole->engine : ENGINE_AUTO;
}

static void take_asked(const CatalogTable *table, const char *const *names, SelectdbKey *out)
{
    for (; *names && out->count < INDEX_KEYS_MAX; names++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (strcmp(table->columns[i].name, *names) == 0)
                out->attnums[out->count++] = table->columns[i].attnum;
        }
    }
}

/* Whatever identity we give it in the end: with FULL a unique index does, too. */
static const CatalogIndex *source_index(const CatalogTable *table)
{
    return keys_index(table, table->identity == 'f' || keys_needs_full(table));
}

static void take_source(const CatalogTable *table, SelectdbKey *out)
{
    const CatalogIndex *index = source_index(table);

    for (size_t i = 0; index && i < index->key_count; i++)
        out->attnums[out->count++] = index->keys[i];
}

SelectdbKey selectdb_key(const TaskFile *task, const CatalogTable *table)
{
    const TaskObject *entry = task_file_table(task, table->root_schema, table->root_name);
    TableEngine engine = selectdb_key_engine(task, table);
    SelectdbKey out = {.asked = entry && entry->primary_key[0]};

    if (out.asked)
        take_asked(table, entry->primary_key, &out);
    else
        take_source(table, &out);
    out.unique = engine == ENGINE_UNIQUE || (engine == ENGINE_AUTO && (out.count > 0 || out.asked));
    return out;
}

static bool has_all(const SelectdbKey *key, const CatalogIndex *index)
{
    size_t found = 0;

    for (size_t i = 0; i < key->count; i++) {
        for (size_t k = 0; k < index->key_count; k++)
            found += index->keys[k] == key->attnums[i];
    }
    return found == key->count;
}

/* An old row bears the columns of the identity's index only. */
static bool wants_full(const TaskFile *task, const CatalogTable *table)
{
    SelectdbKey key = selectdb_key(task, table);
    const CatalogIndex *index = keys_index(table, table->identity == 'f');

    if (!catalog_has_rows(table))
        return false;
    return !key.unique || (key.asked && (!index || !has_all(&key, index)));
}

void selectdb_key_mark(Catalog *catalog, const TaskFile *task)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        CatalogTable *table = &catalog->tables[i];

        table->as_text = true;
        table->wants_full = wants_full(task, table);
    }
}
