#include "loader/sink_selectdb.h"

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/mem.h"

#include <stdlib.h>

static bool lane_take_over(Sink *self, uint64_t epoch, LaneProgress *out, bool *done, Error *err)
{
    SinkSelectdb *sink = (SinkSelectdb *)self;

    (void)epoch;
    if (!loads_settled(sink->loads))
        return loads_step(sink->loads, clock_ms(), err);
    if (FAILPOINT("selectdb.takeover"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (sink->started)
        sink->progress = sink->window.durable.progress;
    sink->started = true;
    selectdb_tables_restart(sink);
    lane_window_start(&sink->window, sink->progress);
    *out = sink->progress;
    *done = true;
    return true;
}

static void lane_resume(Sink *self, uint64_t next)
{
    lane_window_resume(&((SinkSelectdb *)self)->window, next);
}

static bool lane_has_room(const Sink *self)
{
    const SinkSelectdb *sink = (const SinkSelectdb *)self;

    return sink->window.bytes < RESERVOIR_HARD * sink->limits.bytes;
}

static Arena *lane_arena(Sink *self)
{
    return lane_window_arena(&((SinkSelectdb *)self)->window);
}

static Reservoir *largest(const SinkSelectdb *sink)
{
    Reservoir *found = NULL;

    for (Reservoir *table = sink->tables; table; table = table->hh.next) {
        if (table->filling && !table->has_open &&
            (!found || table->filling->level.memory > found->filling->level.memory))
            found = table;
    }
    return found;
}

/* What all of them hold together is too much: the largest goes, at last each of them. */
static bool relieve(SinkSelectdb *sink, Error *err)
{
    if (!lane_has_room(&sink->sink))
        return selectdb_seal_all(sink, err);
    if (sink->window.bytes < RESERVOIR_SOFT * sink->limits.bytes)
        return true;
    Reservoir *table = largest(sink);
    return !table || selectdb_seal(sink, table, err);
}

static bool lane_take(Sink *self, const Batch *made, uint32_t first, size_t bytes, Error *err)
{
    SinkSelectdb *sink = (SinkSelectdb *)self;
    LaneBatch *batch = lane_window_take(&sink->window, made);
    bool ok = true;

    (void)bytes;
    for (uint32_t i = first; ok && i < made->header.change_count; i++)
        ok = selectdb_add(sink, batch, &made->changes[i], err);
    bool flush = made->header.flush;
    lane_window_release(&sink->window, batch);
    if (!ok || !relieve(sink, err))
        return false;
    sink->flushes += flush;
    return !flush || selectdb_seal_all(sink, err);
}

static bool seal_what_is_due(SinkSelectdb *sink, Reservoir *table, int64_t now, Error *err)
{
    if (!table->filling || table->has_open ||
        !reservoir_is_due(&table->filling->level, &table->age, &sink->limits, now))
        return true;
    return selectdb_seal(sink, table, err);
}

static bool lane_step(Sink *self, bool waiting, bool *busy, Error *err)
{
    SinkSelectdb *sink = (SinkSelectdb *)self;
    int64_t now = clock_ms();

    (void)waiting;
    *busy = false;
    if (!loads_step(sink->loads, now, err))
        return false;
    for (Reservoir *table = sink->tables; table; table = table->hh.next) {
        if (!seal_what_is_due(sink, table, now, err) || !selectdb_items_step(sink, table, err))
            return false;
    }
    return true;
}

static size_t lane_wait_items(const Sink *self, WaitItem *items, size_t most)
{
    return loads_wait_items(((const SinkSelectdb *)self)->loads, items, most);
}

static int sooner(int a, int64_t b)
{
    return a < 0 || b < a ? (int)b : a;
}

static int lane_timeout_ms(const Sink *self, int64_t now_ms)
{
    const SinkSelectdb *sink = (const SinkSelectdb *)self;
    int due = loads_timeout_ms(sink->loads, now_ms);

    for (Reservoir *table = sink->tables; table; table = table->hh.next) {
        if (!table->filling || table->has_open)
            continue;
        int64_t left =
            table->filling->level.since_ms + reservoir_age_ms(&table->age, &sink->limits) - now_ms;
        due = sooner(due, left > 0 ? left : 0);
    }
    return due;
}

static SinkDurable lane_durable(const Sink *self)
{
    return ((const SinkSelectdb *)self)->window.durable;
}

static void lane_hear(Sink *self, const ControlMessage *message)
{
    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_INTENT_REPLY)
        loads_hear(((SinkSelectdb *)self)->loads, message->intent_reply);
}

static void lane_count(const Sink *self, Stage *stage)
{
    const SinkSelectdb *sink = (const SinkSelectdb *)self;
    LoadCounters loads = loads_counters(sink->loads, clock_ms());

    stage_counter(stage, "changes_applied", (int64_t)sink->changes_applied);
    stage_counter(stage, "last_commit_time_us", sink->window.durable.progress.commit_time_us);
    stage_counter(stage, "reservoir_bytes", (int64_t)sink->window.bytes);
    stage_counter(stage, "cuts", (int64_t)sink->cuts);
    stage_counter(stage, "flushes", (int64_t)sink->flushes);
    stage_counter(stage, "read_backs", (int64_t)sink->read_backs);
    stage_counter(stage, "truncates", (int64_t)sink->truncates);
    stage_counter(stage, "loads", (int64_t)loads.loads);
    stage_counter(stage, "loads_again", (int64_t)loads.again);
    stage_counter(stage, "loads_in_doubt", (int64_t)loads.doubts);
    stage_counter(stage, "loads_split", (int64_t)loads.splits);
    stage_counter(stage, "loads_under_way", (int64_t)loads.under_way);
    stage_counter(stage, "loads_settled", (int64_t)loads.settled);
    stage_counter(stage, "load_wait_ms", loads.oldest_ms);
    stage_counter(stage, "loaded_rows", (int64_t)loads.rows);
    stage_counter(stage, "loaded_bytes", (int64_t)loads.bytes);
    stage_counter(stage, "too_many_versions", (int64_t)loads.versions);
}

static void lane_close(Sink *self)
{
    SinkSelectdb *sink = (SinkSelectdb *)self;

    selectdb_tables_free(sink);
    loads_close(&sink->loads);
    selectdb_close(&sink->db);
    lane_window_done(&sink->window);
    arena_done(&sink->arena);
    free(sink);
}

static const SinkVerbs VERBS = {
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

static LaneProgress progress_of(const Walferry__Control__Assignment *assignment)
{
    const Walferry__Control__LaneState *lane = assignment->lane;
    LaneProgress progress = {.resume_lsn = assignment->resume_lsn};

    if (!lane)
        return progress;
    if (lane->position)
        progress.position = (Position){lane->position->commit_lsn, lane->position->ordinal};
    progress.next_record_id = lane->next_record_id;
    progress.commit_time_us = lane->commit_time_us;
    return progress;
}

Loads *sink_selectdb_loads(Sink *sink)
{
    return ((SinkSelectdb *)sink)->loads;
}

bool sink_selectdb_open(Sink **out, const SelectdbTarget *target, Error *err)
{
    const TaskDestination *destination = target->destination;
    SinkSelectdb *sink;
    Selectdb *db;

    if (!selectdb_open(&db, destination, err))
        return false;
    sink = MEM_NEW(SinkSelectdb);
    sink->sink.verbs = &VERBS;
    sink->target = *target;
    sink->db = db;
    sink->limits = (ReservoirLimits){
        .timeout_ms = destination->reservoir_timeout_ms,
        .bytes = (size_t)destination->reservoir_bytes,
        .rows = (uint64_t)destination->reservoir_rows,
    };
    sink->index = model_index_of(&sink->arena, target->assignment->model);
    sink->progress = progress_of(target->assignment);
    lane_window_start(&sink->window, sink->progress);
    sink->loads = loads_open(&(LoadsTarget){.stage = target->stage,
                                            .selectdb = db,
                                            .assignment = target->assignment,
                                            .timezone = destination->timezone});
    *out = &sink->sink;
    return true;
}
