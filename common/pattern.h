/* pattern - names with * (any letters, also none) and ? (one letter). Pure. */
#pragma once

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *name);
