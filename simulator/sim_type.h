/*
 * sim_type - the column types that the simulator knows, and how the real one writes their names.
 * Pure. (What it cannot hold, ARRAY, MAP, STRUCT, VARIANT, BITMAP, HLL, IPv4, is no type here.)
 */
#pragma once

#include "common/str.h"
#include <stdbool.h>

typedef enum SimKind {
    SIM_BOOLEAN,
    SIM_TINYINT,
    SIM_SMALLINT,
    SIM_INT,
    SIM_BIGINT,
    SIM_LARGEINT,
    SIM_FLOAT,
    SIM_DOUBLE,
    SIM_DECIMAL,
    SIM_DATE,
    SIM_DATETIME,
    SIM_CHAR,
    SIM_VARCHAR,
    SIM_STRING,
    SIM_JSON,
    SIM_KIND_COUNT,
} SimKind;

typedef struct SimType {
    SimKind kind;
    int precision; /* DECIMAL */
    int scale;     /* DECIMAL, DATETIME */
    int length;    /* CHAR, VARCHAR: bytes */
} SimType;

/* BIGINT, DATETIMEV2, TEXT ...: any case, without arguments. */
bool sim_kind_parse(Str name, SimKind *out);

/* The type of a kind without arguments: DECIMAL is (38,9), DATETIME has no fraction. */
SimType sim_type_of(SimKind kind);

/* False with a text in *problem that names the limit, if an argument is out of its range. */
bool sim_type_check(const SimType *type, char *problem, size_t size);

/* As SHOW CREATE TABLE, DESC and information_schema write it: decimal(10,2), datetime(6), text. */
void sim_type_text(const SimType *type, char *out, size_t size);

/* As _schema does: DECIMAL64, DATETIMEV2, STRING. */
const char *sim_type_primitive(const SimType *type);

/* As JDBC names a result's column: INT, VARCHAR, DATETIME. */
const char *sim_type_jdbc(const SimType *type);

/* TINYINT to BIGINT and BOOLEAN are held as integers, all else as text. */
bool sim_type_is_integer(const SimType *type);
/* LARGEINT, FLOAT, DOUBLE, DECIMAL: texts that compare as numbers. */
bool sim_type_is_number_text(const SimType *type);
bool sim_type_is_sequence(const SimType *type);
