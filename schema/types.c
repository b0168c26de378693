#include "schema/types.h"

#include "common/compiler.h"

#include <stddef.h>

enum { BINARY = 1, ONE_TEXT = 2, COLLATED = 4 };

/* From PostgreSQL's pg_type.dat; oids below 10000 never change. */
/* clang-format off */
static const struct {
    uint32_t oid;
    int flags;
} TYPES[] = {
    {16,   BINARY},                       /* bool */
    {17,   BINARY},                       /* bytea */
    {18,   BINARY},                       /* "char" */
    {19,   BINARY},                       /* name */
    {20,   BINARY | ONE_TEXT},            /* int8 */
    {21,   BINARY | ONE_TEXT},            /* int2 */
    {23,   BINARY | ONE_TEXT},            /* int4 */
    {25,   BINARY | ONE_TEXT | COLLATED}, /* text */
    {26,   BINARY},                       /* oid: a number; what it names is not looked at */
    {114,  BINARY},                       /* json */
    {650,  BINARY},                       /* cidr */
    {700,  BINARY},                       /* float4 */
    {701,  BINARY},                       /* float8 */
    {774,  BINARY},                       /* macaddr8 */
    {829,  BINARY},                       /* macaddr */
    {869,  BINARY},                       /* inet */
    {1042, BINARY},                       /* bpchar: two texts that differ in blanks are equal */
    {1043, BINARY | ONE_TEXT | COLLATED}, /* varchar */
    {1082, BINARY | ONE_TEXT},            /* date */
    {1083, BINARY},                       /* time */
    {1114, BINARY},                       /* timestamp */
    {1184, BINARY},                       /* timestamptz */
    {1186, BINARY},                       /* interval */
    {1266, BINARY},                       /* timetz */
    {1560, BINARY},                       /* bit */
    {1562, BINARY},                       /* varbit */
    {1700, BINARY},                       /* numeric: 1.0 and 1.00 are equal */
    {2950, BINARY | ONE_TEXT},            /* uuid */
    {3802, BINARY},                       /* jsonb */
};
/* clang-format on */

static int flags_of(uint32_t type_oid)
{
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (TYPES[i].oid == type_oid)
            return TYPES[i].flags;
    }
    return 0;
}

bool types_binary(uint32_t type_oid, uint32_t element_oid)
{
    return (flags_of(element_oid ? element_oid : type_oid) & BINARY) != 0;
}

bool types_one_text(uint32_t type_oid)
{
    return (flags_of(type_oid) & ONE_TEXT) != 0;
}

bool types_collated(uint32_t type_oid)
{
    return (flags_of(type_oid) & COLLATED) != 0;
}
