#include "simulator/gunzip.h"

#include "common/mem.h"
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, PIECE_BYTES = 256 * 1024 };

struct Gunzip {
    z_stream stream;
    bool between; /* two members, or before the first one */
    unsigned char piece[PIECE_BYTES];
};

void gunzip_open(Gunzip **out)
{
    *out = MEM_NEW(Gunzip);
    (*out)->between = true;
    if (inflateInit2(&(*out)->stream, GZIP_WINDOW) != Z_OK)
        abort();
}

void gunzip_close(Gunzip **gunzip)
{
    if (!*gunzip)
        return;
    inflateEnd(&(*gunzip)->stream);
    free(*gunzip);
    *gunzip = NULL;
}

bool gunzip_feed(Gunzip *gunzip, Str bytes, GunzipSink *sink, void *context, Error *err)
{
    z_stream *stream = &gunzip->stream;
    int result;

    stream->next_in = (unsigned char *)(uintptr_t)bytes.data;
    stream->avail_in = (unsigned)bytes.len;
    do {
        if (stream->avail_in > 0)
            gunzip->between = false;
        stream->next_out = gunzip->piece;
        stream->avail_out = PIECE_BYTES;
        result = inflate(stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return error_set(err, ERROR_DATA,
                             "[INTERNAL_ERROR]Fail to do gzip decompress, error=%d", result);
        if (!sink(context, gunzip->piece, PIECE_BYTES - stream->avail_out, err))
            return false;
        if (result == Z_STREAM_END) {
            gunzip->between = true;
            inflateReset(stream);
        }
    } while (stream->avail_in > 0 || stream->avail_out == 0);
    return true;
}

bool gunzip_finish(const Gunzip *gunzip, Error *err)
{
    return gunzip->between || error_set(err, ERROR_DATA,
                                        "[INTERNAL_ERROR]Compressed file has been truncated, which "
                                        "is not allowed");
}

void gzip_whole(Str plain, Bytes *out)
{
    z_stream stream = {0};
    uLong bound;

    if (deflateInit2(&stream, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    bound = deflateBound(&stream, (uLong)plain.len);
    stream.next_in = (unsigned char *)(uintptr_t)plain.data;
    stream.avail_in = (unsigned)plain.len;
    stream.next_out = (unsigned char *)bytes_reserve(out, bound);
    stream.avail_out = (unsigned)bound;
    deflate(&stream, Z_FINISH);
    out->len += bound - stream.avail_out;
    deflateEnd(&stream);
}
