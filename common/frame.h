/*
 * frame - bytes that several owners hold: a batch on its way is in the replay window and in a
 * socket's queue at once, and is copied into neither.
 *
 * A frame is written by its maker and by nobody after it was shared. References may be given back
 * by ZeroMQ's I/O thread, so their count is atomic.
 */
#pragma once

#include "common/str.h"
#include <stdatomic.h>

typedef struct Frame {
    atomic_int references;
    void (*release)(struct Frame *frame); /* frees it when the last reference goes */
    char *data;
    size_t len;
} Frame;

/* A frame of len bytes to be written, with one reference. */
Frame *frame_new(size_t len);
Frame *frame_copy(Str bytes);

/* Takes malloc'ed memory. */
Frame *frame_take(char *data, size_t len);

Frame *frame_ref(Frame *frame);

/* Gives one reference back and sets *frame to NULL, which may be NULL before. */
void frame_unref(Frame **frame);

static inline Str frame_str(const Frame *frame)
{
    return frame ? (Str){frame->data, frame->len} : (Str){0};
}
