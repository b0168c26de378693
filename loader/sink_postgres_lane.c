/*
 * The PostgreSQL sink as the loader sees it: batches are folded, applied and committed as group.h
 * says.
 */
#include "loader/sink_postgres.h"

#include "common/clock.h"
#include "common/failpoint.h"

static void drop_piece(SinkPostgres *sink)
{
    fold_reset(sink->fold);
    arena_reset(&sink->piece);
}

/* What is folded, into the open transaction. The batches stay: one may be in the middle of. */
static bool apply_fold(SinkPostgres *sink, Error *err)
{
    uint64_t changes = fold_changes(sink->fold);

    if (changes > 0) {
        fold_finish(sink->fold);
        if (!sink_postgres_apply(sink, sink->fold, err))
            return false;
        sink->changes_applied += changes;
    }
    fold_reset(sink->fold);
    return true;
}

static bool apply_piece(SinkPostgres *sink, Error *err)
{
    if (!apply_fold(sink, err))
        return false;
    drop_piece(sink);
    group_applied(&sink->group);
    (void)FAILPOINT("loader.part_applied");
    return true;
}

static bool commit_group(SinkPostgres *sink, Error *err)
{
    bool durable = group_must_be_durable(&sink->group, clock_ms());

    if (!apply_piece(sink, err) || !sink_postgres_commit(sink, &sink->group.reached, durable, err))
        return false;
    group_committed(&sink->group, durable, clock_ms());
    sink->groups++;
    return true;
}

static bool truncate(SinkPostgres *sink, const Batch *batch, const Change *change, Error *err)
{
    if (!apply_fold(sink, err) || !sink_postgres_truncate(sink, batch, change, err))
        return false;
    sink->changes_applied++;
    return true;
}

/* The changes of a batch from `first` on, in their order: TRUNCATE at its place between folds. */
static bool gather_changes(SinkPostgres *sink, const Batch *batch, uint32_t first, Error *err)
{
    uint32_t count = batch->header.change_count;

    for (uint32_t at = first; at < count;) {
        if (batch->changes[at].kind == CHANGE_TRUNCATE) {
            if (!truncate(sink, batch, &batch->changes[at++], err))
                return false;
            continue;
        }
        uint32_t end = at;
        while (end < count && batch->changes[end].kind != CHANGE_TRUNCATE)
            end++;
        uint32_t wanted = end;
        bool same_shape = fold_add(sink->fold, batch, at, &end);
        if (!same_shape && !apply_fold(sink, err))
            return false;
        at = same_shape ? wanted : end;
    }
    return true;
}

static bool lane_take(Sink *self, const Batch *batch, uint32_t first, size_t bytes, Error *err)
{
    SinkPostgres *sink = (SinkPostgres *)self;

    group_admit(&sink->group, &batch->header);
    if (!gather_changes(sink, batch, first, err))
        return false;
    group_gathered(&sink->group, batch->header.change_count - first, bytes,
                   fold_table_count(sink->fold), fold_only_inserts(sink->fold), clock_ms());
    if (fold_changes(sink->fold) == 0)
        drop_piece(sink); /* nothing borrows from it: positions alone must not gather memory */
    return true;
}

/* What was taken and is not committed goes with the transaction, which a takeover rolls back. */
static bool lane_take_over(Sink *self, uint64_t epoch, LaneProgress *out, bool *done, Error *err)
{
    SinkPostgres *sink = (SinkPostgres *)self;
    int pids[SINK_ITEMS_MAX];
    size_t count = sink->chunks ? chunk_loads_pids(sink->chunks, pids, COUNT_OF(pids)) : 0;

    drop_piece(sink);
    if (!sink_postgres_take_over(sink, epoch, pids, count, out, err))
        return error_wrap(err, "take over lane %u", sink->target.lane);
    if (sink->chunks)
        chunk_loads_generation(sink->chunks, sink->generation);
    group_start(&sink->group, *out, sink->target.lanes > 1);
    *done = true;
    return true;
}

static void lane_resume(Sink *self, uint64_t next)
{
    group_resume(&((SinkPostgres *)self)->group, next);
}

/* Always: what it is asked to take is applied, and waited for, before it is asked again. */
static bool lane_has_room(const Sink *self)
{
    (void)self;
    return true;
}

static Arena *lane_arena(Sink *self)
{
    return &((SinkPostgres *)self)->piece;
}

static bool lane_step(Sink *self, bool waiting, bool *busy, Error *err)
{
    SinkPostgres *sink = (SinkPostgres *)self;
    GroupStep step = group_step(&sink->group, waiting, clock_ms());

    *busy = step != GROUP_GATHER;
    if (step == GROUP_COMMIT)
        return commit_group(sink, err);
    return step != GROUP_APPLY || apply_piece(sink, err);
}

/* It waits inside of a step. */
static size_t lane_wait_items(const Sink *self, WaitItem *items, size_t most)
{
    (void)self, (void)items, (void)most;
    return 0;
}

static int lane_timeout_ms(const Sink *self, int64_t now_ms)
{
    return group_timeout_ms(&((const SinkPostgres *)self)->group, now_ms);
}

static SinkDurable lane_durable(const Sink *self)
{
    const Group *group = &((const SinkPostgres *)self)->group;

    return (SinkDurable){.progress = group->durable, .sequence = group->durable_sequence};
}

static void lane_hear(Sink *self, const ControlMessage *message)
{
    (void)self, (void)message;
}

static void lane_count(const Sink *self, Stage *stage)
{
    const SinkPostgres *sink = (const SinkPostgres *)self;

    stage_counter(stage, "groups", (int64_t)sink->groups);
    stage_counter(stage, "changes_applied", (int64_t)sink->changes_applied);
    stage_counter(stage, "rows_set", (int64_t)sink->counters.rows_set);
    stage_counter(stage, "rows_serial", (int64_t)sink->counters.rows_serial);
    stage_counter(stage, "fallbacks", (int64_t)sink->counters.fallbacks);
    stage_counter(stage, "rows_missing", (int64_t)sink->counters.rows_missing);
    stage_counter(stage, "rows_replaced", (int64_t)sink->counters.rows_replaced);
    stage_counter(stage, "last_commit_time_us", sink->group.committed.commit_time_us);
}

static void lane_close(Sink *self)
{
    sink_postgres_free((SinkPostgres *)self);
}

const SinkVerbs SINK_POSTGRES_VERBS = {
    .take_over = lane_take_over,
    .resume = lane_resume,
    .has_room = lane_has_room,
    .arena = lane_arena,
    .take = lane_take,
    .step = lane_step,
    .wait_items = lane_wait_items,
    .timeout_ms = lane_timeout_ms,
    .durable = lane_durable,
    .hear = lane_hear,
    .count = lane_count,
    .close = lane_close,
};
