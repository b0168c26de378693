#include "loader/chunk_writer.h"

#include <stddef.h>

void chunk_writer_free(ChunkWriter **writer)
{
    if (*writer)
        (*writer)->verbs->free(*writer);
    *writer = NULL;
}

void chunk_writer_start(ChunkWriter *writer, const BatchHeader *header)
{
    writer->verbs->start(writer, header);
}

bool chunk_writer_step(ChunkWriter *writer, ChunkOrder *order, int64_t generation, Error *err)
{
    return writer->verbs->step(writer, order, generation, err);
}

ChunkWritten chunk_writer_written(const ChunkWriter *writer)
{
    return writer->verbs->written(writer);
}

bool chunk_writer_wait_item(const ChunkWriter *writer, const ChunkOrder *order, WaitItem *item)
{
    return writer->verbs->wait_item(writer, order, item);
}

int chunk_writer_pid(const ChunkWriter *writer)
{
    return writer->verbs->pid(writer);
}
