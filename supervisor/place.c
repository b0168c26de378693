#include "supervisor/place.h"

#include "common/log.h"
#include "common/mem.h"
#include "supervisor/child.h"
#include "supervisor/console.h"
#include "supervisor/place_end.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    POLITE_MS = 5000,      /* between Stop, SIGTERM and SIGKILL */
    QUIET_MS = 1500,       /* an attached process says something each second */
    ASK_AGAIN_MS = 100,    /* whether a quiet one, or one that is to end, is still connected */
    ATTACH_TELL_MS = 5000, /* nobody has attached for so long: people are told */
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

const char *place_program_name(Walferry__Control__Role role)
{
    return ROLES[role].program;
}

bool place_is_running(const Place *place)
{
    return place->state == CHILD_RUNNING;
}

bool place_is_empty(const Place *place)
{
    return place->state == CHILD_STOPPED;
}

bool place_is_open(const Place *place, int64_t now_ms)
{
    return place->external && place->state == CHILD_WAITING && now_ms >= place->due_ms;
}

/* Its process is somebody else's: we cannot reap it, signal it, or look at it. */
static bool is_attached(const Place *place)
{
    return place->pid == 0 && place->identity[0] != '\0';
}

/* What was killed leaves its socket behind. */
static void forget_socket(const Place *place)
{
    static const char IPC[] = "ipc://";

    if (strncmp(place->endpoint, IPC, strlen(IPC)) == 0)
        (void)unlink(place->endpoint + strlen(IPC));
}

static void vacate(Place *place)
{
    forget_socket(place);
    place->pid = 0;
    place->host[0] = '\0';
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

/* False: it is not connected any more. */
static bool send_stop(const Place *place, Host *host)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    return control_socket_send(host->control, place->identity, &CONTROL_MESSAGE(STOP, stop, &stop));
}

static bool send_ping(const Place *place, Host *host)
{
    Walferry__Control__Ping ping = WALFERRY__CONTROL__PING__INIT;

    return control_socket_send(host->control, place->identity, &CONTROL_MESSAGE(PING, ping, &ping));
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
        (void)send_stop(place, host);
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

void place_want(Place *place, Host *host, bool wanted, int64_t now_ms)
{
    ChildEvent begin = place->external ? CHILD_EVENT_EXPECT : CHILD_EVENT_START;

    if (wanted && place->state == CHILD_STOPPED && place->external) {
        place->due_ms = now_ms;
        place->told = false;
    }
    if (wanted == (place->state == CHILD_STOPPED))
        apply(place, host, wanted ? begin : CHILD_EVENT_STOP, now_ms);
    if (wanted)
        return;
    if (place->role !=
        WALFERRY__CONTROL__ROLE__ROLE_SCHEMA) { /* a job's series ends with its result */
        place->failing = false;
        retry_progress(&place->retry);
    }
}

bool place_hello(Place *place, const char *identity, const Walferry__Control__Hello *hello,
                 int64_t now_ms)
{
    bool attaches = place->pid == 0;
    ChildAction action;

    if (!step(place, attaches ? CHILD_EVENT_ATTACH : CHILD_EVENT_HELLO, &action))
        return false;
    snprintf(place->identity, sizeof place->identity, "%s", identity);
    place->shown_pid = (int64_t)hello->pid;
    place->heard_ms = now_ms;
    if (attaches) {
        place->started_ms = now_ms;
        place->fault = (Error){0};
        place->told = false;
        snprintf(place->host, sizeof place->host, "%s", hello->host[0] ? hello->host : "?");
    }
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

static PlaceFate settle_end(Place *place, const RetryLimits *limits, int64_t now_ms)
{
    PlaceFate fate = PLACE_GOES_ON;
    ChildAction action;

    if (step(place, CHILD_EVENT_EXIT, &action) && action == CHILD_DO_PAUSE)
        fate = place_plan_next(place, limits, now_ms);
    vacate(place);
    return fate;
}

/* Not reaped, but seen: by its connection, or its silence. */
static void watch_attached(Place *place, Host *host, int64_t now_ms)
{
    bool leaving = place->state == CHILD_STOPPING;
    int64_t quiet_ms = now_ms - place->heard_ms;
    bool gone = leaving ? now_ms >= place->due_ms : quiet_ms >= host->hung_ms;

    if (place->ended)
        return;
    if (!gone && (leaving || quiet_ms >= QUIET_MS) && now_ms >= place->ask_ms) {
        gone = !(leaving ? send_stop(place, host) : send_ping(place, host));
        place->ask_ms = now_ms + ASK_AGAIN_MS;
    }
    if (gone)
        place_ended(place, SIGKILL, now_ms);
}

static void tell_nobody_attaches(Place *place, const Host *host, int64_t now_ms)
{
    if (place->told || !place_is_open(place, now_ms - ATTACH_TELL_MS))
        return;
    place->told = true;
    console_say(place->task, "%s %u: nobody attaches; start it: %s --supervisor %s --task %s",
                place_role_name(place->role), place->number, place_program_name(place->role),
                control_socket_endpoint(host->control), place->task);
}

static bool is_silent(const Place *place, const Host *host, int64_t now_ms)
{
    return !place->ended && place->pid > 0 &&
           (place->state == CHILD_STARTING || place->state == CHILD_RUNNING) &&
           now_ms - place->heard_ms >= host->hung_ms;
}

static bool is_due(const Place *place, int64_t now_ms)
{
    bool starts = place->state == CHILD_WAITING && !place->external;

    return (starts || place->state == CHILD_STOPPING) && now_ms >= place->due_ms;
}

static void tick_extra(Place *place)
{
    if (!place->ended)
        return;
    place->state = CHILD_STOPPED;
    place->failing = false;
    vacate(place);
}

PlaceFate place_tick(Place *place, Host *host, const RetryLimits *limits, int64_t now_ms)
{
    PlaceFate fate = PLACE_GOES_ON;

    if (is_attached(place))
        watch_attached(place, host, now_ms);
    else if (place->external)
        tell_nobody_attaches(place, host, now_ms);
    if (place->extra) {
        tick_extra(place);
        return PLACE_GOES_ON;
    }
    if (place->ended && place_end_is_clear(place, now_ms))
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
