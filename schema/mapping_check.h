/*
 * mapping_check - what is wrong with a task's mapping when it meets the tables of the source: names
 * that two of them would have, columns that are not there, columns that cannot be left out; and
 * what is left out together with a column. Pure.
 */
#pragma once

#include "schema/catalog.h"

typedef struct MappingFlaw {
    bool fatal;       /* else it is left out, which a warning tells */
    const char *kind; /* of what is left out: "index", ...; NULL if fatal */
    const char *object;
    const char *what; /* with "FILE:LINE: " where an entry of the task file is to blame */
    const char *to_do;
} MappingFlaw;

/* Its texts live in the arena. */
typedef void MappingSink(void *self, const MappingFlaw *flaw);

/* The catalog was read whole and mapped, and nothing of it was left out yet. */
void mapping_each(const Catalog *catalog, const TaskFile *task, Arena *arena, MappingSink *sink,
                  void *self);

/* CONFIG with the first fatal flaw; else takes out of the catalog what is left out. */
NODISCARD bool mapping_settle(Catalog *catalog, const TaskFile *task, Arena *arena, Error *err);
