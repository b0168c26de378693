/*
 * config_tokens - the words of a libconfig text with their places.
 *
 * libconfig names the line of a syntax error but not the column, takes a comment that is never
 * closed for the end of the file, and reads 5000000000 as 705032704 without a word. This is the
 * little that is needed to do better; what a text means stays libconfig's business. Pure.
 */
#pragma once

#include "common/arena.h"
#include "common/str.h"
#include <stdbool.h>

typedef enum ConfigTokenKind {
    CONFIG_END,
    CONFIG_WORD,
    CONFIG_STRING,
    CONFIG_PUNCTUATION,
    CONFIG_INCLUDE,      /* an @include line, which walferry does not take */
    CONFIG_OPEN_STRING,  /* never closed; reaches to the end */
    CONFIG_OPEN_COMMENT, /* the same */
} ConfigTokenKind;

typedef struct ConfigToken {
    ConfigTokenKind kind;
    Str text;
    int line, column; /* from 1; a column is a byte */
} ConfigToken;

typedef struct ConfigScanner {
    const char *at, *end, *line_start;
    int line;
} ConfigScanner;

ConfigScanner config_scanner(Str text);
ConfigToken config_next_token(ConfigScanner *scanner);

/*
 * The same text with an L behind each integer that needs more than 32 bits, and a newline at its
 * end, without which libconfig takes no comment; lines stay.
 */
const char *config_widen_integers(Str text, Arena *arena);

/* The same tokens, each on a line of its own: token n (from 1) stands on line n. */
const char *config_token_a_line(Str text, Arena *arena);

/* Token n, from 1; past the last one CONFIG_END. */
ConfigToken config_token_at(Str text, int n);
