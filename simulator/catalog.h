/*
 * catalog - the databases and tables by name, in memory. Whoever calls holds the catalog's lock
 * (tables_internal.h); what is on disk is written by storage.c first.
 */
#pragma once

#include "simulator/table_def.h"

typedef struct CatalogTable {
    TableDef *def;
    int64_t generation;
    int64_t version;
    double tablet_versions; /* not merged yet by compaction, at versions_at_ms */
    int64_t versions_at_ms;
    bool altering;
} CatalogTable;

typedef struct Catalog {
    char **databases;
    size_t database_count;
    CatalogTable **tables;
    size_t table_count;
} Catalog;

void catalog_done(Catalog *catalog);

bool catalog_has_database(const Catalog *catalog, const char *name);
void catalog_add_database(Catalog *catalog, const char *name);
void catalog_remove_database(Catalog *catalog, const char *name);

CatalogTable *catalog_find(const Catalog *catalog, const char *database, const char *table);
CatalogTable *catalog_by_id(const Catalog *catalog, int64_t id);

/* Takes the definition. */
CatalogTable *catalog_add(Catalog *catalog, TableDef **def);
void catalog_replace(CatalogTable *table, TableDef **def);
void catalog_remove(Catalog *catalog, CatalogTable *table);

TableDef *catalog_share(TableDef *def);
void catalog_release(TableDef **def);
