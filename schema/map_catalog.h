/*
 * map_catalog - a task's mapping, put into its catalog: names at the destination, columns that are
 * not there, and the SQL that has to speak of other names than the source's. Pure.
 *
 * What expressions say of columns is not touched here: a table is made under the source's column
 * names and then renamed, and what is made later is translated by the server (translate.h).
 */
#pragma once

#include "schema/catalog.h"

/* Tables and columns, after these were read and before the rest is. */
void map_catalog_tables(Catalog *catalog, const TaskFile *task, Arena *arena);

/* The rest, after it was read. */
void map_catalog(Catalog *catalog, const TaskFile *task, Arena *arena);

/* Does such a list of columns hold a skipped one? */
bool map_uses_skipped(const CatalogTable *table, const char *uses);

/* Takes out indexes and constraints that use a column which is not there. mapping_each() tells. */
void map_catalog_leave_out(Catalog *catalog);

/* Does it use a column that is skipped? */
bool map_index_is_left_out(const CatalogTable *table, const CatalogIndex *index);
bool map_constraint_is_left_out(const Catalog *catalog, const CatalogTable *table,
                                const CatalogConstraint *constraint);

/* From its body: CREATE INDEX on the table at the destination. */
void map_index_definition(CatalogIndex *index, const CatalogTable *table, Arena *arena);

/* It has another name at the destination; a column of it has one. */
bool map_table_is_renamed(const CatalogTable *table);
bool map_columns_are_renamed(const CatalogTable *table);
