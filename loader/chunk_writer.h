/*
 * chunk_writer - the contract of whoever writes chunks of a copy to a destination, step by step.
 *
 * One writer writes one chunk at a time; each chunk's rows and the mark that it is done are durable
 * together, once. Nothing blocks. One that is freed before the end leaves nothing that counts.
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

typedef struct ChunkWriterVerbs {
    void (*free)(ChunkWriter *writer);
    void (*start)(ChunkWriter *writer, const BatchHeader *header);
    bool (*step)(ChunkWriter *writer, ChunkOrder *order, int64_t generation, Error *err);
    ChunkWritten (*written)(const ChunkWriter *writer);
    bool (*wait_item)(const ChunkWriter *writer, const ChunkOrder *order, WaitItem *item);
    int (*pid)(const ChunkWriter *writer);
} ChunkWriterVerbs;

struct ChunkWriter {
    const ChunkWriterVerbs *verbs;
};

/* ChunkMake of the destinations (chunk_load.h). They borrow target. */
ChunkWriter *chunk_writer_postgres(const ChunkTarget *target);
ChunkWriter *chunk_writer_selectdb(const ChunkTarget *target);

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

/* Of its connection's backend; 0: none. */
int chunk_writer_pid(const ChunkWriter *writer);
