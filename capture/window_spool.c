#include "capture/window_spool.h"

#include "capture/spool_file.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEGMENT_BYTES = 16 * 1024 * 1024 };

static const char PREFIX[] = "window.";

/* Segments that still hold something, oldest first; the last one is written to. */
typedef struct Segment {
    uint32_t number;
    uint32_t held;
    uint64_t bytes;
} Segment;

struct WindowSpool {
    char *dir;
    Segment *segments;
    size_t count;
    uint32_t next_number;
    uint64_t bytes;
    int fd; /* of the last segment, or -1 */
};

static char *path_of(const WindowSpool *spool, uint32_t number)
{
    return mem_printf("%s/%s%u", spool->dir, PREFIX, number);
}

void window_spool_open(WindowSpool **out, const char *dir)
{
    WindowSpool *spool = MEM_NEW(WindowSpool);

    spool->dir = mem_strdup(dir);
    spool->fd = -1;
    *out = spool;
}

static void remove_segment(WindowSpool *spool, size_t at)
{
    CLEANUP(mem_free) char *path = path_of(spool, spool->segments[at].number);

    if (at + 1 == spool->count)
        spool_file_close(&spool->fd);
    (void)unlink(path); /* what stays goes with the folder */
    spool->bytes -= spool->segments[at].bytes;
    spool->count--;
    memmove(&spool->segments[at], &spool->segments[at + 1], (spool->count - at) * sizeof(Segment));
}

void window_spool_close(WindowSpool **spool)
{
    if (!*spool)
        return;
    while ((*spool)->count > 0)
        remove_segment(*spool, (*spool)->count - 1);
    free((*spool)->segments);
    free((*spool)->dir);
    free(*spool);
    *spool = NULL;
}

static bool start_segment(WindowSpool *spool, Error *err)
{
    CLEANUP(mem_free) char *path = path_of(spool, spool->next_number);

    spool_file_close(&spool->fd);
    spool->fd = spool_file_create(path, err);
    if (spool->fd < 0)
        return false;
    spool->segments = mem_resize(spool->segments, spool->count + 1, sizeof(Segment));
    spool->segments[spool->count++] = (Segment){.number = spool->next_number++};
    return true;
}

bool window_spool_write(WindowSpool *spool, Str header, Str body, SpoolPlace *out, Error *err)
{
    bool full = spool->count > 0 && spool->segments[spool->count - 1].bytes >= SEGMENT_BYTES;

    if ((spool->fd < 0 || full) && !start_segment(spool, err))
        return false;

    Segment *segment = &spool->segments[spool->count - 1];
    CLEANUP(mem_free) char *path = path_of(spool, segment->number);
    SpoolPlace place = {.offset = segment->bytes,
                        .body_bytes = body.len,
                        .segment = segment->number,
                        .header_bytes = (uint32_t)header.len,
                        .checksum = spool_checksum(spool_checksum(0, header), body)};

    if (!spool_file_write(spool->fd, path, header, err) ||
        !spool_file_write(spool->fd, path, body, err))
        return false;
    segment->bytes += header.len + body.len;
    spool->bytes += header.len + body.len;
    segment->held++;
    *out = place;
    return true;
}

bool window_spool_read(const WindowSpool *spool, const SpoolPlace *place, Frame **header,
                       Frame **body, Error *err)
{
    CLEANUP(mem_free) char *path = path_of(spool, place->segment);
    CLEANUP(spool_file_close) int fd = spool_file_read_from(path, err);
    CLEANUP(frame_unref) Frame *first = frame_new(place->header_bytes);
    CLEANUP(frame_unref) Frame *second = frame_new(place->body_bytes);

    if (fd < 0 || !spool_file_read(fd, path, place->offset, first->data, first->len, err) ||
        !spool_file_read(fd, path, place->offset + first->len, second->data, second->len, err))
        return false;
    if (spool_checksum(spool_checksum(0, frame_str(first)), frame_str(second)) != place->checksum) {
        error_set(err, ERROR_TRANSIENT, "a spool file holds something else than was written");
        return error_object(err, "%s", path);
    }
    *header = frame_ref(first);
    *body = frame_ref(second);
    return true;
}

void window_spool_release(WindowSpool *spool, const SpoolPlace *place)
{
    for (size_t at = 0; at < spool->count; at++) {
        if (spool->segments[at].number != place->segment)
            continue;
        if (--spool->segments[at].held == 0)
            remove_segment(spool, at);
        return;
    }
}

uint64_t window_spool_bytes(const WindowSpool *spool)
{
    return spool->bytes;
}
