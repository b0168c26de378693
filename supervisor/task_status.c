#include "supervisor/task_internal.h"

#include "supervisor/child.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_WAIT_MS = 3000 }; /* of a loader for an answer of the destination */

typedef struct CounterName {
    Walferry__Control__Role role;
    const char *name;
    size_t offset; /* in StoreCounters */
} CounterName;

/* Which counter of which role is summed up over all lives. */
static const CounterName SUMMED[] = {
    {ROLE(LOADER), "changes_applied", offsetof(StoreCounters, applied)},
    {ROLE(CAPTURE), "redelivered_batches", offsetof(StoreCounters, redelivered)},
    {ROLE(COPY), "redelivered_batches", offsetof(StoreCounters, redelivered)},
    {ROLE(LOADER), "duplicates_dropped", offsetof(StoreCounters, duplicates)},
    {ROLE(LOADER), "rows_missing", offsetof(StoreCounters, rows_missing)},
    {ROLE(LOADER), "rows_replaced", offsetof(StoreCounters, rows_replaced)},
};

static void add_counters(StoreCounters *sum, const Place *place)
{
    for (size_t i = 0; i < COUNT_OF(SUMMED); i++) {
        if (SUMMED[i].role == place->role)
            *(int64_t *)(void *)((char *)sum + SUMMED[i].offset) +=
                place_counter(place, SUMMED[i].name);
    }
}

StoreCounters task_counters(const Task *task)
{
    StoreCounters sum = task->past;

    for (size_t i = 0; i < task->place_count; i++)
        add_counters(&sum, &task->places[i]);
    return sum;
}

void task_count_past(Task *task, const Place *place)
{
    add_counters(&task->past, place);
}

static bool any_is_failing(const Task *task)
{
    for (size_t i = 0; i < task->place_count; i++) {
        if (task->places[i].failing)
            return true;
    }
    return task->holder_failing;
}

const char *task_state(const Task *task)
{
    if (task->failed || task->goal == GOAL_FAIL)
        return "failed";
    if (task->goal == GOAL_RELEASE)
        return "releasing";
    if (task->paused)
        return "paused";
    if (any_is_failing(task))
        return "retrying";
    return task->phase == PHASE_CHECK ? "checking" : "running";
}

static Error error_of_the_moment(const Task *task)
{
    if (task->error.kind != ERROR_NONE)
        return task->error;
    for (size_t i = 0; i < task->place_count; i++) {
        if (task->places[i].failing)
            return task->places[i].error;
    }
    return task->holder_failing ? task->holder_error : (Error){0};
}

static size_t show_stages(Task *task)
{
    size_t count = 0;

    for (size_t i = 0; i < task->place_count; i++) {
        const Place *place = &task->places[i];
        bool there = place->state == CHILD_STARTING || place->state == CHILD_RUNNING ||
                     place->state == CHILD_STOPPING;

        if (place_is_empty(place))
            continue;
        int64_t kilobytes = place_counter(place, "rss_kb");
        task->shown[count++] = (StatusStage){
            .role = place_role_name(place->role),
            .instance = place->number,
            .pid = there ? place->shown_pid : 0,
            .host = place->host,
            .state = child_state_name(place->state),
            .restarts = place->restarts,
            .rss = place->pid > 0  ? child_rss(place->pid)
                   : kilobytes > 0 ? kilobytes * 1024
                                   : -1,
        };
    }
    return count;
}

/* Now at the source, minus the commit time of the last transaction that every lane has applied. */
static int64_t latency_ms(const Task *task)
{
    int64_t committed = positions_least(&task->stream.positions).commit_time_us;
    int64_t now = clock_wall_us() + source_probe_clock_ahead_us(task->probe);

    if (committed == 0 || !phase_wants(task->phase, ROLE(CAPTURE)))
        return -1;
    return now > committed ? (now - committed) / 1000 : 0;
}

static int64_t eta_s(const Task *task)
{
    const Copy *copy = &task->copy;
    uint64_t copied = copy->bytes - copy->bytes_at_start;
    int64_t took_ms = clock_ms() - copy->started_ms;

    if (task->phase != PHASE_COPY || copied == 0 || copy->estimated_bytes <= copy->bytes)
        return task->phase == PHASE_COPY && copied > 0 ? 0 : -1;
    return (int64_t)((double)(copy->estimated_bytes - copy->bytes) / (double)copied *
                     (double)took_ms / 1000);
}

/* "capture 0, loader 1 to attach": it is the user who has to start them. */
static void say_who_is_missing(const Task *task, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < task->place_count; i++) {
        const Place *place = &task->places[i];

        if (!place_is_open(place, clock_ms()) || length >= size)
            continue;
        length += (size_t)snprintf(out + length, size - length, "%s%s %u", length ? ", " : "",
                                   place_role_name(place->role), place->number);
    }
    if (length > 0 && length < size)
        snprintf(out + length, size - length, " to attach");
}

static void show_source(Task *task)
{
    StatusSource *shown = &task->shown_source;

    *shown = *source_probe_known(task->probe);
    memcpy(shown->waiting_for, task->waiting_for, sizeof shown->waiting_for);
    if (shown->waiting_for[0] == '\0')
        say_who_is_missing(task, shown->waiting_for, sizeof shown->waiting_for);
}

/* Those of the check, and of the moment: a destination that does not answer is not yet an error. */
static size_t show_warnings(Task *task)
{
    size_t count = 0, waits = 0;

    for (; count < task->warning_count; count++)
        task->shown_warnings[count] = task->warnings[count];
    for (size_t i = 0; i < task->place_count; i++) {
        const Place *place = &task->places[i];
        int64_t ms = place_counter(place, "destination_wait_ms");

        if (place->role != ROLE(LOADER) || ms < LONG_WAIT_MS || waits == STAGES_MAX)
            continue;
        snprintf(task->waits[waits], sizeof task->waits[waits],
                 "loader %" PRIu32 " waits for the destination: no answer for %" PRId64 " s",
                 place->number, ms / 1000);
        task->shown_warnings[count++] = task->waits[waits++];
    }
    size_t doubts = task_doubts(task, task->doubts, DOUBTS_MAX);
    for (size_t i = 0; i < doubts; i++)
        task->shown_warnings[count++] = task->doubts[i];
    return count;
}

void task_live(Task *task, StatusLive *out)
{
    show_source(task);
    *out = (StatusLive){
        .state = task_state(task),
        .error = error_of_the_moment(task),
        .counters = task_counters(task),
        .stages = task->shown,
        .stage_count = show_stages(task),
        .source = &task->shown_source,
        .latency_ms = latency_ms(task),
        .eta_s = eta_s(task),
        .warnings = task->shown_warnings,
        .warning_count = show_warnings(task),
    };
}

static json_t *counters_json(const Place *place)
{
    json_t *out = json_object();

    for (size_t i = 0; i < place->counter_count; i++)
        json_object_set_new(out, place->counters[i].name, json_integer(place->counters[i].value));
    return out;
}

char *task_queue_json(const Task *task)
{
    json_t *stages = json_array();

    for (size_t i = 0; i < task->place_count; i++) {
        const Place *place = &task->places[i];

        if (place_is_running(place) && place->role != ROLE(SCHEMA))
            json_array_append_new(
                stages, json_pack("{s:s, s:I, s:I, s:o}", "role", place_role_name(place->role),
                                  "instance", (json_int_t)place->number, "pid",
                                  (json_int_t)place->shown_pid, "counters", counters_json(place)));
    }
    json_t *all = json_pack("{s:s, s:I, s:o}", "name", task->name, "epoch",
                            (json_int_t)task->stream.epoch, "stages", stages);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}
