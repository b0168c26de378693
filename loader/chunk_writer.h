/*
 * chunk_writer - one chunk's transaction on one connection, step by step.
 *
 * A table of states (chunk_writer.c): the connection is opened, the chunk's mark looked for, the
 * rows copied, the mark set, the lane's generation checked, all committed. Nothing blocks. After
 * the end the connection serves the next chunk; a writer that is freed before rolls back.
 */
#pragma once

#include "loader/chunk_load.h"
#include "loader/chunk_order.h"

typedef struct ChunkWriter ChunkWriter;

/* Borrows target. */
ChunkWriter *chunk_writer_new(const ChunkTarget *target);
void chunk_writer_free(ChunkWriter **writer);

/* Begins the chunk of a batch; only when none is under way. Copies what it needs. */
void chunk_writer_start(ChunkWriter *writer, const BatchHeader *header);

/*
 * Goes as far as it can without waiting, and no further than one batch, so that its taking can be
 * acknowledged. generation: the lane's, as it is now.
 */
NODISCARD bool chunk_writer_step(ChunkWriter *writer, ChunkOrder *order, int64_t generation,
                                 Error *err);

/* The chunk is committed, by us or by somebody before us. */
bool chunk_writer_done(const ChunkWriter *writer);
bool chunk_writer_found_done(const ChunkWriter *writer);
uint64_t chunk_writer_rows(const ChunkWriter *writer);
uint64_t chunk_writer_bytes(const ChunkWriter *writer); /* of rows that we wrote */

/* False: there is no socket to wait for. */
bool chunk_writer_wait_item(const ChunkWriter *writer, const ChunkOrder *order, WaitItem *item);

/* 0: not connected. */
int chunk_writer_pid(const ChunkWriter *writer);
