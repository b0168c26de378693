/* oid_set - numbers of tables, to ask whether one is among them. Thousands of times. Pure. */
#pragma once

#include "common/arena.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct OidSet {
    uint32_t *oids; /* ascending */
    size_t count;
} OidSet;

/* Copies, in any order; oids may be NULL when there is none. */
OidSet oid_set_of(Arena *arena, const uint32_t *oids, size_t count);
/* Of "16384,16390,...". */
OidSet oid_set_parse(Arena *arena, const char *text);
bool oid_set_has(const OidSet *set, uint32_t oid);
