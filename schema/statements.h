/*
 * statements - the SQL that makes a source's tables, keys and indexes at the destination. Pure:
 * text from catalog structs, in the arena.
 *
 * A partition is made as a table of its own and attached, since its columns may stand in another
 * order than its parent's. An index of a partitioned table is made for the parent alone; each
 * partition's is made with its rows and attached: the parents' come first, topmost before lower.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/catalog.h"

/* weight of an index that has no rows and must stand before those attached to it. */
#define STATEMENT_WEIGHT_FIRST (UINT64_MAX / 2)

const char *statement_create_schema(Arena *arena, const char *schema);
const char *statement_create_sequence(Arena *arena, const CatalogSequence *sequence);
/* NULL if it has none. */
const char *statement_comment_sequence(Arena *arena, const CatalogSequence *sequence);
/* NULL if no column of the catalog's tables owns it. */
const char *statement_own_sequence(Arena *arena, const Catalog *catalog,
                                   const CatalogSequence *sequence);

/* Columns with defaults, NOT NULL, identity and collation; no keys and no checks. */
const char *statement_create_table(Arena *arena, const Catalog *catalog, const CatalogTable *table);
/* Its quoted name at the destination. */
const char *statement_table(Arena *arena, const CatalogTable *table);
/* From the source's names to the destination's, also where they are exchanged; a partitioned table
 * takes its partitions along. `qualified`: the table. NULL if none has another name. */
const char *statement_rename_columns(Arena *arena, const CatalogTable *table,
                                     const char *qualified);
/* NULL if it is no partition. */
const char *statement_attach_partition(Arena *arena, const Catalog *catalog,
                                       const CatalogTable *table);
const char *statement_add_constraint(Arena *arena, const CatalogTable *table,
                                     const CatalogConstraint *constraint);

/* Valid checks of partitioned tables and partitions are added while they are empty, with the
 * tables: later they would lock a whole tree. */
bool statement_check_is_early(const CatalogTable *table, const CatalogConstraint *constraint);

/* An array of *count in the arena, the heaviest first: keys, indexes, checks that are not early. */
Walferry__Model__ModelStatement **statements_indexes(Arena *arena, const Catalog *catalog,
                                                     size_t *count);

/*
 * In order. Where it can be, a foreign key is added NOT VALID, which locks for an instant, and
 * validated by a statement of its own, which lets others write. Those to tables that are not
 * selected are left out.
 */
Walferry__Model__ModelStatement **statements_foreign_keys(Arena *arena, const Catalog *catalog,
                                                          size_t *count);
