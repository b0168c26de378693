/*
 * dispatch - which batch goes to which worker now.
 *
 * Workers announce a capacity: how many batches they may hold that are not taken by every lane. New
 * batches go out in order while there is room; one that was sent and not taken within 2 s (then 4,
 * 8, ... 30), or whose worker left, goes out again, to another worker if there is one; the one it
 * did not come back from is left out for a while. When a loader attaches, all from its place on go
 * out again, for its lane alone where the others have them.
 *
 * dispatch_next() proposes, the caller sends and says how it went. Sequences and lanes only; the
 * batches are the replay window's. Pure.
 */
#pragma once

#include "common/channel.h"
#include <stdint.h>

typedef struct Dispatch Dispatch;

enum {
    DISPATCH_LANES = 16,
    DISPATCH_WORKERS = 64,
    DISPATCH_CAPACITY_MAX = 16, /* of one worker */
};

typedef struct DispatchSend {
    uint64_t sequence;
    int32_t only_lane; /* LANE_ALL, or the only lane that lacks it */
    bool again;        /* it was sent before */
    int worker;
    int flight; /* for dispatch_sent(): -1 if this is not in flight yet */
} DispatchSend;

void dispatch_open(Dispatch **out);
void dispatch_close(Dispatch **dispatch);

/* A new stream: sequences from 1. Workers stay. */
void dispatch_start(Dispatch *dispatch, uint32_t lanes);

void dispatch_credit(Dispatch *dispatch, const char *worker, uint32_t capacity);
void dispatch_left(Dispatch *dispatch, const char *worker);
/* Keeps only workers that `stays` approves of. */
void dispatch_keep(Dispatch *dispatch, bool (*stays)(const void *self, const char *worker),
                   const void *self);

/* A lane has taken all below `next`. What is not newer than what we know changes nothing. */
void dispatch_taken(Dispatch *dispatch, uint32_t lane, uint64_t next);
/* A lane needs all from `next` on again. */
void dispatch_rewind(Dispatch *dispatch, uint32_t lane, uint64_t next);

/* The next thing to send, if there is any; `behind` is the sequence behind the newest batch. */
bool dispatch_next(const Dispatch *dispatch, uint64_t behind, int64_t now_ms, DispatchSend *out);
const char *dispatch_worker(const Dispatch *dispatch, int worker);
/* bytes: of the batch; a large one is given more time before it is sent again. */
void dispatch_sent(Dispatch *dispatch, const DispatchSend *send, size_t bytes, int64_t now_ms);
/* Its queue is full: nothing more for it before it gives credit again. */
void dispatch_refused(Dispatch *dispatch, const DispatchSend *send);

/* All below are taken by every lane. */
uint64_t dispatch_lowest(const Dispatch *dispatch);
/* All from here on wait to be sent, for the first time or again. */
uint64_t dispatch_cursor(const Dispatch *dispatch);
uint32_t dispatch_in_flight(const Dispatch *dispatch);
uint32_t dispatch_workers(const Dispatch *dispatch);
uint32_t dispatch_room(const Dispatch *dispatch);

/* Until the first one is due again; -1: none is, or nobody is there. */
int dispatch_timeout_ms(const Dispatch *dispatch, int64_t now_ms);
