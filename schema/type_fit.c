#include "schema/type_fit.h"

#include "common/compiler.h"
#include "schema/pg_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { SECONDS_DIGITS = 6 };

static const char DIFFERENT[] = "its values are not values of that type";
static const char MAY_NOT_FIT[] = "a value that does not fit there stops the task";
static const char ROUNDED[] = "values would be rounded there";

/* Between types of other names. Whatever goes to text without a limit is dealt with before. */
/* clang-format off */
static const struct {
    uint32_t from, to;
    TypeFit fit;
    const char *why;
} FITS[] = {
    {INT2,        INT4,        TYPE_FIT_WIDER,    NULL},
    {INT2,        INT8,        TYPE_FIT_WIDER,    NULL},
    {INT2,        FLOAT4,      TYPE_FIT_WIDER,    NULL},
    {INT2,        FLOAT8,      TYPE_FIT_WIDER,    NULL},
    {INT4,        INT8,        TYPE_FIT_WIDER,    NULL},
    {INT4,        FLOAT8,      TYPE_FIT_WIDER,    NULL},
    {INT4,        INT2,        TYPE_FIT_DOUBTFUL, MAY_NOT_FIT},
    {INT8,        INT2,        TYPE_FIT_DOUBTFUL, MAY_NOT_FIT},
    {INT8,        INT4,        TYPE_FIT_DOUBTFUL, MAY_NOT_FIT},
    {FLOAT4,      FLOAT8,      TYPE_FIT_WIDER,    NULL},
    {DATE,        TIMESTAMP,   TYPE_FIT_WIDER,    NULL},
    {DATE,        TIMESTAMPTZ, TYPE_FIT_DOUBTFUL, "it becomes midnight in UTC there"},
    {TIMESTAMP,   TIMESTAMPTZ, TYPE_FIT_DOUBTFUL, "it is taken for UTC there"},
    {TIMESTAMPTZ, TIMESTAMP,   TYPE_FIT_DOUBTFUL, "it is written in UTC there"},
    {JSONB,       JSON,        TYPE_FIT_WIDER,    NULL},
    {JSON,        JSONB,       TYPE_FIT_DOUBTFUL,
     "blanks, the order of keys and duplicate keys are not kept there"},
};
/* clang-format on */

static TypeFit give(TypeFit fit, const char *text, const char **why)
{
    *why = text;
    return fit;
}

static bool is_text(uint32_t type_oid)
{
    return type_oid == TEXT || type_oid == VARCHAR || type_oid == BPCHAR;
}

/* Characters, without TEXT and char(n) that is padded; below 0: no limit. */
static TypeFit fit_limit(int32_t from, int32_t to, const char **why)
{
    if (to < 0 || (from >= 0 && from <= to))
        return TYPE_FIT_WIDER;
    return give(TYPE_FIT_DOUBTFUL, MAY_NOT_FIT, why);
}

static TypeFit fit_text(TypeFitSide source, TypeFitSide destination, const char **why)
{
    static const char PADDED[] = "the blanks that fill a char(n) become part of the value there";
    static const char CUT[] = "blanks at the end of a value are not kept there";
    bool from_char = source.type_oid == BPCHAR, to_char = destination.type_oid == BPCHAR;

    if (from_char && !to_char)
        return give(TYPE_FIT_DOUBTFUL, PADDED, why);
    if (to_char && !from_char)
        return give(TYPE_FIT_DOUBTFUL, CUT, why);
    return fit_limit(source.type_modifier, destination.type_modifier, why);
}

typedef struct Digits {
    int32_t before, behind; /* the decimal point */
} Digits;

/* The scale has 11 bits and a sign since PostgreSQL 15. */
static Digits digits_of(int32_t modifier)
{
    int32_t packed = modifier - MODIFIER_HEADER;
    int32_t scale = ((packed & 0x7ff) ^ 1024) - 1024;

    return (Digits){(packed >> 16 & 0xffff) - scale, scale};
}

static TypeFit fit_digits(Digits from, int32_t modifier, const char **why)
{
    if (modifier < 0)
        return TYPE_FIT_WIDER;

    Digits to = digits_of(modifier);

    if (to.behind < from.behind)
        return give(TYPE_FIT_NOT, ROUNDED, why);
    return to.before >= from.before ? TYPE_FIT_WIDER : give(TYPE_FIT_DOUBTFUL, MAY_NOT_FIT, why);
}

static int32_t integer_digits(uint32_t type_oid)
{
    return type_oid == INT2 ? 5 : type_oid == INT4 ? 10 : type_oid == INT8 ? 19 : 0;
}

static TypeFit fit_numeric(TypeFitSide source, int32_t modifier, const char **why)
{
    if (source.type_oid != NUMERIC)
        return fit_digits((Digits){integer_digits(source.type_oid), 0}, modifier, why);
    if (modifier < 0)
        return TYPE_FIT_WIDER;
    if (source.type_modifier < 0)
        return give(TYPE_FIT_NOT, ROUNDED, why);
    return fit_digits(digits_of(source.type_modifier), modifier, why);
}

static TypeFit fit_seconds(int32_t from, int32_t to, const char **why)
{
    if (to < 0 || to >= (from < 0 ? SECONDS_DIGITS : from))
        return TYPE_FIT_WIDER;
    return give(TYPE_FIT_NOT, ROUNDED, why);
}

/* One type, other modifiers. */
static TypeFit fit_modifier(TypeFitSide source, TypeFitSide destination, const char **why)
{
    switch (source.type_oid) {
    case TIME:
    case TIMETZ:
    case TIMESTAMP:
    case TIMESTAMPTZ:
        return fit_seconds(source.type_modifier, destination.type_modifier, why);
    case VARBIT:
        return fit_limit(source.type_modifier, destination.type_modifier, why);
    default:
        return destination.type_modifier < 0 ? TYPE_FIT_WIDER : give(TYPE_FIT_NOT, DIFFERENT, why);
    }
}

static TypeFit fit_other(uint32_t from, uint32_t to, const char **why)
{
    for (size_t i = 0; i < COUNT_OF(FITS); i++) {
        if (FITS[i].from == from && FITS[i].to == to)
            return give(FITS[i].fit, FITS[i].why, why);
    }
    return give(TYPE_FIT_NOT, DIFFERENT, why);
}

TypeFit type_fit(TypeFitSide source, TypeFitSide destination, const char **why)
{
    uint32_t to = destination.type_oid;
    bool unlimited = to == TEXT || (to == VARCHAR && destination.type_modifier < 0);

    *why = NULL;
    if (strcmp(source.type_text, destination.type_text) == 0)
        return TYPE_FIT_SAME;
    if (is_text(source.type_oid) && is_text(to))
        return fit_text(source, destination, why);
    if (unlimited)
        return TYPE_FIT_WIDER;
    if (to == NUMERIC && (source.type_oid == NUMERIC || integer_digits(source.type_oid) > 0))
        return fit_numeric(source, destination.type_modifier, why);
    if (source.type_oid == to)
        return fit_modifier(source, destination, why);
    return fit_other(source.type_oid, to, why);
}
