/*
 * sink - a destination: takes a lane over, applies changes, and keeps rows and position together.
 *
 * The loader says what is to be applied and when it is committed; the sink decides how. Pieces are
 * applied into one open transaction, which begins by itself with the first of them. On an error the
 * sink is not used again: its process ends and the next one takes over. While it waits for the
 * destination it calls what pg_set_wait() was given; false with err->kind NONE means asked to stop.
 *
 * Kinds of errors: DATA (a change that can never be applied, with table, key and position), CONFIG
 * (a table that is not what it should be, a privilege), CONNECTION, TRANSIENT (fenced off by a
 * successor).
 */
#pragma once

#include "common/error.h"
#include "common/pg.h"
#include "loader/fold.h"
#include "loader/lane_progress.h"

typedef struct Sink Sink;

typedef struct SinkTarget {
    PgTarget pg;
    const char *task;
    const char *task_uuid;
    uint32_t lane;
    const char *application; /* how the destination calls our connections */
    PgWait *wait;
    void *wait_self;
} SinkTarget;

typedef struct SinkCounters {
    uint64_t rows_set;    /* changes that went in as sets */
    uint64_t rows_serial; /* one by one, in their order */
    uint64_t fallbacks;   /* pieces that a set statement refused */
    /* Of tables of which some operations are left out, about: a retried piece counts again. */
    uint64_t rows_missing;  /* changes whose row is not there */
    uint64_t rows_replaced; /* rows that another one took the key of */
} SinkCounters;

typedef struct SinkVerbs {
    bool (*take_over)(Sink *sink, uint64_t epoch, const int *own_pids, size_t pid_count,
                      LaneProgress *out, Error *err);
    bool (*apply)(Sink *sink, const Fold *fold, Error *err);
    bool (*truncate)(Sink *sink, const Batch *batch, const Change *change, Error *err);
    bool (*commit)(Sink *sink, const LaneProgress *progress, bool durable, Error *err);
    bool (*roll_back)(Sink *sink, Error *err);
    int64_t (*generation)(const Sink *sink);
    SinkCounters (*counters)(const Sink *sink);
    void (*close)(Sink *sink);
} SinkVerbs;

struct Sink {
    const SinkVerbs *verbs;
};

/* Borrows the target's texts. */
NODISCARD bool sink_postgres_open(Sink **out, const SinkTarget *target, Error *err);
/* False: it was not allowed to be (common/replica_role.h). */
bool sink_postgres_is_replica(const Sink *sink);
void sink_close(Sink **sink);

/*
 * Ends what predecessors left behind (but not own_pids) and takes the lane over, which is durable
 * when it returns, and with it all that they had committed.
 */
NODISCARD bool sink_take_over(Sink *sink, uint64_t epoch, const int *own_pids, size_t pid_count,
                              LaneProgress *out, Error *err);

/* A finished fold. */
NODISCARD bool sink_apply(Sink *sink, const Fold *fold, Error *err);
NODISCARD bool sink_truncate(Sink *sink, const Batch *batch, const Change *change, Error *err);

/* Writes the position and commits. durable: it, and all before it, when this returns. */
NODISCARD bool sink_commit(Sink *sink, const LaneProgress *progress, bool durable, Error *err);
NODISCARD bool sink_roll_back(Sink *sink, Error *err);

/* What fences: it is raised by each takeover. */
int64_t sink_generation(const Sink *sink);
SinkCounters sink_counters(const Sink *sink);
