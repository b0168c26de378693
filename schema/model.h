/*
 * model - what capture and copy are told about the tables: catalog structs as a Model. Pure; all of
 * it lies in the arena and borrows the catalog's texts.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/catalog.h"
#include "schema/types.h"

/*
 * Tables and chunks; no statements, no digest. Tables that `only` (may be NULL: all) does not list
 * are left out. The biggest table's chunks come first.
 */
Walferry__Model__Model *model_build(Arena *arena, const Catalog *catalog, TypeEnds ends,
                                    const uint32_t *only, size_t only_count, int64_t copies);

/* The stream will bear stored generated columns too: it may be binary only where their types may.
 */
void model_sends_generated(Walferry__Model__Model *model, const Catalog *catalog, TypeEnds ends);
