/*
 * doris_type - a column type of SelectDB (Apache Doris), from its text and back.
 *
 * Those that walferry can write are here; ARRAY, MAP, VARIANT and their like are not. The text is
 * that of DDL, of the task file's `type` or of SHOW CREATE TABLE, which differ in case and use
 * other names for some: TEXT is STRING, DATETIME(6) is DATETIMEV2(6). Pure.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"

#include <stdint.h>

typedef enum DorisKind {
    DORIS_NONE,
    DORIS_BOOLEAN,
    DORIS_TINYINT,
    DORIS_SMALLINT,
    DORIS_INT,
    DORIS_BIGINT,
    DORIS_LARGEINT,
    DORIS_DECIMAL, /* precision, scale */
    DORIS_FLOAT,
    DORIS_DOUBLE,
    DORIS_DATE,
    DORIS_DATETIME, /* scale: digits of a second */
    DORIS_CHAR,     /* length */
    DORIS_VARCHAR,  /* length */
    DORIS_STRING,
    DORIS_JSON,
    DORIS_KIND_COUNT,
} DorisKind;

enum {
    DORIS_DECIMAL_MAX = 38, /* digits */
    DORIS_DATETIME_MAX = 6, /* digits of a second */
    DORIS_CHAR_MAX = 255,   /* bytes, as all lengths are */
    DORIS_VARCHAR_MAX = 65533,
    DORIS_TYPE_TEXT_MAX = 32, /* with its NUL */
};

typedef struct DorisType {
    DorisKind kind;
    uint32_t precision; /* of DECIMAL, at most DORIS_DECIMAL_MAX */
    uint32_t scale;     /* of DECIMAL and DATETIME */
    uint32_t length;    /* of CHAR and VARCHAR, in bytes */
} DorisType;

/*
 * What is left out is what SelectDB takes for it: DECIMAL is DECIMAL(38,9), DATETIME has no digits
 * of a second, CHAR has one byte, VARCHAR all that there can be. Errors are of kind CONFIG.
 */
NODISCARD bool doris_type_parse(Str text, DorisType *out, Error *err);

/* As it stands in DDL: "DECIMAL(10,2)", "DATETIMEV2(6)". Returns out. */
const char *doris_type_text(DorisType type, char out[DORIS_TYPE_TEXT_MAX]);

bool doris_type_equal(DorisType a, DorisType b);

/* May it be a key column? Neither floating point numbers nor STRING nor JSON may. */
bool doris_type_may_be_key(DorisKind kind);
