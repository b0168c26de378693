/*
 * lane_window - the batches that a lane has taken, and how far all of them are durable.
 *
 * Rows of different tables become durable at different times, in any order. A batch is needed as
 * long as somebody holds it: whoever has changes of it that are not at the destination. What is
 * durable of the lane is what lies before the first batch that is held; it may end inside of a
 * transaction of the source, and the stream is then resumed behind the last complete one. Memory of
 * a batch goes when nobody holds it. No I/O.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"
#include "loader/sink.h"

typedef struct LaneBatch {
    struct LaneBatch *next; /* in the window, or among the spare ones */
    Arena arena;
    const Batch *batch; /* in it */
    SinkDurable end;    /* what the lane has reached behind it */
    size_t bytes;       /* of memory */
    unsigned holders;
    bool in_window; /* false: it is of an earlier epoch, only its holders know it */
} LaneBatch;

typedef struct LaneWindow {
    LaneBatch *first, **end;
    LaneBatch *spare, *next; /* next: handed out to be filled */
    size_t spare_count;
    SinkDurable durable;
    SinkDurable reached; /* behind the last batch taken */
    size_t bytes;        /* of memory, all batches that are held */
} LaneWindow;

/* After a takeover. Batches of before stay with their holders. */
void lane_window_start(LaneWindow *window, LaneProgress taken_over);
/* The first batch to come is `next`. */
void lane_window_resume(LaneWindow *window, uint64_t next);
/* Nobody holds a batch any more. */
void lane_window_done(LaneWindow *window);

/* Where the next batch is to be made. */
Arena *lane_window_arena(LaneWindow *window);
/* The batch made there; the caller holds it, and releases it when it has looked at its changes. */
LaneBatch *lane_window_take(LaneWindow *window, const Batch *batch);

void lane_batch_hold(LaneBatch *batch);
/* The window's durable position may move. */
void lane_window_release(LaneWindow *window, LaneBatch *batch);
