/*
 * arguments - a command line by a table of options. Pure.
 *
 * Options may stand before, between and behind the words; "--name value" and "--name=value" are the
 * same; after "--" everything is a word. Nothing is copied: values point into argv.
 */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct Option {
    const char *name;    /* "--timeout" */
    const char *letter;  /* "-o", or NULL */
    const char *operand; /* what stands behind it, "SECONDS"; NULL: it is a flag */
    const char *help;
} Option;

enum { ARGUMENTS_OPTIONS_MAX = 16, ARGUMENTS_WORDS_MAX = 256, ARGUMENTS_WHY_MAX = 256 };

typedef struct Arguments {
    const Option *options[ARGUMENTS_OPTIONS_MAX]; /* that may be used; filled by arguments_allow */
    const char *values[ARGUMENTS_OPTIONS_MAX];    /* of each: NULL not given, "" a flag that is */
    size_t option_count;
    const char *words[ARGUMENTS_WORDS_MAX];
    size_t word_count;
} Arguments;

/* The table ends in an option without a name. */
void arguments_allow(Arguments *arguments, const Option *options);

/* argv ends in NULL and is without the program. False: `why` says what is wrong, in one line. */
NODISCARD bool arguments_parse(Arguments *arguments, char *const *argv,
                               char why[ARGUMENTS_WHY_MAX]);

/* NULL: not given. It is our own bug to ask for an option that was not allowed. */
const char *arguments_value(const Arguments *arguments, const char *name);
