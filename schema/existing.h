/*
 * existing - what stands at the destination where the task's tables and sequences shall stand.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"

typedef enum Standing {
    STANDING_FREE,     /* nothing is there */
    STANDING_OURS,     /* the task made it */
    STANDING_SAME,     /* the user's, of the same columns */
    STANDING_DIFFERENT /* the user's, of other columns, or no table */
} Standing;

typedef struct Existing {
    Standing *tables;          /* as catalog->tables */
    Standing *sequences;       /* as catalog->sequences; never DIFFERENT */
    const char **table_shapes; /* the columns that are there; NULL where FREE */
} Existing;

NODISCARD bool existing_read(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                             Existing *out, Error *err);

/* "a integer, b text", by name: as existing_relations.sql gives it. */
const char *existing_shape(Arena *arena, const CatalogTable *table);

/* "table public.t": its name in walferry.created. */
const char *existing_table_object(Arena *arena, const CatalogTable *table);
const char *existing_sequence_object(Arena *arena, const CatalogSequence *sequence);
/* "empty public.t": it was the user's and empty when the task came. */
const char *existing_empty_object(Arena *arena, const CatalogTable *table);
