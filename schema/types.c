#include "schema/types.h"

#include "common/compiler.h"

#include <stddef.h>

enum { BINARY = 1, ONE_TEXT = 2, COLLATED = 4, INFINITE_SINCE_17 = 8 };
enum { VERSION_17 = 170000 };

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
    {27,   BINARY},                       /* tid */
    {28,   BINARY},                       /* xid */
    {29,   BINARY},                       /* cid */
    {114,  BINARY},                       /* json */
    {600,  BINARY},                       /* point */
    {601,  BINARY},                       /* lseg */
    {602,  BINARY},                       /* path */
    {603,  BINARY},                       /* box */
    {604,  BINARY},                       /* polygon */
    {628,  BINARY},                       /* line */
    {650,  BINARY},                       /* cidr */
    {700,  BINARY},                       /* float4 */
    {701,  BINARY},                       /* float8 */
    {718,  BINARY},                       /* circle */
    {774,  BINARY},                       /* macaddr8 */
    {790,  BINARY},                       /* money */
    {829,  BINARY},                       /* macaddr */
    {869,  BINARY},                       /* inet */
    {1042, BINARY},                       /* bpchar: two texts that differ in blanks are equal */
    {1043, BINARY | ONE_TEXT | COLLATED}, /* varchar */
    {1082, BINARY | ONE_TEXT},            /* date */
    {1083, BINARY},                       /* time */
    {1114, BINARY},                       /* timestamp */
    {1184, BINARY},                       /* timestamptz */
    {1186, BINARY | INFINITE_SINCE_17},   /* interval */
    {1266, BINARY},                       /* timetz */
    {1560, BINARY},                       /* bit */
    {1562, BINARY},                       /* varbit */
    {1700, BINARY},                       /* numeric: 1.0 and 1.00 are equal */
    {1790, BINARY},                       /* refcursor */
    {2950, BINARY | ONE_TEXT},            /* uuid */
    {2970, BINARY},                       /* txid_snapshot */
    {3220, BINARY},                       /* pg_lsn */
    {3614, BINARY},                       /* tsvector */
    {3802, BINARY},                       /* jsonb */
    {3904, BINARY},                       /* int4range */
    {3906, BINARY},                       /* numrange */
    {3908, BINARY},                       /* tsrange */
    {3910, BINARY},                       /* tstzrange */
    {3912, BINARY},                       /* daterange */
    {3926, BINARY},                       /* int8range */
    {4072, BINARY},                       /* jsonpath */
    {4451, BINARY},                       /* int4multirange */
    {4532, BINARY},                       /* nummultirange */
    {4533, BINARY},                       /* tsmultirange */
    {4534, BINARY},                       /* tstzmultirange */
    {4535, BINARY},                       /* datemultirange */
    {4536, BINARY},                       /* int8multirange */
    {5038, BINARY},                       /* pg_snapshot */
    {5069, BINARY},                       /* xid8 */
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

/* An older server takes the bytes of infinity for a number; its text it refuses. */
bool types_binary(uint32_t wire_oid, uint32_t element_oid, TypeEnds ends)
{
    int flags = flags_of(element_oid ? element_oid : wire_oid);
    bool to_older = ends.source >= VERSION_17 && ends.destination < VERSION_17;

    return (flags & BINARY) && !((flags & INFINITE_SINCE_17) && to_older);
}

bool types_one_text(uint32_t type_oid)
{
    return (flags_of(type_oid) & ONE_TEXT) != 0;
}

bool types_collated(uint32_t type_oid)
{
    return (flags_of(type_oid) & COLLATED) != 0;
}
