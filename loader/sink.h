/*
 * sink - a destination: takes a lane over, is given batches in their order, makes them durable.
 *
 * The loader puts batches in order, checks that none is missing and says what of each is new; when
 * and how changes reach the destination is the sink's own business. It says how far all is durable,
 * and takes no more than it may hold.
 *
 * On an error the sink is not used again: its process ends and the next one takes over. Kinds of
 * errors: DATA (a change that can never be applied, with table, key and position), CONFIG (a table
 * that is not what it should be, a privilege), CONNECTION, TRANSIENT (fenced off by a successor).
 * err->kind NONE: it waited, and was asked to stop.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"
#include "common/channel.h"
#include "common/control.h"
#include "common/error.h"
#include "common/stage.h"
#include "loader/lane_progress.h"

typedef struct Sink Sink;

/* All that lies at or before it is at the destination to stay. */
typedef struct SinkDurable {
    LaneProgress progress;
    uint64_t sequence; /* of the last batch of which that is true; 0: none yet */
} SinkDurable;

typedef struct SinkVerbs {
    bool (*take_over)(Sink *sink, uint64_t epoch, LaneProgress *out, bool *done, Error *err);
    void (*resume)(Sink *sink, uint64_t next);
    bool (*has_room)(const Sink *sink);
    Arena *(*arena)(Sink *sink);
    bool (*take)(Sink *sink, const Batch *batch, uint32_t first, size_t bytes, Error *err);
    bool (*step)(Sink *sink, bool waiting, bool *busy, Error *err);
    size_t (*wait_items)(const Sink *sink, WaitItem *items, size_t most);
    int (*timeout_ms)(const Sink *sink, int64_t now_ms);
    SinkDurable (*durable)(const Sink *sink);
    void (*hear)(Sink *sink, const ControlMessage *message);
    void (*count)(const Sink *sink, Stage *stage);
    void (*close)(Sink *sink);
} SinkVerbs;

struct Sink {
    const SinkVerbs *verbs;
};

enum { SINK_ITEMS_MAX = 32 }; /* to wait for */

void sink_close(Sink **sink);

/*
 * Begins the lane anew, in this epoch: what was taken and is not under way is forgotten. To be
 * called until it is *done, when *out is what the lane has reached and all of it is durable; until
 * then nothing but the functions for waiting, step and count.
 */
NODISCARD bool sink_take_over(Sink *sink, uint64_t epoch, LaneProgress *out, bool *done,
                              Error *err);

/* The first batch to come is `next`: what is before it ends at or below what was taken over. */
void sink_resume(Sink *sink, uint64_t next);

/* It may be given a batch. */
bool sink_has_room(const Sink *sink);
/* The next batch is to be made here, the struct too: the sink keeps it as long as it must. */
Arena *sink_arena(Sink *sink);
/* Its changes from `first` on are new. bytes: its size on the wire. */
NODISCARD bool sink_take(Sink *sink, const Batch *batch, uint32_t first, size_t bytes, Error *err);

/*
 * Does what is due, a piece of it at most. waiting: a batch is there to be taken. *busy: it did
 * something, and wants to be called again before it is given one.
 */
NODISCARD bool sink_step(Sink *sink, bool waiting, bool *busy, Error *err);
size_t sink_wait_items(const Sink *sink, WaitItem *items, size_t most);
/* Until step may do something without a new batch or an item; -1: never. */
int sink_timeout_ms(const Sink *sink, int64_t now_ms);

SinkDurable sink_durable(const Sink *sink);

/* What the supervisor says, in the control handler: only to be noted. */
void sink_hear(Sink *sink, const ControlMessage *message);
/* In the counters handler. */
void sink_count(const Sink *sink, Stage *stage);
