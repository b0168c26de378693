#include "supervisor/task_internal.h"

#include "common/failpoint.h"

enum {
    SAVE_EVERY_MS = 200,
    SAVE_COUNTERS_EVERY_MS = 5000,
};

static Place *capture_of(Task *task)
{
    return task_place(task, ROLE(CAPTURE), 0);
}

static void send_new_epoch(Task *task)
{
    Walferry__Control__NewEpoch message = WALFERRY__CONTROL__NEW_EPOCH__INIT;

    message.epoch = task->stream.epoch;
    for (uint32_t lane = 0; lane < task->lanes; lane++) {
        const Place *loader = task_place(task, ROLE(LOADER), lane);

        message.resume_lsn = task->stream.positions.lanes[lane].resume_lsn;
        if (place_is_running(loader))
            task_send(task, loader, &CONTROL_MESSAGE(NEW_EPOCH, new_epoch, &message));
    }
}

static bool lanes_are_in_epoch(Task *task)
{
    for (uint32_t lane = 0; lane < task->lanes; lane++) {
        const Place *loader = task_place(task, ROLE(LOADER), lane);

        if (!loader->ready || loader->ready_epoch != task->stream.epoch)
            return false;
    }
    return true;
}

/* Where the lanes are, which may be further than the store knew, is stored before it is used. */
static void grant_epoch(Task *task, int64_t now_ms)
{
    Walferry__Control__EpochGrant grant = WALFERRY__CONTROL__EPOCH_GRANT__INIT;
    Walferry__Change__Position position = WALFERRY__CHANGE__POSITION__INIT;
    StoreLane least = positions_least(&task->stream.positions);

    task_save_positions(task, true, now_ms);
    if (task->stream.unsaved)
        return;
    position.commit_lsn = least.position.commit_lsn;
    position.ordinal = least.position.ordinal;
    grant.epoch = task->stream.epoch;
    grant.resume_lsn = least.resume_lsn;
    grant.next_record_id = least.next_record_id;
    grant.position = &position;
    task->stream.requested = false;
    task->stream.granted = true;
    task->stream.confirmed = least.resume_lsn;
    place_is_at_work(capture_of(task));
    task_send(task, capture_of(task), &CONTROL_MESSAGE(EPOCH_GRANT, epoch_grant, &grant));
}

static void grant_if_all_are_there(Task *task, int64_t now_ms)
{
    if (task->stream.requested && lanes_are_in_epoch(task))
        grant_epoch(task, now_ms);
}

void task_hear_epoch_request(Task *task, Place *place, int64_t now_ms)
{
    Stream *stream = &task->stream;
    Error err = {0};

    if (place->role != ROLE(CAPTURE))
        return;
    if (!task_stored(task, store_raise_epoch(task->host->store, task->name, &stream->epoch, &err),
                     &err))
        return;
    (void)FAILPOINT("supervisor.epoch_stored");
    stream->requested = true;
    stream->granted = false;
    send_new_epoch(task);
    grant_if_all_are_there(task, now_ms);
}

static bool is_older(const StoreLane *at, const StoreLane *known, uint32_t lane, Error *err)
{
    char there[POSITION_TEXT_MAX], here[POSITION_TEXT_MAX];

    if (position_compare(at->position, known->position) >= 0)
        return false;
    error_set(err, ERROR_CONFIG,
              "the destination is older than what was applied to it: lane %u stands at %s there, "
              "and was at %s",
              lane, position_format(at->position, there), position_format(known->position, here));
    error_object(err, "destination");
    error_position(err, "%s", here);
    error_hint(err, "bring the destination back to its newest state, or release the task and copy "
                    "anew: what lies between cannot be had from the source any more");
    return true;
}

static StoreLane lane_of_ready(const Walferry__Control__Ready *ready)
{
    StoreLane lane = {.resume_lsn = ready->resume_lsn, .next_record_id = ready->next_record_id};

    if (ready->position)
        lane.position = (Position){ready->position->commit_lsn, ready->position->ordinal};
    return lane;
}

void task_lane_is_ready(Task *task, Place *place, const Walferry__Control__Ready *ready,
                        int64_t now_ms)
{
    Positions *positions = &task->stream.positions;
    StoreLane at = lane_of_ready(ready);
    Error err;

    if (is_older(&at, &positions->lanes[place->number], place->number, &err)) {
        task_fail(task, &err, now_ms);
        return;
    }
    task->stream.unsaved |= positions_report(positions, place->number, &at);
    place->ready_epoch = ready->epoch;
    place_is_at_work(place);
    grant_if_all_are_there(task, now_ms);
}

void task_hear_progress(Task *task, Place *place, const Walferry__Control__Progress *progress)
{
    const StoreLane at = {
        .position = {progress->position ? progress->position->commit_lsn : 0,
                     progress->position ? progress->position->ordinal : 0},
        .resume_lsn = progress->resume_lsn,
        .next_record_id = progress->next_record_id,
        .commit_time_us = progress->commit_time_us,
    };

    if (place->role != ROLE(LOADER) || progress->lane != place->number ||
        progress->epoch != task->stream.epoch)
        return;
    if (!positions_report(&task->stream.positions, place->number, &at))
        return;
    task->stream.unsaved = true;
    place_made_progress(place);
    place_made_progress(capture_of(task));
}

void task_hear_idle(Task *task, const Walferry__Control__IdlePosition *message)
{
    const StoreLane idle = {
        .resume_lsn = message->resume_lsn,
        .next_record_id = message->next_record_id,
        .commit_time_us = message->commit_time_us,
    };

    if (task->stream.granted && message->epoch == task->stream.epoch)
        task->stream.unsaved |= positions_idle(&task->stream.positions, &idle);
}

void task_capture_left(Task *task)
{
    task->stream.requested = false;
    task->stream.granted = false;
}

static void confirm(Task *task)
{
    Walferry__Control__Confirm message = WALFERRY__CONTROL__CONFIRM__INIT;
    Lsn lsn = positions_least(&task->stream.positions).resume_lsn;

    if (!task->stream.granted || lsn <= task->stream.confirmed)
        return;
    if (FAILPOINT("supervisor.before_confirm"))
        return;
    message.resume_lsn = lsn;
    task->stream.confirmed = lsn;
    task_send(task, capture_of(task), &CONTROL_MESSAGE(CONFIRM, confirm, &message));
    (void)FAILPOINT("supervisor.after_confirm");
}

static void save_counters(Task *task)
{
    StoreCounters now = task_counters(task);
    Error err = {0};

    if (memcmp(&now, &task->saved, sizeof now) == 0)
        return;
    if (task_stored(task, store_set_counters(task->host->store, task->name, &now, &err), &err))
        task->saved = now;
}

void task_save_positions(Task *task, bool at_once, int64_t now_ms)
{
    Stream *stream = &task->stream;
    const Positions *positions = &stream->positions;
    Error err = {0};

    if (at_once || now_ms - stream->counters_ms >= SAVE_COUNTERS_EVERY_MS) {
        stream->counters_ms = now_ms;
        save_counters(task);
    }
    if (!stream->unsaved || (!at_once && now_ms - stream->saved_ms < SAVE_EVERY_MS))
        return;
    if (!task_stored(task,
                     store_set_lanes(task->host->store, task->name, positions->lanes,
                                     positions->count, &err),
                     &err))
        return;
    stream->unsaved = false;
    stream->saved_ms = now_ms;
    (void)FAILPOINT("supervisor.progress_stored");
    confirm(task);
}
