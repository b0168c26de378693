/*
 * outbox - the sending side of the data plane: hands batches to transform workers on credit and
 * keeps them until the loaders have them.
 *
 * A batch given to outbox_add() is numbered, packed and sent when a worker has credit. It is kept
 * in the replay window until the loaders say that it is durable (of a chunk: taken), is sent again
 * when a worker left or when nothing was heard of it for a while, and is sent once more to a loader
 * that attaches in the middle of an epoch. What passes memory_bytes lies in a spool file.
 *
 * It serves one stream at a time: an epoch (capture) or a chunk (copy). What bears another epoch or
 * attempt is dropped. Nothing here blocks or waits: the owner waits for outbox_wait_item() at most
 * outbox_timeout_ms() and calls outbox_work().
 */
#pragma once

#include "common/change.h"
#include "common/channel.h"
#include "common/error.h"
#include "control.pb-c.h"

typedef struct Outbox Outbox;

typedef struct OutboxLimits {
    size_t memory_bytes;        /* batches in memory; half of it may wait to be sent */
    size_t window_bytes;        /* batches in memory and file: at more outbox_full() is true */
    const char *spool_dir;      /* copied; this process's own. NULL: no spool file */
    uint64_t spool_limit_bytes; /* 0: none */
} OutboxLimits;

typedef struct OutboxCounters {
    uint64_t sequence; /* of the newest batch */
    uint64_t taken;    /* all up to it */
    uint64_t durable;
    uint64_t window_batches;
    uint64_t window_bytes; /* memory and file */
    uint64_t spool_bytes;  /* file */
    uint64_t redelivered;  /* sent more than once, since the start of the process */
    uint64_t workers;
    uint64_t credit; /* batches that the workers would still accept */
} OutboxCounters;

/* Listens at the endpoint. */
NODISCARD bool outbox_open(Outbox **out, const char *endpoint, const OutboxLimits *limits,
                           Error *err);
void outbox_close(Outbox **outbox);

/* Each forgets all batches; numbers start from 1 again. task is copied. */
void outbox_start_epoch(Outbox *outbox, const char *task, uint64_t epoch, uint32_t lanes);
void outbox_start_chunk(Outbox *outbox, const char *task, uint32_t relation_oid, uint32_t chunk,
                        uint64_t attempt, uint32_t lane);

/*
 * Takes the body. Fills epoch, sequence, only_lane (and of a chunk: copy.chunk, copy.attempt) of
 * the header and packs it; the rest is the caller's. A body is never NULL, but may be empty.
 */
NODISCARD bool outbox_add(Outbox *outbox, BatchHeader *header, Frame **body, Error *err);

/*
 * The caller's to heed: add nothing while it is true, but for a batch that was begun. Also when
 * much waits for credit: to read ahead of that would only fill the spool file.
 */
bool outbox_full(const Outbox *outbox);
/* It will be with so much more: say flush, nothing comes behind that for a while. */
bool outbox_fills(const Outbox *outbox, size_t more_bytes);

/* Who is there: batches of a worker that left go to another one at once. */
void outbox_topology(Outbox *outbox, const Walferry__Control__Topology *topology);

/* Reads what came, sends what may be sent. */
NODISCARD bool outbox_work(Outbox *outbox, int64_t now_ms, Error *err);
WaitItem outbox_wait_item(Outbox *outbox);
/* Until something is to be sent again; -1: nothing is. */
int outbox_timeout_ms(const Outbox *outbox, int64_t now_ms);

/* A batch more would have to wait for credit. */
bool outbox_waiting(const Outbox *outbox);
/* All that was added is taken; is durable. */
bool outbox_all_taken(const Outbox *outbox);
bool outbox_all_durable(const Outbox *outbox);
/* The loader has committed the chunk. */
bool outbox_chunk_done(const Outbox *outbox);
/* A loader attached at a place that is not held any more: only a new epoch helps. */
bool outbox_gone(const Outbox *outbox);

OutboxCounters outbox_counters(const Outbox *outbox);
