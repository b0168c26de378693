/* nearest - the "did you mean" of a mistyped word. Pure. */
#pragma once

#include <stddef.h>

/* How many letters must be added, taken away, changed or swapped with their neighbour. */
size_t nearest_distance(const char *a, const char *b);

/* The candidate that is close enough to be meant, or NULL. candidates ends in NULL. */
const char *nearest_of(const char *word, const char *const *candidates);
