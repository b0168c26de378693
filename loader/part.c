#include "loader/part.h"

#include "common/codec.h"
#include "common/mem.h"

#include <inttypes.h>
#include <stdlib.h>

bool part_open(Part **out, Str header, Frame *body, Error *err)
{
    Part *part = MEM_NEW(Part);

    if (!codec_unpack_header(header, &part->arena, &part->batch.header, err)) {
        part_drop(part);
        return false;
    }
    part->body = frame_ref(body);
    part->bytes = body->len;
    *out = part;
    return true;
}

bool part_decode(Part *part, Error *err)
{
    Batch *batch = &part->batch;

    if (!codec_unpack_changes(frame_str(part->body), &batch->header, &part->arena, &batch->changes,
                              err))
        return error_wrap(err, "batch %" PRIu64, batch->header.sequence);
    frame_unref(&part->body);
    return true;
}

void part_drop(void *item)
{
    Part *part = item;

    frame_unref(&part->body);
    arena_done(&part->arena);
    free(part);
}
