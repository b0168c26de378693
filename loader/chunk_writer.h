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

typedef struct ChunkWritten {
    bool done;       /* committed, by us or by somebody before us */
    bool found_done; /* by somebody before us */
    uint64_t rows;   /* of the chunk */
    uint64_t kept;   /* of rows: not written, the destination had one of that key */
    uint64_t bytes;  /* that we wrote */
} ChunkWritten;

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

ChunkWritten chunk_writer_written(const ChunkWriter *writer);

/* False: there is no socket to wait for. */
bool chunk_writer_wait_item(const ChunkWriter *writer, const ChunkOrder *order, WaitItem *item);

/* 0: not connected. */
int chunk_writer_pid(const ChunkWriter *writer);
