/*
 * existing - what stands at the destination where the task's tables and sequences shall stand.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"
#include "schema/shape.h"

typedef enum Standing {
    STANDING_FREE,    /* nothing is there */
    STANDING_OURS,    /* the task made it */
    STANDING_USABLE,  /* the user's, and rows of the source's can be written to it */
    STANDING_UNUSABLE /* the user's, of another shape, or no table */
} Standing;

typedef struct ExistingTable {
    Standing standing;
    ThereTable there;
    bool usable, owned; /* by the role: its schema; it */
    const char *owner;
    const char *acts;  /* a trigger, rule or foreign key of it; NULL: it has none */
    const char *lacks; /* privileges of the role, as GRANT wants them; "": none */
    Shape shape;       /* of one of the user's */
} ExistingTable;

typedef struct Existing {
    ExistingTable *tables; /* as catalog->tables */
    Standing *sequences;   /* as catalog->sequences; never UNUSABLE */
} Existing;

NODISCARD bool existing_read(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                             Existing *out, Error *err);

/* The first differences that make a table unusable, for messages. */
const char *existing_hindrance(Arena *arena, const ExistingTable *table);

/*
 * What acts on changes is refused where the role may not set session_replication_role
 * (common/replica_role.h): replica tells whether it may.
 */
NODISCARD bool existing_allow_acting(const Catalog *catalog, const Existing *existing, bool replica,
                                     Arena *arena, Error *err);

/* "table public.t": its name in walferry.created. */
const char *existing_table_object(Arena *arena, const CatalogTable *table);
const char *existing_sequence_object(Arena *arena, const CatalogSequence *sequence);
