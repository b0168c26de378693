/*
 * chunks - a table cut into ranges of blocks, each copied as one durable step of some seconds.
 *
 * A table of some size has at least four chunks for each copy process, so that none of them waits
 * long for the last; a small one has one chunk, an empty one too (its mark says it was copied). The
 * last chunk is open (end 0): the table may have grown since it was measured.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct ChunkRange {
    uint64_t first_block;
    uint64_t end_block; /* not included; 0: to the end */
} ChunkRange;

size_t chunks_count(uint64_t bytes, uint64_t pages, int64_t copies);

/* The number-th of count chunks of a table with so many pages. */
ChunkRange chunks_range(uint64_t pages, size_t count, size_t number);
