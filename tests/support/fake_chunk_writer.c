#include "tests/support/fake_chunk_writer.h"

#include "common/mem.h"
#include "loader/chunk_writer.h"

#include <stdlib.h>

FakeChunkWriters fake_chunk_writers;

struct ChunkWriter {
    bool under_way, done;
    uint64_t rows, bytes;
};

ChunkWriter *chunk_writer_new(const ChunkTarget *target)
{
    (void)target;
    fake_chunk_writers.alive++;
    return MEM_NEW(ChunkWriter);
}

void chunk_writer_free(ChunkWriter **writer)
{
    if (!*writer)
        return;
    fake_chunk_writers.alive--;
    fake_chunk_writers.freed_under_way += (*writer)->under_way;
    free(*writer);
    *writer = NULL;
}

void chunk_writer_start(ChunkWriter *writer, const BatchHeader *header)
{
    (void)header;
    fake_chunk_writers.started++;
    *writer = (ChunkWriter){.under_way = true};
}

bool chunk_writer_step(ChunkWriter *writer, ChunkOrder *order, int64_t generation, Error *err)
{
    const ChunkPart *part = chunk_order_front(order);

    (void)err;
    fake_chunk_writers.generation = generation;
    if (fake_chunk_writers.found_done)
        writer->done = true;
    else if (part && !fake_chunk_writers.stalled) {
        fake_chunk_writers.rows[fake_chunk_writers.batches++] = part->rows;
        writer->rows += part->rows;
        writer->bytes += part->body->len;
        writer->done = part->last;
        chunk_order_pop(order);
    }
    writer->under_way = !writer->done;
    return true;
}

ChunkWritten chunk_writer_written(const ChunkWriter *writer)
{
    return (ChunkWritten){.done = writer->done,
                          .found_done = fake_chunk_writers.found_done,
                          .rows = writer->rows,
                          .bytes = writer->bytes};
}

bool chunk_writer_wait_item(const ChunkWriter *writer, const ChunkOrder *order, WaitItem *item)
{
    (void)order;
    *item = (WaitItem){.fd = 1, .read = true};
    return writer->under_way;
}

int chunk_writer_pid(const ChunkWriter *writer)
{
    return writer->under_way ? 4711 : 0;
}
