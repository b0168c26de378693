/* key_code - a Unique row's key as SQLite holds it in _k. Pure. */
#pragma once

#include "common/bytes.h"
#include "simulator/cast.h"

/* Of one integer key it is the integer, else all key cells' forms and bytes in *bytes. */
Cell key_code(const Cell *cells, size_t count, bool integer, Bytes *bytes);

/* "13, abc", as messages show it. */
const char *key_text(const Cell *cells, size_t count, Arena *arena);
