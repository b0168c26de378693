/* Any bytes to the decoder of pgoutput, outside and inside of a streamed block. */
#include "capture/pgoutput.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all that a message points to, so that a sanitizer sees what lies outside. */
static size_t look_at(const Tuple *tuple)
{
    size_t sum = 0;

    for (uint32_t i = 0; tuple->values && i < tuple->count; i++) {
        for (size_t b = 0; b < tuple->values[i].bytes.len; b++)
            sum += (unsigned char)tuple->values[i].bytes.data[b];
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PgoutputDecoder decoder;
    volatile size_t sum = 0;

    for (int streamed = 0; streamed < 2; streamed++) {
        PgoutputMessage message;
        Error err = {0};

        if (!pgoutput_decode(&decoder, (Str){(const char *)data, size}, streamed, &message, &err))
            continue;
        if (message.kind == PGOUTPUT_INSERT || message.kind == PGOUTPUT_UPDATE ||
            message.kind == PGOUTPUT_DELETE)
            sum += look_at(&message.row.old_tuple) + look_at(&message.row.new_tuple);
    }
    return 0;
}
