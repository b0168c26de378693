/*
 * types - what walferry knows of PostgreSQL's own types, by their fixed oids.
 *
 * The binary list is a positive one: types whose binary form is the same at both ends. Those that
 * carry oids of the source (reg*, composites), extension types and arrays of such are not on it;
 * nor are those whose server refuses some of what it wrote itself: an empty tsquery, int2vector or
 * oidvector, and xml that names an encoding.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The versions of source and destination: 150020. */
typedef struct TypeEnds {
    int source, destination;
} TypeEnds;

/* As the catalog has them: the type whose binary form it is; of an array's elements, else 0, as it
 * is for int2vector and oidvector. */
bool types_binary(uint32_t wire_oid, uint32_t element_oid, TypeEnds ends);

/* Its values have one text form each, so that text may be hashed for a row's lane. */
bool types_one_text(uint32_t type_oid);

/* Of those, the ones with a collation, which must be deterministic. */
bool types_collated(uint32_t type_oid);
