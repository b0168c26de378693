/* pg_type - oids of PostgreSQL's own types, from its pg_type.dat; below 10000 they never change. */
#pragma once

enum {
    BOOL = 16,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    JSON = 114,
    FLOAT4 = 700,
    FLOAT8 = 701,
    BPCHAR = 1042,
    VARCHAR = 1043,
    DATE = 1082,
    TIME = 1083,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
    TIMETZ = 1266,
    VARBIT = 1562,
    NUMERIC = 1700,
    UUID = 2950,
    JSONB = 3802,
};

enum { MODIFIER_HEADER = 4 }; /* what varchar and numeric add to their modifiers */
