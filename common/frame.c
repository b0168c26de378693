#include "common/frame.h"

#include "common/mem.h"

#include <stdlib.h>

static void release_memory(Frame *frame)
{
    free(frame->data);
    free(frame);
}

Frame *frame_take(char *data, size_t len)
{
    Frame *frame = MEM_NEW(Frame);

    atomic_init(&frame->references, 1);
    frame->release = release_memory;
    frame->data = data;
    frame->len = len;
    return frame;
}

Frame *frame_new(size_t len)
{
    return frame_take(mem_resize(NULL, len ? len : 1, 1), len);
}

Frame *frame_copy(Str bytes)
{
    Frame *frame = frame_new(bytes.len);

    if (bytes.len > 0)
        memcpy(frame->data, bytes.data, bytes.len);
    return frame;
}

Frame *frame_ref(Frame *frame)
{
    atomic_fetch_add(&frame->references, 1);
    return frame;
}

void frame_unref(Frame **frame)
{
    if (*frame && atomic_fetch_sub(&(*frame)->references, 1) == 1)
        (*frame)->release(*frame);
    *frame = NULL;
}
