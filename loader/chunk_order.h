/*
 * chunk_order - the batches of one chunk, put back in order.
 *
 * They come by way of several transforms, so that a later one may arrive first. What is too far
 * ahead is refused, and comes again: its producer repeats what is not taken. No I/O.
 */
#pragma once

#include "common/frame.h"
#include <stdbool.h>
#include <stdint.h>

enum { CHUNK_AHEAD = 64 }; /* batches held, more than a producer has under way */

typedef struct ChunkPart {
    Frame *body;
    uint64_t rows;
    bool last;
} ChunkPart;

typedef struct ChunkOrder {
    uint64_t next;                /* sequence of the batch in front; all before it were taken off */
    ChunkPart parts[CHUNK_AHEAD]; /* by sequence modulo CHUNK_AHEAD; no body: not there */
} ChunkOrder;

typedef enum ChunkOffer { CHUNK_HELD, CHUNK_DUPLICATE, CHUNK_TOO_FAR } ChunkOffer;

/* From sequence 1; what is held is forgotten. Also for a zeroed ChunkOrder. */
void chunk_order_start(ChunkOrder *order);

/* Takes a reference of its own when it holds the part. */
ChunkOffer chunk_order_offer(ChunkOrder *order, uint64_t sequence, ChunkPart part);

/* The next one in order, or NULL if it has not come. */
const ChunkPart *chunk_order_front(const ChunkOrder *order);

/* Takes it off. */
void chunk_order_pop(ChunkOrder *order);
