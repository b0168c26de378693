/*
 * Whatever comes in on a data socket: a signal, a header, or a body against a header. The first
 * byte of an input chooses; for a body a second byte is the number of changes that the header says.
 */
#include "common/codec.h"

#include "tests/support/batch_samples.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted is packed again, and must then be accepted again. */
static void pack_again(const BatchHeader *header, const Change *changes, Arena *arena)
{
    Bytes body = {0};
    Change *again;
    Error err;

    for (uint32_t i = 0; i < header->change_count; i++)
        codec_pack_change(&body, &changes[i]);
    if (!codec_unpack_changes(bytes_str(&body), header, arena, &again, &err))
        abort();
    bytes_done(&body);
}

static void fuzz_body(Str input, Arena *arena)
{
    Change *changes;
    Error err;

    if (input.len == 0)
        return;
    BatchHeader header = sample_header((uint8_t)input.data[0]);
    Str body = {input.data + 1, input.len - 1};
    if (codec_unpack_changes(body, &header, arena, &changes, &err))
        pack_again(&header, changes, arena);
}

static void fuzz_header(Str input, Arena *arena)
{
    BatchHeader header;
    Error err;

    if (!codec_unpack_header(input, arena, &header, &err))
        return;
    Frame *frame = codec_pack_header(&header);
    if (!codec_unpack_header(frame_str(frame), arena, &header, &err))
        abort();
    frame_unref(&frame);
}

static void fuzz_signal(Str input)
{
    Signal signal;
    Error err;

    if (!codec_unpack_signal(input, &signal, &err))
        return;
    Frame *frame = codec_pack_signal(&signal);
    if (!codec_unpack_signal(frame_str(frame), &signal, &err))
        abort();
    frame_unref(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena arena = {0};

    if (size == 0)
        return 0;
    Str input = {(const char *)data + 1, size - 1};
    if (data[0] % 3 == 0)
        fuzz_body(input, &arena);
    else if (data[0] % 3 == 1)
        fuzz_header(input, &arena);
    else
        fuzz_signal(input);
    arena_done(&arena);
    return 0;
}
