#include "tests/support/batch_file.h"

#include <stdint.h>
#include <stdlib.h>

bool batch_file_write(FILE *file, Str header, Str body)
{
    uint64_t lengths[] = {header.len, body.len};

    return fwrite(lengths, sizeof lengths, 1, file) == 1 &&
           fwrite(header.data, 1, header.len, file) == header.len &&
           fwrite(body.data, 1, body.len, file) == body.len;
}

static Frame *read_frame(FILE *file, size_t len)
{
    Frame *frame = frame_new(len);

    if (fread(frame->data, 1, len, file) == len)
        return frame;
    fprintf(stderr, "the file of batches is cut off\n");
    exit(EXIT_FAILURE);
}

bool batch_file_read(FILE *file, Frame **header, Frame **body)
{
    uint64_t lengths[2];

    if (fread(lengths, sizeof lengths, 1, file) != 1)
        return false;
    *header = read_frame(file, lengths[0]);
    *body = read_frame(file, lengths[1]);
    return true;
}
