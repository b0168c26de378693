#include "supervisor/task_internal.h"

#include "common/failpoint.h"
#include "supervisor/console.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    LEASE_MS = 5000,      /* of a grant: from our answer to the first byte of the request */
    DOUBT_MS = 60 * 1000, /* a load that is so old without an end is shown */
    RECORD_ID_SHIFT = 20,
};

bool task_loads_by_http(const Task *task)
{
    return task->file.destination.type == DESTINATION_SELECTDB;
}

uint64_t task_first_record_id(const Task *task)
{
    return (uint64_t)task->created_ms << RECORD_ID_SHIFT;
}

/* ---- what a new loader is told ---- */

static Walferry__Change__Position *position_message(Position at, Arena *arena)
{
    Walferry__Change__Position *position = ARENA_NEW(arena, Walferry__Change__Position);

    walferry__change__position__init(position);
    position->commit_lsn = at.commit_lsn;
    position->ordinal = at.ordinal;
    return position;
}

static void put_tables(Walferry__Control__LaneState *lane, const StoreTablePosition *tables,
                       size_t count, Arena *arena)
{
    lane->tables = ARENA_ARRAY(arena, Walferry__Control__TablePosition *, count + 1);
    lane->n_tables = count;
    for (size_t i = 0; i < count; i++) {
        lane->tables[i] = ARENA_NEW(arena, Walferry__Control__TablePosition);
        walferry__control__table_position__init(lane->tables[i]);
        lane->tables[i]->relation_oid = tables[i].oid;
        lane->tables[i]->position = position_message(tables[i].position, arena);
    }
}

static void put_intents(Walferry__Control__LaneState *lane, StoreIntent *intents, size_t count,
                        Arena *arena)
{
    lane->intents = ARENA_ARRAY(arena, Walferry__Control__Intent *, count + 1);
    lane->n_intents = count;
    for (size_t i = 0; i < count; i++)
        lane->intents[i] = &intents[i].intent;
}

static bool read_lane(Task *task, uint32_t number, Walferry__Control__LaneState *lane, Arena *arena,
                      Error *err)
{
    StoreTablePosition *tables;
    StoreIntent *intents;
    size_t table_count, intent_count;
    Store *store = task->host->store;

    if (!store_raise_generation(store, task->name, number, &lane->generation, err) ||
        !store_table_positions(store, task->name, number, arena, &tables, &table_count, err) ||
        !store_intents(store, task->name, number, arena, &intents, &intent_count, err))
        return false;
    (void)FAILPOINT("supervisor.load_generation");
    put_tables(lane, tables, table_count, arena);
    put_intents(lane, intents, intent_count, arena);
    return true;
}

Walferry__Control__LaneState *task_lane_state(Task *task, uint32_t number, Arena *arena)
{
    const StoreLane *known = &task->stream.positions.lanes[number];
    Walferry__Control__LaneState *lane = ARENA_NEW(arena, Walferry__Control__LaneState);
    Error err = {0};

    walferry__control__lane_state__init(lane);
    if (!task_stored(task, read_lane(task, number, lane, arena, &err), &err))
        return NULL;
    lane->position = position_message(known->position, arena);
    lane->next_record_id = known->next_record_id;
    lane->commit_time_us = known->commit_time_us;
    lane->first_record_id = task_first_record_id(task);
    lane->now_ms = clock_wall_us() / 1000;
    return lane;
}

/* ---- what a loader writes ---- */

static const Walferry__Model__ModelTable *table_of(const Task *task, uint32_t oid)
{
    for (size_t i = 0; task->model && i < task->model->n_tables; i++) {
        if (task->model->tables[i]->oid == oid)
            return task->model->tables[i];
    }
    return NULL;
}

static const Walferry__Control__Intent *cut_of(const Walferry__Control__IntentWrite *write)
{
    return write->cut ? write->cut : write->n_puts > 0 ? write->puts[0] : NULL;
}

static bool is_duplicate(const Task *task, const Walferry__Control__IntentWrite *write)
{
    const Walferry__Control__Intent *cut = cut_of(write);
    const Walferry__Model__ModelTable *table = cut ? table_of(task, cut->relation_oid) : NULL;

    return table && table->selectdb && !table->selectdb->unique;
}

/* A table that starts again is emptied: nothing of its copy may come after that. */
static bool copy_is_over(const Task *task, const Walferry__Control__IntentWrite *write)
{
    const Walferry__Control__Intent *cut = cut_of(write);

    return cut && cut->copy && task->phase != PHASE_COPY;
}

static void answer(Task *task, const Place *place, const Walferry__Control__IntentWrite *write,
                   StoreIntentAnswer *judged)
{
    Walferry__Control__IntentReply reply = WALFERRY__CONTROL__INTENT_REPLY__INIT;

    reply.number = write->number;
    reply.done = judged->ruling == INTENT_ALLOWED;
    reply.later = judged->ruling == INTENT_LATER;
    reply.chunk_is_done = judged->ruling == INTENT_CHUNK_DONE;
    reply.reason = judged->reason;
    reply.lease_ms = LEASE_MS;
    reply.copied_rows = judged->copied_rows;
    task_send(task, place, &CONTROL_MESSAGE(INTENT_REPLY, intent_reply, &reply));
}

static void cut_finished(Task *task, Place *place, const Walferry__Control__IntentWrite *write,
                         int64_t now_ms)
{
    (void)FAILPOINT("supervisor.load_finished");
    place_made_progress(place);
    if (!write->cut->copy)
        return;
    task_chunk_finished(task, write->cut->relation_oid, write->cut->chunk, write->copied_rows,
                        write->copied_bytes);
    task_tick_copy(task, now_ms);
}

static bool judge(Task *task, const Place *place, const Walferry__Control__IntentWrite *write,
                  StoreIntentAnswer *out)
{
    const StoreIntentWrite request = {.lane = place->number,
                                      .duplicate = is_duplicate(task, write),
                                      .now_ms = clock_wall_us() / 1000,
                                      .write = write};
    Error err = {0};

    if (copy_is_over(task, write)) {
        *out = (StoreIntentAnswer){.ruling = INTENT_LATER};
        return true;
    }
    return task_stored(
        task, store_write_intents(task->host->store, task->name, &request, out, &err), &err);
}

void task_hear_intent_write(Task *task, Place *place, const Walferry__Control__IntentWrite *write,
                            int64_t now_ms)
{
    StoreIntentAnswer judged;

    if (place->role != ROLE(LOADER))
        return;
    if (write->grant[0])
        (void)FAILPOINT("supervisor.load_before_grant");
    if (write->finishes)
        (void)FAILPOINT("supervisor.load_before_finish");
    if (!judge(task, place, write, &judged))
        return;
    if (judged.ruling == INTENT_ALLOWED && write->grant[0])
        (void)FAILPOINT("supervisor.load_granted");
    if (judged.ruling == INTENT_ALLOWED && write->finishes)
        cut_finished(task, place, write, now_ms);
    answer(task, place, write, &judged);
}

/* ---- what status shows ---- */

static const char *table_name(const Task *task, uint32_t oid, char *out, size_t size)
{
    const Walferry__Model__ModelTable *table = table_of(task, oid);

    if (table)
        snprintf(out, size, "%s.%s", table->schema, table->name);
    else
        snprintf(out, size, "with OID %" PRIu32, oid);
    return out;
}

/* The oldest load of each lane that has been sent and has no known end. */
size_t task_doubts(Task *task, char lines[][TASK_DOUBT_MAX], size_t most)
{
    CLEANUP(arena_done) Arena arena = {0};
    StoreIntent *intents;
    size_t count, said = 0;
    int64_t now = clock_wall_us() / 1000;
    char name[160];
    Error err = {0};

    if (!task_loads_by_http(task) ||
        !store_intents(task->host->store, task->name, -1, &arena, &intents, &count, &err))
        return 0;
    for (size_t i = 0; i < count && said < most; i++) {
        const Walferry__Control__Intent *intent = &intents[i].intent;
        int64_t since = intent->granted_ms;

        if (intent->state != WALFERRY__CONTROL__INTENT_STATE__INTENT_OPEN || since == 0 ||
            now - since < DOUBT_MS)
            continue;
        snprintf(lines[said++], TASK_DOUBT_MAX,
                 "label %s of table %s: in doubt for %" PRId64 " s whether it is loaded",
                 intent->label, table_name(task, intent->relation_oid, name, sizeof name),
                 (now - since) / 1000);
    }
    return said;
}
