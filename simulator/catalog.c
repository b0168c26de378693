#include "simulator/catalog.h"

#include "common/mem.h"

#include <stdlib.h>
#include <string.h>

TableDef *catalog_share(TableDef *def)
{
    def->references++;
    return def;
}

void catalog_release(TableDef **def)
{
    if (*def && --(*def)->references == 0)
        table_def_free(def);
    *def = NULL;
}

static void free_table(CatalogTable *table)
{
    catalog_release(&table->def);
    free(table);
}

void catalog_done(Catalog *catalog)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        free_table(catalog->tables[i]);
    for (size_t i = 0; i < catalog->database_count; i++)
        free(catalog->databases[i]);
    free(catalog->tables);
    free(catalog->databases);
    *catalog = (Catalog){0};
}

bool catalog_has_database(const Catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->database_count; i++)
        if (strcmp(catalog->databases[i], name) == 0)
            return true;
    return false;
}

void catalog_add_database(Catalog *catalog, const char *name)
{
    size_t count = ++catalog->database_count;

    catalog->databases = mem_resize(catalog->databases, count, sizeof *catalog->databases);
    catalog->databases[count - 1] = mem_strdup(name);
}

void catalog_remove_database(Catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->database_count; i++) {
        if (strcmp(catalog->databases[i], name) != 0)
            continue;
        free(catalog->databases[i]);
        catalog->databases[i] = catalog->databases[--catalog->database_count];
        return;
    }
}

CatalogTable *catalog_find(const Catalog *catalog, const char *database, const char *table)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (strcmp(catalog->tables[i]->def->database, database) == 0 &&
            strcmp(catalog->tables[i]->def->name, table) == 0)
            return catalog->tables[i];
    return NULL;
}

CatalogTable *catalog_by_id(const Catalog *catalog, int64_t id)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i]->def->id == id)
            return catalog->tables[i];
    return NULL;
}

CatalogTable *catalog_add(Catalog *catalog, TableDef **def)
{
    CatalogTable *table = MEM_NEW(CatalogTable);
    size_t count = ++catalog->table_count;

    table->def = catalog_share(*def);
    table->generation = 1;
    table->version = 1;
    catalog->tables = mem_resize(catalog->tables, count, sizeof *catalog->tables);
    catalog->tables[count - 1] = table;
    *def = NULL;
    return table;
}

void catalog_replace(CatalogTable *table, TableDef **def)
{
    TableDef *old = table->def;

    table->def = catalog_share(*def);
    *def = NULL;
    catalog_release(&old);
}

void catalog_remove(Catalog *catalog, CatalogTable *table)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i] == table) {
            catalog->tables[i] = catalog->tables[--catalog->table_count];
            free_table(table);
            return;
        }
}
