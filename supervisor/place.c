#include "supervisor/place.h"

#include "common/log.h"
#include "common/mem.h"
#include "supervisor/child.h"
#include "supervisor/console.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    POLITE_MS = 5000,    /* between Stop, SIGTERM and SIGKILL */
    LAST_WORDS_MS = 300, /* a Fault may arrive a little after the process was reaped */
    EXIT_NOT_STARTED = 127,
};

/* clang-format off */
static const struct {
    const char *name, *program;
} ROLES[] = {
    [WALFERRY__CONTROL__ROLE__ROLE_NONE]      = {"none",      ""},
    [WALFERRY__CONTROL__ROLE__ROLE_CAPTURE]   = {"capture",   "walferry-capture"},
    [WALFERRY__CONTROL__ROLE__ROLE_COPY]      = {"copy",      "walferry-copy"},
    [WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM] = {"transform", "walferry-transform"},
    [WALFERRY__CONTROL__ROLE__ROLE_LOADER]    = {"loader",    "walferry-loader"},
    [WALFERRY__CONTROL__ROLE__ROLE_SCHEMA]    = {"schema",    "walferry-schema"},
};
/* clang-format on */

const char *place_role_name(Walferry__Control__Role role)
{
    return (size_t)role < COUNT_OF(ROLES) ? ROLES[role].name : "?";
}

bool place_is_running(const Place *place)
{
    return place->state == CHILD_RUNNING;
}

bool place_is_empty(const Place *place)
{
    return place->state == CHILD_STOPPED;
}

static void vacate(Place *place)
{
    place->pid = 0;
    place->identity[0] = '\0';
    place->endpoint[0] = '\0';
    place->ready = false;
    place->ready_epoch = 0;
    place->ended = false;
    place->vacated = true;
}

/* A process that could not be started is one that has ended at once. */
static void spawn(Place *place, Host *host, int64_t now_ms)
{
    CLEANUP(mem_free)
    char *program = mem_printf("%s/%s", host->bin_dir, ROLES[place->role].program);
    CLEANUP(mem_free) char *log = mem_printf("%s/log/%s.log", host->state_dir, place->task);
    const ChildSpec spec = {
        .program = program,
        .endpoint = control_socket_endpoint(host->control),
        .task = place->task,
        .log_file = host->log_to_stderr ? NULL : log,
    };

    place->fault = (Error){0};
    place->signals = 0;
    place->started_ms = place->heard_ms = now_ms;
    if (!child_spawn(&spec, &place->pid, &place->fault)) {
        place->ended = true;
        place->ended_ms = now_ms;
        place->wait_status = error_exit_status(place->fault.kind) << 8;
    }
    place->shown_pid = place->pid;
}

static void send_stop(const Place *place, Host *host)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    control_socket_send(host->control, place->identity, &CONTROL_MESSAGE(STOP, stop, &stop));
}

static void send_signal(Place *place)
{
    if (place->pid > 0 && !place->ended)
        kill(place->pid, place->signals++ == 0 ? SIGTERM : SIGKILL);
}

static bool step(Place *place, ChildEvent event, ChildAction *action)
{
    if (child_step(&place->state, event, action))
        return true;
    log_debug("place", "task=%s role=%s number=%u refused event=%d state=%s", place->task,
              place_role_name(place->role), place->number, (int)event,
              child_state_name(place->state));
    return false;
}

static void apply(Place *place, Host *host, ChildEvent event, int64_t now_ms)
{
    ChildAction action;

    if (!step(place, event, &action))
        return;
    switch (action) {
    case CHILD_DO_SPAWN:
        spawn(place, host, now_ms);
        break;
    case CHILD_DO_ASK:
        send_stop(place, host);
        place->due_ms = now_ms + POLITE_MS;
        break;
    case CHILD_DO_SIGNAL:
        send_signal(place);
        place->due_ms = now_ms + POLITE_MS;
        break;
    case CHILD_DO_REPLACE:
        if (place->pid > 0)
            host_retire(host, place->pid, now_ms);
        vacate(place);
        place->restarts++;
        spawn(place, host, now_ms);
        break;
    case CHILD_DO_NOTHING:
    case CHILD_DO_PAUSE:
        break;
    }
}

/* Nobody reaps a process that was started by hand: being asked to end ends it for us. */
static void forget_if_not_ours(Place *place)
{
    ChildAction action;

    if (place->state == CHILD_STOPPING && place->pid == 0 && !place->ended &&
        step(place, CHILD_EVENT_EXIT, &action))
        vacate(place);
}

void place_want(Place *place, Host *host, bool wanted, int64_t now_ms)
{
    if (wanted == (place->state == CHILD_STOPPED))
        apply(place, host, wanted ? CHILD_EVENT_START : CHILD_EVENT_STOP, now_ms);
    if (wanted)
        return;
    forget_if_not_ours(place);
    if (place->role !=
        WALFERRY__CONTROL__ROLE__ROLE_SCHEMA) { /* a job's series ends with its result */
        place->failing = false;
        retry_progress(&place->retry);
    }
}

bool place_hello(Place *place, const char *identity, uint64_t pid, bool by_hand, int64_t now_ms)
{
    ChildAction action;

    if (!step(place, by_hand ? CHILD_EVENT_ATTACH : CHILD_EVENT_HELLO, &action))
        return false;
    snprintf(place->identity, sizeof place->identity, "%s", identity);
    place->shown_pid = (int64_t)pid;
    place->heard_ms = now_ms;
    if (by_hand)
        place->started_ms = now_ms;
    return true;
}

void place_heard(Place *place, int64_t now_ms)
{
    place->heard_ms = now_ms;
}

void place_note_counters(Place *place, const Walferry__Control__Heartbeat *heartbeat)
{
    place->counter_count = 0;
    for (size_t i = 0; i < heartbeat->n_counters && i < PLACE_COUNTERS_MAX; i++) {
        PlaceCounter *counter = &place->counters[place->counter_count++];

        snprintf(counter->name, sizeof counter->name, "%s", heartbeat->counters[i]->name);
        counter->value = heartbeat->counters[i]->value;
    }
}

int64_t place_counter(const Place *place, const char *name)
{
    for (size_t i = 0; i < place->counter_count; i++) {
        if (strcmp(place->counters[i].name, name) == 0)
            return place->counters[i].value;
    }
    return 0;
}

void place_is_at_work(Place *place)
{
    place->failing = false;
}

void place_made_progress(Place *place)
{
    place->failing = false;
    retry_progress(&place->retry);
}

void place_fault(Place *place, const Walferry__Control__Fault *fault, int64_t now_ms)
{
    ErrorKind kind = error_kind_of(fault->kind);

    error_set(&place->fault, kind != ERROR_NONE ? kind : ERROR_TRANSIENT, "%s", fault->message);
    error_object(&place->fault, "%s", fault->object);
    error_key(&place->fault, "%s", fault->key);
    error_position(&place->fault, "%s", fault->position);
    error_hint(&place->fault, "%s", fault->hint);
    if (place->pid == 0)
        place_ended(place, error_exit_status(place->fault.kind) << 8, now_ms);
}

void place_ended(Place *place, int wait_status, int64_t now_ms)
{
    place->ended = true;
    place->wait_status = wait_status;
    place->ended_ms = now_ms;
}

/* True when nothing more is to be learnt about an end: a Fault or a result may still come in. */
static bool end_is_clear(const Place *place, int64_t now_ms)
{
    bool may_have_done = place->role == WALFERRY__CONTROL__ROLE__ROLE_SCHEMA;

    return place->fault.kind != ERROR_NONE || WIFSIGNALED(place->wait_status) ||
           (place->wait_status == 0 && !may_have_done) || place->state == CHILD_STOPPING ||
           now_ms - place->ended_ms >= LAST_WORDS_MS;
}

static void explain_end(Place *place, ErrorKind kind)
{
    int status = place->wait_status;

    if (place->fault.kind != ERROR_NONE) {
        place->error = place->fault;
    } else if (WIFSIGNALED(status)) {
        error_set(&place->error, kind, "%s was ended by signal %d", place_role_name(place->role),
                  WTERMSIG(status));
    } else if (WEXITSTATUS(status) == EXIT_NOT_STARTED) {
        error_set(&place->error, ERROR_CONFIG, "%s could not be started",
                  ROLES[place->role].program);
        error_hint(&place->error, "install all of walferry's programs in one folder");
    } else {
        error_set(&place->error, kind, "%s ended with status %d", place_role_name(place->role),
                  WEXITSTATUS(status));
    }
    if (place->fault.kind == ERROR_NONE)
        error_hint(&place->error, "see log/%s.log in the state directory", place->task);
}

static ErrorKind kind_of_end(const Place *place)
{
    ErrorKind kind = place->fault.kind;

    if (kind == ERROR_NONE && !WIFSIGNALED(place->wait_status))
        kind = child_exit_kind(place->wait_status);
    if (kind == ERROR_NONE && WIFEXITED(place->wait_status) &&
        WEXITSTATUS(place->wait_status) == EXIT_NOT_STARTED)
        kind = ERROR_CONFIG;
    return kind == ERROR_NONE ? ERROR_TRANSIENT : kind;
}

/* Killed, or ended without a reason to: not a failure unless it becomes a habit. */
static bool ended_without_a_word(const Place *place)
{
    return place->fault.kind == ERROR_NONE &&
           (WIFSIGNALED(place->wait_status) || place->wait_status == 0);
}

static void tell_restart(const Place *place, int pause_ms)
{
    char text[sizeof(Error) + 128];

    error_format(&place->error, text, sizeof text);
    if (pause_ms > 0)
        console_say(place->task, "%s %u: %s; starting it again in %d ms",
                    place_role_name(place->role), place->number, text, pause_ms);
    else
        console_say(place->task, "%s %u: %s; starting it again", place_role_name(place->role),
                    place->number, text);
}

static PlaceFate plan_restart(Place *place, const RetryLimits *limits, int64_t now_ms)
{
    ErrorKind kind = kind_of_end(place);
    bool silent = ended_without_a_word(place);

    explain_end(place, kind);
    place->failing = true;
    if (!error_may_pass(kind))
        return PLACE_GIVES_UP;
    RetryVerdict verdict = silent ? retry_killed(&place->retry, now_ms, limits)
                                  : retry_failed(&place->retry, kind, now_ms, limits);
    if (verdict.give_up) {
        error_wrap(&place->error, "given up after trying again for too long");
        return PLACE_GIVES_UP;
    }
    if (silent)
        place->failing = place->retry.failing;
    tell_restart(place, verdict.pause_ms);
    place->due_ms = now_ms + verdict.pause_ms;
    place->restarts++;
    return PLACE_GOES_ON;
}

static PlaceFate settle_end(Place *place, const RetryLimits *limits, int64_t now_ms)
{
    PlaceFate fate = PLACE_GOES_ON;
    ChildAction action;

    if (step(place, CHILD_EVENT_EXIT, &action) && action == CHILD_DO_PAUSE)
        fate = plan_restart(place, limits, now_ms);
    vacate(place);
    return fate;
}

static bool is_silent(const Place *place, const Host *host, int64_t now_ms)
{
    return !place->ended && (place->state == CHILD_STARTING || place->state == CHILD_RUNNING) &&
           now_ms - place->heard_ms >= host->hung_ms;
}

static bool is_due(const Place *place, int64_t now_ms)
{
    return (place->state == CHILD_WAITING || place->state == CHILD_STOPPING) &&
           now_ms >= place->due_ms;
}

/* What was started by hand is not started again by us. */
static void tick_extra(Place *place, const Host *host, int64_t now_ms)
{
    if (!place->ended && !is_silent(place, host, now_ms))
        return;
    place->state = CHILD_STOPPED;
    place->failing = false;
    vacate(place);
}

PlaceFate place_tick(Place *place, Host *host, const RetryLimits *limits, int64_t now_ms)
{
    PlaceFate fate = PLACE_GOES_ON;

    if (place->extra) {
        tick_extra(place, host, now_ms);
        return PLACE_GOES_ON;
    }
    if (place->ended && end_is_clear(place, now_ms))
        fate = settle_end(place, limits, now_ms);
    if (fate == PLACE_GIVES_UP)
        return fate;
    if (is_silent(place, host, now_ms)) {
        console_say(place->task, "%s %u: silent for %d ms; starting another one",
                    place_role_name(place->role), place->number, host->hung_ms);
        apply(place, host, CHILD_EVENT_SILENT, now_ms);
    } else if (is_due(place, now_ms)) {
        apply(place, host, CHILD_EVENT_DUE, now_ms);
    }
    if (place->ready && !place->failing && now_ms - place->ready_ms >= RETRY_HEALTHY_MS)
        retry_progress(&place->retry);
    return fate;
}
