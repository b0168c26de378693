#include "common/arena.h"

#include "common/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ARENA_BLOCK_BYTES
#define ARENA_BLOCK_BYTES (256 * 1024)
#endif

enum { ALIGNMENT = _Alignof(max_align_t) };

struct ArenaBlock {
    ArenaBlock *next;
    size_t size;
    max_align_t memory[];
};

static void add_block(Arena *arena, size_t size)
{
    ArenaBlock *block = mem_resize(NULL, 1, sizeof *block + size);

    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->at = (char *)block->memory;
    arena->end = arena->at + size;
}

void *arena_alloc(Arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    if (ARENA_BLOCK_BYTES == 0 || rounded > (size_t)(arena->end - arena->at))
        add_block(arena, ARENA_BLOCK_BYTES == 0            ? size
                         : rounded > ARENA_BLOCK_BYTES / 4 ? rounded
                                                           : (size_t)ARENA_BLOCK_BYTES);
    void *memory = arena->at;
    arena->at = ARENA_BLOCK_BYTES == 0 ? arena->end : arena->at + rounded;
    arena->bytes += rounded;
    return memory;
}

void *arena_zeroed(Arena *arena, size_t count, size_t item_size)
{
    size_t size;

    if (__builtin_mul_overflow(count, item_size, &size))
        abort(); /* counts are checked against a limit where they come in */
    void *memory = arena_alloc(arena, size);
    return size ? memset(memory, 0, size) : memory;
}

Str arena_copy(Arena *arena, Str bytes)
{
    char *copy = arena_alloc(arena, bytes.len + 1);

    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    return (Str){copy, bytes.len};
}

char *arena_strdup(Arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(arena_alloc(arena, size), text, size);
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    char *text = arena_alloc(arena, size);
    vsnprintf(text, size, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

/* The block to keep is the last one of ordinary size: what a large row needed goes back. */
void arena_reset(Arena *arena)
{
    ArenaBlock *kept = NULL;

    while (arena->blocks) {
        ArenaBlock *block = arena->blocks;

        arena->blocks = block->next;
        if (!kept && ARENA_BLOCK_BYTES > 0 && block->size == ARENA_BLOCK_BYTES)
            kept = block;
        else
            free(block);
    }
    *arena = (Arena){0};
    if (kept) {
        kept->next = NULL;
        arena->blocks = kept;
        arena->at = (char *)kept->memory;
        arena->end = arena->at + kept->size;
    }
}

void arena_done(Arena *arena)
{
    arena_reset(arena);
    free(arena->blocks);
    *arena = (Arena){0};
}
