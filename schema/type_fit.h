/*
 * type_fit - do the values of one type fit into a column of another, given as text? Pure.
 *
 * Text, because that is what is sent when the types differ: the destination reads each value with
 * its own type's input function. What that would change without an error (a numeric is rounded, a
 * timestamp loses digits) does not fit.
 */
#pragma once

#include <stdint.h>

typedef enum TypeFit {
    TYPE_FIT_SAME,
    TYPE_FIT_WIDER,    /* every value fits and stays what it is */
    TYPE_FIT_DOUBTFUL, /* see *why */
    TYPE_FIT_NOT
} TypeFit;

typedef struct TypeFitSide {
    uint32_t type_oid;
    int32_t type_modifier; /* pg_attribute.atttypmod */
    const char *type_text; /* format_type() of both */
} TypeFitSide;

/* *why is set for DOUBTFUL and NOT: a fragment for a message. */
TypeFit type_fit(TypeFitSide source, TypeFitSide destination, const char **why);
