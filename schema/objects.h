/*
 * objects - what the selected tables need beside themselves: types, functions, collations,
 * extensions; how they are made, and in which order together with the tables.
 */
#pragma once

#include "schema/catalog.h"

/* Fills catalog->objects, the tables among them. */
NODISCARD bool objects_read(Pg *pg, Arena *arena, Catalog *catalog, Error *err);

/* May stand among a destination's statements: not what cannot be made. */
bool object_can_be_made(const CatalogObject *object);

/* Why not, for what cannot. */
const char *object_refusal(Arena *arena, const CatalogObject *object);

/* The definition of each as the database of `pg` has it, in out[]; NULL: it is not there. */
NODISCARD bool objects_define_existing(Pg *pg, Arena *arena, const CatalogObject *const *objects,
                                       size_t count, const char **out, Error *err);
