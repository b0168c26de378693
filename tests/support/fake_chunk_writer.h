/*
 * fake_chunk_writer - chunk_writer.h without a database: what is to be copied is taken at once, and
 * committed with the last batch. ChunkTarget.make takes it.
 */
#pragma once

#include "loader/chunk_writer.h"

typedef struct FakeChunkWriters {
    int alive;
    int started;
    int freed_under_way; /* rolled back */
    bool found_done;     /* the mark is there already */
    bool stalled;        /* the server takes nothing */
    uint64_t rows[64];   /* of the batches, in the order they were written */
    int batches;
    int64_t generation; /* as of the last step */
} FakeChunkWriters;

extern FakeChunkWriters fake_chunk_writers;

ChunkWriter *fake_chunk_writer(const ChunkTarget *target);
