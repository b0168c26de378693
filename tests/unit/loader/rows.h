/*
 * rows - batches for tests, written as short lines. The table is public.t (id key, a, big).
 *
 *     "+1 x y"     INSERT        "_" is NULL
 *     "~1 x ="     UPDATE        "=" is unchanged
 *     "~1>2 x ="   UPDATE of the key
 *     "-1"         DELETE
 *
 * With all columns of the row before: "-1 x y", "~1|x|y>1 v w".
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"

enum { ROWS_COLUMNS = 3 };

/* Everything lives in the arena. lines may be NULL; changes then are the caller's to allocate. */
Batch *rows_batch(Arena *arena, const char *const *lines, size_t count);
void rows_add(Arena *arena, Batch *batch, const char *line);

/* A Relation of that name with these three columns. */
Relation *rows_relation(Arena *arena, const char *table);
