#include "supervisor/task_internal.h"

#include "common/failpoint.h"
#include "common/names.h"
#include "supervisor/console.h"

#include <stdio.h>
#include <string.h>

enum {
    DRAIN_MS = 10000,
    SETTLE_MS = 250, /* loaders report every 100 ms */
};

const char *task_name(const Task *task)
{
    return task->name;
}

bool task_is_over(const Task *task)
{
    return task->gone || (task->failed && task->halt == HALT_DONE);
}

bool task_has_failed(const Task *task)
{
    return task->failed;
}

bool task_is_gone(const Task *task)
{
    return task->gone;
}

bool task_stored(Task *task, bool ok, const Error *err)
{
    return host_stored(task->host, ok, err);
}

void task_send(Task *task, const Place *place, const ControlMessage *message)
{
    control_socket_send(task->host->control, place->identity, message);
}

void task_reply(Task *task, const char *json, const Error *err)
{
    Walferry__Control__Reply reply = WALFERRY__CONTROL__REPLY__INIT;
    char line[sizeof(Error) + 128] = "";

    if (task->asker[0] == '\0')
        return;
    if (err)
        error_format(err, line, sizeof line);
    reply.exit_status = err ? 1 : 0;
    reply.json = (char *)(uintptr_t)(json ? json : "");
    reply.error = line;
    control_socket_send(task->host->control, task->asker, &CONTROL_MESSAGE(REPLY, reply, &reply));
    task->asker[0] = '\0';
}

/* ---- bringing the stages down ---- */

static void halt_at(Task *task, Halt halt, int64_t now_ms)
{
    task->halt = halt;
    task->halt_ms = now_ms;
}

static void begin_halt(Task *task, Goal goal, bool drain, int64_t now_ms)
{
    Place *capture = task_place(task, ROLE(CAPTURE), 0);
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    task->goal = goal;
    task->job = JOB(NONE);
    task->releasing = false;
    task->stream.drained = false;
    if (!drain || !task->stream.granted || !place_is_running(capture)) {
        halt_at(task, HALT_SETTLE, now_ms - SETTLE_MS);
        return;
    }
    stop.drain = true;
    task_send(task, capture, &CONTROL_MESSAGE(STOP, stop, &stop));
    halt_at(task, HALT_DRAIN, now_ms);
}

static void tell_what_is_kept(const Task *task)
{
    char lsn[LSN_TEXT_MAX], slot[OBJECT_NAME_MAX];

    if (task->slot_lsn == 0) {
        console_say(task->name, "stopped in phase %s; nothing is kept at the source",
                    phase_name(task->phase));
        return;
    }
    lsn_format(positions_least(&task->stream.positions).resume_lsn, lsn);
    if (phase_wants(task->phase, ROLE(CAPTURE)))
        console_say(task->name, "stopped; all changes up to %s are durable at the destination",
                    lsn);
    else
        console_say(task->name,
                    "stopped in phase %s; %zu of %zu tables are copied, others start "
                    "again",
                    phase_name(task->phase), task->copy.tables_copied, task->copy.tables);
    console_say(task->name,
                "slot %s keeps the source's write-ahead log from %s on, until the task runs again "
                "or `walferry release %s`",
                names_slot(task->name, slot), lsn, task->name);
}

static void reply_with_state(Task *task)
{
    char json[128];

    snprintf(json, sizeof json, "{\"name\":\"%s\",\"state\":\"%s\"}", task->name, task_state(task));
    task_reply(task, json, NULL);
}

static void reach_goal(Task *task)
{
    Error err = {0};

    switch (task->goal) {
    case GOAL_PAUSE:
        task->paused = true;
        if (task_stored(task, store_set_state(task->host->store, task->name, "paused", NULL, &err),
                        &err))
            reply_with_state(task);
        console_say(task->name, "paused");
        break;
    case GOAL_END:
        tell_what_is_kept(task);
        task->gone = true;
        break;
    case GOAL_FAIL:
        break;
    case GOAL_RELEASE:
        task_drop_snapshot(task);
        task->releasing = true;
        task_start_job(task, JOB(RELEASE));
        break;
    case GOAL_RUN:
        break;
    }
}

static void tick_halt(Task *task, int64_t now_ms)
{
    int64_t since = now_ms - task->halt_ms;

    switch (task->halt) {
    case HALT_DRAIN:
        if (task->stream.drained || !task->stream.granted || since >= DRAIN_MS)
            halt_at(task, HALT_SETTLE, now_ms);
        break;
    case HALT_SETTLE:
        if (since < SETTLE_MS)
            break;
        task_save_positions(task, true, now_ms);
        halt_at(task, HALT_STAGES, now_ms);
        break;
    case HALT_STAGES:
        if (!task_is_empty(task))
            break;
        halt_at(task, HALT_DONE, now_ms);
        reach_goal(task);
        break;
    case HALT_NONE:
    case HALT_DONE:
        break;
    }
}

/* A task that is ending anyway has nothing more to complain about. */
void task_fail(Task *task, const Error *err, int64_t now_ms)
{
    Error ignored = {0};

    if (task->goal == GOAL_FAIL || task->goal == GOAL_END || task->gone)
        return;
    task->error = *err;
    task->failed = true;
    (void)task_stored(task, store_set_state(task->host->store, task->name, "failed", err, &ignored),
                      &ignored);
    console_error(task->name, err);
    task_drop_snapshot(task);
    task_reply(task, NULL, err);
    begin_halt(task, GOAL_FAIL, false, now_ms);
}

/* ---- commands ---- */

static void note_asker(Task *task, const char *peer)
{
    snprintf(task->asker, sizeof task->asker, "%s", peer ? peer : "");
}

static void refuse(Task *task, const char *peer, const char *what)
{
    Error err;

    error_set(&err, ERROR_CONFIG, "task %s %s", task->name, what);
    note_asker(task, peer);
    task_reply(task, NULL, &err);
}

void task_pause(Task *task, const char *peer, int64_t now_ms)
{
    if (task->goal == GOAL_RUN) {
        note_asker(task, peer);
        begin_halt(task, GOAL_PAUSE, true, now_ms);
    } else if (task->paused) {
        note_asker(task, peer);
        reply_with_state(task);
    } else {
        refuse(task, peer, "is not running");
    }
}

/* The snapshot that a paused copy holds is still there: its chunks go on. */
void task_resume(Task *task, const char *peer)
{
    Error err = {0};

    if (!task->paused && task->goal != GOAL_RUN) {
        refuse(task, peer, "is on its way to another state; try again");
        return;
    }
    if (task->paused &&
        !task_stored(task, store_set_state(task->host->store, task->name, "running", NULL, &err),
                     &err))
        return;
    if (task->paused)
        task->phase_begun = false;
    task->paused = false;
    task->goal = GOAL_RUN;
    task->halt = HALT_NONE;
    note_asker(task, peer);
    reply_with_state(task);
}

void task_release(Task *task, const char *peer, int64_t now_ms)
{
    Error err = {0};

    if (task->goal == GOAL_RELEASE || task->goal == GOAL_END) {
        refuse(task, peer, "is being released or ended already");
        return;
    }
    note_asker(task, peer);
    task->failed = task->paused = false;
    task->error = (Error){0};
    if (task_stored(task, store_set_state(task->host->store, task->name, "releasing", NULL, &err),
                    &err))
        begin_halt(task, GOAL_RELEASE, false, now_ms);
}

void task_end(Task *task, bool at_once, int64_t now_ms)
{
    if (task->goal == GOAL_END && !at_once)
        return;
    if (task->halt == HALT_DONE && !task->releasing) {
        task->gone = true;
        return;
    }
    begin_halt(task, GOAL_END, !at_once, now_ms);
}

/*
 * Paused or failed: a resumed task is opened anew from its file, so that what was mended there
 * counts. Only a snapshot that is still held is worth going on with as it is.
 */
bool task_wants_to_be_opened_anew(const Task *task)
{
    return task->halt == HALT_DONE && !task->holder && (task->failed || task->paused);
}

const char *task_path(const Task *task)
{
    return task->path;
}

/* ---- messages and time ---- */

static void hear_ready(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    task_hear_ready(task, place, message->ready, now_ms);
}

static void hear_heartbeat(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)task;
    (void)now_ms;
    place_note_counters(place, message->heartbeat);
}

static void hear_epoch_request(Task *task, Place *place, const ControlMessage *message,
                               int64_t now_ms)
{
    (void)message;
    task_hear_epoch_request(task, place, now_ms);
}

static void hear_progress(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)now_ms;
    task_hear_progress(task, place, message->progress);
}

static void hear_idle(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)now_ms;
    if (place->role == ROLE(CAPTURE))
        task_hear_idle(task, message->idle_position);
}

static void hear_chunk_result(Task *task, Place *place, const ControlMessage *message,
                              int64_t now_ms)
{
    task_hear_chunk_result(task, place, message->chunk_result, now_ms);
}

static void hear_intent_write(Task *task, Place *place, const ControlMessage *message,
                              int64_t now_ms)
{
    task_hear_intent_write(task, place, message->intent_write, now_ms);
}

static void hear_job_result(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    task_hear_job_result(task, place, message->job_result, now_ms);
}

static void hear_job_notice(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)place;
    task_hear_job_notice(task, message->job_notice, now_ms);
}

static void hear_fault(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)task;
    place_fault(place, message->fault, now_ms);
}

static void hear_drained(Task *task, Place *place, const ControlMessage *message, int64_t now_ms)
{
    (void)message;
    (void)now_ms;
    if (place->role == ROLE(CAPTURE))
        task->stream.drained = true;
}

typedef void Hear(Task *task, Place *place, const ControlMessage *message, int64_t now_ms);

#define CASE(name) WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_##name

/* What a stage may say; anything else from one is passed over. */
static Hear *const HEARS[] = {
    [CASE(READY)] = hear_ready,
    [CASE(HEARTBEAT)] = hear_heartbeat,
    [CASE(EPOCH_REQUEST)] = hear_epoch_request,
    [CASE(PROGRESS)] = hear_progress,
    [CASE(IDLE_POSITION)] = hear_idle,
    [CASE(CHUNK_RESULT)] = hear_chunk_result,
    [CASE(INTENT_WRITE)] = hear_intent_write,
    [CASE(JOB_RESULT)] = hear_job_result,
    [CASE(JOB_NOTICE)] = hear_job_notice,
    [CASE(FAULT)] = hear_fault,
    [CASE(DRAINED)] = hear_drained,
};

bool task_hear(Task *task, const char *peer, const ControlMessage *message, int64_t now_ms)
{
    Place *place = task_place_of(task, peer);
    size_t what = (size_t)message->message_case;

    if (!place)
        return false;
    place_heard(place, now_ms);
    if (what < COUNT_OF(HEARS) && HEARS[what])
        HEARS[what](task, place, message, now_ms);
    return true;
}

/* A task that is held asks its source nothing. */
static bool is_probing(const Task *task)
{
    return !task->gone && task->phase > PHASE_CHECK && task->halt != HALT_DONE;
}

bool task_tick(Task *task, int64_t now_ms)
{
    Phase phase = task->phase;
    Walferry__Control__JobKind job = task->job;

    if (task->gone)
        return false;
    task_tick_places(task, now_ms);
    tick_halt(task, now_ms);
    task_tick_phase(task, now_ms);
    if (is_probing(task))
        source_probe_step(task->probe, now_ms);
    if (task->halt < HALT_STAGES)
        task_save_positions(task, false, now_ms);
    if (task->topology_changed)
        task_send_topology(task);
    return task->phase != phase || task->job != job;
}

size_t task_wait_items(const Task *task, WaitItem *items)
{
    size_t count = 0;

    if (task->holder)
        items[count++] = snapshot_holder_wait(task->holder);
    /* Only while it is served: a connection that is lost would wake us for ever. */
    if (is_probing(task) && source_probe_wait(task->probe, &items[count]))
        count++;
    return count;
}
