/*
 * arena - memory that is given back all at once.
 *
 * Everything that belongs to one batch is allocated here and forgotten by one arena_reset(). A
 * zeroed Arena is ready for use. Allocations are aligned for any type, and not zeroed unless said.
 *
 * With ARENA_BLOCK_BYTES=0 (the sanitizer builds) each allocation is a malloc of its own, so that
 * an overrun or a use after the reset is seen.
 */
#pragma once

#include "common/compiler.h"
#include "common/str.h"
#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
    ArenaBlock *blocks; /* newest first */
    char *at;
    char *end;
    size_t bytes; /* handed out since the last reset */
} Arena;

void *arena_alloc(Arena *arena, size_t size);
void *arena_zeroed(Arena *arena, size_t count, size_t item_size);

/* A copy with a NUL behind it that the length does not count. */
Str arena_copy(Arena *arena, Str bytes);
char *arena_strdup(Arena *arena, const char *text);
char *arena_printf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#define ARENA_NEW(arena, type) ((type *)arena_zeroed((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_zeroed((arena), (count), sizeof(type)))

/* Forgets every allocation; keeps one block for the next round. */
void arena_reset(Arena *arena);

/* Gives all memory back. The arena may be used again. Works as a CLEANUP(). */
void arena_done(Arena *arena);
