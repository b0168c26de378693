/*
 * row_counter - how many lines a CSV body has, at the speed of a memory: with nothing but newlines,
 * enclosing characters and escapes in mind. Empty lines are no rows. Pure.
 */
#pragma once

#include "common/str.h"
#include <stdint.h>

typedef struct RowCounter {
    char enclose; /* 0: none */
    char escape;  /* 0: none */
    bool enclosed;
    bool escaped;
    bool open; /* the line has a byte */
    int64_t rows;
} RowCounter;

void row_counter_feed(RowCounter *counter, Str bytes);
/* The last line may have no newline. */
int64_t row_counter_finish(RowCounter *counter);
