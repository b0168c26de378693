#include "supervisor/task_internal.h"

#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"
#include "supervisor/console.h"
#include "supervisor/plan.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTICE_EVERY_MS = 5000, NEWER_SNAPSHOT_MS = 500 };

/* The store has the phase already, in the transaction of what led to it. */
static void entered(Task *task, Phase phase)
{
    task->phase = phase;
    task->phase_begun = false;
    task->waiting_for[0] = '\0';
    (void)FAILPOINT("supervisor.phase_changed");
    console_say(task->name, "phase %s", phase_name(phase));
}

void task_enter(Task *task, Phase phase, int64_t now_ms)
{
    Error err = {0};

    (void)now_ms;
    if (task_stored(task, store_set_phase(task->host->store, task->name, phase_name(phase), &err),
                    &err))
        entered(task, phase);
}

/* ---- snapshot ---- */

void task_drop_snapshot(Task *task)
{
    snapshot_holder_close(&task->holder);
    task->snapshot_ready = false;
    task->holder_failing = false;
    retry_progress(&task->holder_retry);
}

/*
 * What dead copies and loaders had begun under the old snapshot must not become visible after the
 * tables were emptied: the loaders' successors take over first, which ends it.
 */
void task_lose_snapshot(Task *task, const Error *err, int64_t now_ms)
{
    Phase next = phase_after(task->phase, PHASE_SNAPSHOT_LOST);
    char line[sizeof(Error) + 128];

    error_format(err, line, sizeof line);
    console_say(task->name, "the snapshot cannot be used any more: %s", line);
    task_drop_snapshot(task);
    for (size_t i = 0; i < task->place_count; i++)
        task_take_back_chunk(task, &task->places[i]);
    task->job = JOB(NONE);
    task->fresh_loaders = next == PHASE_RESTART;
    task_enter(task, next, now_ms);
}

static void holder_failed(Task *task, const Error *err, int64_t now_ms)
{
    RetryVerdict verdict = retry_failed(&task->holder_retry, err->kind, now_ms, &task->limits);

    snapshot_holder_close(&task->holder);
    if (!error_may_pass(err->kind) || verdict.give_up) {
        task_fail(task, err, now_ms);
        return;
    }
    task->holder_failing = true;
    task->holder_error = *err;
    task->holder_due_ms = now_ms + verdict.pause_ms;
}

static void step_holder(Task *task, int64_t now_ms)
{
    Error err = {0};

    switch (snapshot_holder_step(task->holder, now_ms, &err)) {
    case HOLDER_NOTHING:
        return;
    case HOLDER_READY:
        task->snapshot_ready = true;
        task->holder_failing = false;
        retry_progress(&task->holder_retry);
        (void)FAILPOINT("supervisor.snapshot_taken");
        return;
    case HOLDER_LOST:
        if (task->snapshot_ready)
            task_lose_snapshot(task, &err, now_ms);
        else
            holder_failed(task, &err, now_ms);
    }
}

static void take_snapshot(Task *task, int64_t now_ms)
{
    Error err = {0};

    if (task->snapshot_ready)
        task_enter(task, phase_after(task->phase, PHASE_DONE), now_ms);
    else if (!task->holder && now_ms >= task->holder_due_ms &&
             !snapshot_holder_open(&task->holder, &task->source, task->name, now_ms, &err))
        holder_failed(task, &err, now_ms);
}

/* ---- jobs ---- */

void task_start_job(Task *task, Walferry__Control__JobKind job)
{
    task->job = job;
    task->notice_ms = 0;
    task->copy.indexing_early = false;
}

void task_hear_job_notice(Task *task, const Walferry__Control__JobNotice *notice, int64_t now_ms)
{
    snprintf(task->waiting_for, sizeof task->waiting_for, "%s",
             notice->total == 0 ? notice->text : ""); /* what can be counted goes on */
    if (task->notice_ms && now_ms - task->notice_ms < NOTICE_EVERY_MS)
        return;
    task->notice_ms = now_ms;
    if (notice->total > 0)
        console_say(task->name, "%s (%" PRIu64 " of %" PRIu64 ")", notice->text, notice->done,
                    notice->total);
    else
        console_say(task->name, "%s", notice->text);
}

static void note_warning(Task *task, const Walferry__Control__CheckItem *item)
{
    if (task->warning_count < WARNINGS_MAX)
        task->warnings[task->warning_count++] =
            mem_printf("%s %s: %s", item->id, item->object, item->what);
}

static void forget_warnings(Task *task)
{
    while (task->warning_count > 0)
        free(task->warnings[--task->warning_count]);
}

static void say_item(const Task *task, const Walferry__Control__CheckItem *item)
{
    bool to_do = item->to_do[0] != '\0';

    console_say(task->name, "%s  %s  %s  %s%s%s", item->level, item->id, item->object, item->what,
                to_do ? " → " : "", item->to_do);
}

static bool check_failed(const Walferry__Control__CheckItem *item, size_t failures, Error *err)
{
    error_set(err, ERROR_CONFIG, "the check found %zu problem%s, first %s: %s", failures,
              failures == 1 ? "" : "s", item->id, item->what);
    error_object(err, "%s", item->object);
    return error_hint(err, "%s", item->to_do);
}

/* What is fine is not said; `walferry check` does. */
static void check_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    const Walferry__Control__CheckItem *first = NULL;
    size_t failures = 0;
    Error err;

    forget_warnings(task);
    for (size_t i = 0; i < result->n_items; i++) {
        const Walferry__Control__CheckItem *item = result->items[i];
        bool fails = strcmp(item->level, "FAIL") == 0;

        if (strcmp(item->level, "ok") == 0)
            continue;
        say_item(task, item);
        failures += fails;
        if (fails && !first)
            first = item;
        if (!fails)
            note_warning(task, item);
    }
    if (first) {
        check_failed(first, failures, &err);
        task_fail(task, &err, now_ms);
    } else {
        task_enter(task, PHASE_PREPARE, now_ms);
    }
}

static void prepare_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    const StoreSource source = {
        .system_identifier = result->system_identifier,
        .timeline = result->timeline,
        .slot_lsn = result->slot_lsn,
        .next_record_id = task_first_record_id(task),
    };
    Positions *positions = &task->stream.positions;
    Error err = {0};

    (void)now_ms;
    if (!task_stored(task,
                     store_set_source(task->host->store, task->name, &source,
                                      phase_name(PHASE_SNAPSHOT), &err) &&
                         store_lanes(task->host->store, task->name, positions->lanes,
                                     &positions->count, &err),
                     &err))
        return;
    (void)FAILPOINT("supervisor.slot_stored");
    snprintf(task->system_identifier, sizeof task->system_identifier, "%s",
             source.system_identifier);
    task->timeline = source.timeline;
    task->slot_lsn = source.slot_lsn;
    task->stream.confirmed = source.slot_lsn;
    entered(task, PHASE_SNAPSHOT);
}

static void plan_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    CLEANUP(arena_done) Arena arena = {0};
    StorePlan plan;
    Error err = {0};

    if (!result->model) {
        error_set(&err, ERROR_TRANSIENT, "%s", result->newer_snapshot);
        task_lose_snapshot(task, &err, now_ms);
        task->holder_due_ms = now_ms + NEWER_SNAPSHOT_MS;
        return;
    }
    if (!task->holder)
        return;
    plan_make(task->model, result->model, snapshot_holder_snapshot(task->holder), &arena, &plan);
    if (!task_stored(
            task,
            store_set_plan(task->host->store, task->name, &plan, phase_name(PHASE_COPY), &err),
            &err))
        return;
    (void)FAILPOINT("supervisor.plan_stored");
    if (plan.snapshot_lsn > task->snapshot_lsn)
        task->snapshot_lsn = plan.snapshot_lsn;
    task->fresh_loaders = task_loads_by_http(task); /* they are told of the tables at their start */
    if (task_stored(task, task_load_model(task, &err) && task_load_copy(task, &err), &err))
        entered(task, PHASE_COPY);
}

static void restart_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    Error err = {0};

    (void)result;
    (void)now_ms;
    if (task_stored(
            task,
            store_restart_copy(task->host->store, task->name, phase_name(PHASE_SNAPSHOT), &err) &&
                task_load_copy(task, &err),
            &err))
        entered(task, PHASE_SNAPSHOT);
}

static void indexes_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    Error err = {0};

    (void)result;
    (void)now_ms;
    if (task->copy.indexing_early) {
        task->phase_begun = false; /* in the index phase the job for all begins now */
        return;
    }
    if (task_stored(
            task, store_set_indexed(task->host->store, task->name, phase_name(PHASE_STREAM), &err),
            &err))
        entered(task, PHASE_STREAM);
}

static void keys_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    Error err = {0};

    (void)result;
    (void)now_ms;
    if (!task_stored(
            task, store_set_consistent(task->host->store, task->name, phase_name(PHASE_LIVE), &err),
            &err))
        return;
    task->consistent = true;
    entered(task, PHASE_LIVE);
    console_say(task->name, "consistent: the destination is a state of the source, and follows it");
}

static void release_done(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms)
{
    json_t *leftovers = json_array();
    Error err = {0};

    (void)now_ms;
    for (size_t i = 0; i < result->n_leftovers; i++)
        json_array_append_new(leftovers, json_string(result->leftovers[i]));
    json_t *answer = json_pack("{s:s, s:o}", "name", task->name, "leftovers", leftovers);
    char *json = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (task_stored(task, store_forget_task(task->host->store, task->name, &err), &err)) {
        console_say(task->name, "released");
        task_reply(task, json, NULL);
        task->gone = true;
    }
    free(json);
}

typedef void JobDone(Task *task, const Walferry__Control__JobResult *result, int64_t now_ms);

void task_hear_job_result(Task *task, Place *place, const Walferry__Control__JobResult *result,
                          int64_t now_ms)
{
    static JobDone *const DONE[] = {
        [JOB(NONE)] = NULL,
        [JOB(PREPARE)] = prepare_done,
        [JOB(PLAN)] = plan_done,
        [JOB(INDEXES)] = indexes_done,
        [JOB(FOREIGN_KEYS)] = keys_done,
        [JOB(RESTART_TABLES)] = restart_done,
        [JOB(RELEASE)] = release_done,
        [JOB(CHECK)] = check_done,
    };

    if (place->role != ROLE(SCHEMA) || task->job == JOB(NONE) || result->kind != task->job)
        return;
    task->job = JOB(NONE);
    place_made_progress(place);
    place_want(place, task->host, false, now_ms); /* its end is no failure */
    DONE[result->kind](task, result, now_ms);
}

/* ---- from phase to phase ---- */

static bool stream_has_passed_snapshot(const Task *task)
{
    return positions_least(&task->stream.positions).resume_lsn >= task->snapshot_lsn;
}

static void copy_done(Task *task, int64_t now_ms)
{
    task_drop_snapshot(task); /* before indexes are built: it keeps vacuum from its work */
    console_say(task->name, "copied %zu tables, %" PRIu64 " rows", task->copy.tables,
                task->copy.rows);
    task_enter(task, PHASE_INDEX, now_ms);
}

static void work_on_phase(Task *task, int64_t now_ms)
{
    switch (task->phase) {
    case PHASE_SNAPSHOT:
        take_snapshot(task, now_ms);
        break;
    case PHASE_COPY:
        task_tick_copy(task, now_ms);
        if (task_copy_is_done(task))
            copy_done(task, now_ms);
        break;
    case PHASE_STREAM:
        if (stream_has_passed_snapshot(task))
            task_enter(task, PHASE_KEYS, now_ms);
        break;
    case PHASE_CHECK:
    case PHASE_PREPARE:
    case PHASE_PLAN:
    case PHASE_RESTART:
    case PHASE_INDEX:
    case PHASE_KEYS:
    case PHASE_LIVE:
    case PHASE_COUNT:
        break;
    }
}

void task_tick_phase(Task *task, int64_t now_ms)
{
    if (task->holder)
        step_holder(task, now_ms);
    if (task->halt != HALT_NONE || task->fresh_loaders)
        return;
    if (phase_waits_for_loaders(task->phase) && !task_loaders_are_ready(task))
        return;
    if (!task->phase_begun && phase_job(task->phase) != JOB(NONE) && task->job == JOB(NONE))
        task_start_job(task, phase_job(task->phase));
    task->phase_begun = true;
    work_on_phase(task, now_ms);
}
