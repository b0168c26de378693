#include "tests/support/fake_chunk_writer.h"

#include "common/mem.h"

#include <stdlib.h>

FakeChunkWriters fake_chunk_writers;

typedef struct FakeWriter {
    ChunkWriter base;
    bool under_way, done;
    uint64_t rows, bytes;
} FakeWriter;

static void free_writer(ChunkWriter *base)
{
    FakeWriter *writer = (FakeWriter *)base;

    fake_chunk_writers.alive--;
    fake_chunk_writers.freed_under_way += writer->under_way;
    free(writer);
}

static void start(ChunkWriter *base, const BatchHeader *header)
{
    FakeWriter *writer = (FakeWriter *)base;

    (void)header;
    fake_chunk_writers.started++;
    writer->under_way = true;
    writer->done = false;
    writer->rows = writer->bytes = 0;
}

static bool step(ChunkWriter *base, ChunkOrder *order, int64_t generation, Error *err)
{
    FakeWriter *writer = (FakeWriter *)base;
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

static ChunkWritten written(const ChunkWriter *base)
{
    const FakeWriter *writer = (const FakeWriter *)base;

    return (ChunkWritten){.done = writer->done,
                          .found_done = fake_chunk_writers.found_done,
                          .rows = writer->rows,
                          .bytes = writer->bytes};
}

static bool wait_item(const ChunkWriter *base, const ChunkOrder *order, WaitItem *item)
{
    const FakeWriter *writer = (const FakeWriter *)base;

    (void)order;
    *item = (WaitItem){.fd = 1, .read = true};
    return writer->under_way;
}

static int pid(const ChunkWriter *base)
{
    const FakeWriter *writer = (const FakeWriter *)base;

    return writer->under_way ? 4711 : 0;
}

ChunkWriter *fake_chunk_writer(const ChunkTarget *target)
{
    static const ChunkWriterVerbs VERBS = {free_writer, start, step, written, wait_item, pid};
    FakeWriter *writer = MEM_NEW(FakeWriter);

    (void)target;
    fake_chunk_writers.alive++;
    writer->base.verbs = &VERBS;
    return &writer->base;
}
