#include "common/stage.h"

#include "common/clock.h"
#include "common/control.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/stage_arguments.h"
#include "common/stage_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_WAIT_MS = 10000,
    HELLO_AGAIN_MS = 500, /* of one that was told to wait for a place */
    HEARTBEAT_MS = 1000,
    SERVICE_MS = 2,    /* between two pieces of work the control socket is looked at so often */
    GOODBYE_MS = 1000, /* for the last words to leave */
    COUNTERS_MAX = 64,
    WAIT_ITEMS_MAX = 120,
};

struct Stage {
    Walferry__Control__Role role;
    StageArguments arguments;
    char identity[CHANNEL_IDENTITY_MAX];
    char endpoint[CHANNEL_ENDPOINT_MAX];
    Channel *control;
    ControlMessage *assigned; /* the Assignment's own message */
    StageHandlers handlers;
    Walferry__Control__Counter counters[COUNTERS_MAX];
    size_t counter_count;
    int64_t next_heartbeat_ms;
    int64_t next_service_ms;
    StageProcess process;
    char waits_for[256];     /* the last reason why there is no place for it */
    int64_t hello_again_ms;  /* 0: not told to wait */
    int64_t answer_until_ms; /* the supervisor's silence is a failure then */
    bool heard;              /* something came in that the caller may have to act on */
    bool draining;
    bool stopping;
};

static void say_hello(Stage *stage)
{
    Walferry__Control__Hello hello = WALFERRY__CONTROL__HELLO__INIT;
    char host[256] = "";

    (void)gethostname(host, sizeof host - 1);
    hello.task = (char *)(uintptr_t)stage->arguments.task;
    hello.role = stage->role;
    hello.pid = (uint64_t)getpid();
    hello.host = host;
    hello.identity = stage->identity;
    hello.child = (char *)(uintptr_t)stage->process.child;
    hello.assigned = stage->assigned != NULL;
    stage->hello_again_ms = 0;
    stage->answer_until_ms = clock_ms() + ANSWER_WAIT_MS;
    stage_say(stage, &CONTROL_MESSAGE(HELLO, hello, &hello));
}

/* Takes *message. The supervisor's first answer, and what it says again after it was started anew.
 */
static bool hear_assignment(Stage *stage, ControlMessage **message, Error *err)
{
    bool holds_nothing = stage->role == WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM;

    if (!stage->assigned) {
        stage->assigned = *message;
        *message = NULL; /* taken */
        return true;
    }
    if (holds_nothing && (*message)->assignment->lanes == stage->assigned->assignment->lanes)
        return true;
    return error_set(err, ERROR_TRANSIENT, "the supervisor was started anew");
}

/* There is no place for it now: said once for each reason, and asked again. */
static bool hear_wait(Stage *stage, const char *reason, Error *err)
{
    if (stage->assigned)
        return error_set(err, ERROR_TRANSIENT, "lost its place: %s", reason);
    if (strcmp(stage->waits_for, reason) != 0) {
        log_info("waiting", "%s", reason);
        snprintf(stage->waits_for, sizeof stage->waits_for, "%s", reason);
    }
    stage->hello_again_ms = clock_ms() + HELLO_AGAIN_MS;
    return true;
}

/* Takes *message when it is to be kept. */
static bool hear(Stage *stage, ControlMessage **message, Error *err)
{
    if ((*message)->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_ASSIGNMENT)
        return hear_assignment(stage, message, err);
    if ((*message)->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_WAIT)
        return hear_wait(stage, (*message)->wait->reason, err);
    if ((*message)->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_PING)
        return true;
    if ((*message)->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_STOP) {
        if ((*message)->stop->drain)
            stage->draining = true;
        else
            stage->stopping = true;
    } else if (stage->handlers.control) {
        stage->handlers.control(stage->handlers.self, *message);
    }
    return true;
}

static bool read_control(Stage *stage, bool *found, Error *err)
{
    ChannelMessage raw = {0};
    CLEANUP(control_free) ControlMessage *message = NULL;

    *found = channel_receive(stage->control, &raw) == CHANNEL_OK;
    if (!*found)
        return true;
    bool ok = control_unpack(frame_str(raw.parts[0]), &message, err);
    channel_message_done(&raw);
    if (!ok)
        return error_wrap(err, "from the supervisor");
    stage->heard = true;
    return hear(stage, &message, err);
}

static bool read_all_control(Stage *stage, Error *err)
{
    for (bool found = true; found;) {
        if (!read_control(stage, &found, err))
            return false;
    }
    return true;
}

void stage_counter(Stage *stage, const char *name, int64_t value)
{
    if (stage->counter_count == COUNTERS_MAX)
        return;
    Walferry__Control__Counter *counter = &stage->counters[stage->counter_count++];

    walferry__control__counter__init(counter);
    counter->name = (char *)(uintptr_t)name;
    counter->value = value;
}

static void say_heartbeat(Stage *stage)
{
    Walferry__Control__Heartbeat heartbeat = WALFERRY__CONTROL__HEARTBEAT__INIT;
    Walferry__Control__Counter *counters[COUNTERS_MAX];

    stage->counter_count = 0;
    stage_counter(stage, "rss_kb", stage_process_resident_kb());
    if (stage->handlers.counters)
        stage->handlers.counters(stage->handlers.self, stage);
    for (size_t i = 0; i < stage->counter_count; i++)
        counters[i] = &stage->counters[i];
    heartbeat.counters = counters;
    heartbeat.n_counters = stage->counter_count;
    stage_say(stage, &CONTROL_MESSAGE(HEARTBEAT, heartbeat, &heartbeat));
}

static void do_every_second(Stage *stage, int64_t now_ms)
{
    if (now_ms < stage->next_heartbeat_ms)
        return;
    stage->next_heartbeat_ms = now_ms + HEARTBEAT_MS;
    say_heartbeat(stage);
    stage->stopping |= stage_process_is_orphan(&stage->process);
}

static bool asked_to_stop(Error *err)
{
    *err = (Error){0};
    return false;
}

/* Signals, control socket, heartbeat. */
static bool serve(Stage *stage, int64_t now_ms, Error *err)
{
    stage->next_service_ms = now_ms + SERVICE_MS;
    stage->stopping |= stage_process_signalled(&stage->process);
    if (channel_was_reconnected(stage->control))
        say_hello(stage);
    if (!read_all_control(stage, err))
        return false;
    do_every_second(stage, now_ms);
    return stage->stopping ? asked_to_stop(err) : true;
}

/* The caller's items with our own two behind them. */
static bool wait_for_any(Stage *stage, WaitItem *items, size_t count, int timeout_ms, Error *err)
{
    WaitItem all[WAIT_ITEMS_MAX + 2];

    if (count > WAIT_ITEMS_MAX)
        return error_set(err, ERROR_CONFIG, "cannot wait for %zu sockets at once", count);
    if (count > 0)
        memcpy(all, items, count * sizeof *items);
    all[count] = (WaitItem){.channel = stage->control, .read = true};
    all[count + 1] = (WaitItem){.fd = stage->process.signal_fd, .read = true};
    if (!channel_wait(all, count + 2, timeout_ms, err))
        return false;
    for (size_t i = 0; i < count; i++)
        items[i].ready = all[i].ready;
    return true;
}

static bool any_is_ready(const WaitItem *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].ready)
            return true;
    }
    return false;
}

static int pause_until(int64_t deadline_ms, int64_t now_ms)
{
    return deadline_ms > now_ms ? (int)(deadline_ms - now_ms) : 0;
}

static bool look_at(WaitItem *items, size_t count, Error *err)
{
    return count == 0 || channel_wait(items, count, 0, err);
}

bool stage_wait(Stage *stage, WaitItem *items, size_t count, int timeout_ms, Error *err)
{
    int64_t now = clock_ms();
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;

    if (timeout_ms == 0) {
        if (now >= stage->next_service_ms && !serve(stage, now, err))
            return false;
        return look_at(items, count, err);
    }
    for (;; now = clock_ms()) {
        stage->heard = false;
        if (!serve(stage, now, err))
            return false;
        if (stage->heard)
            return look_at(items, count, err);
        int64_t until = deadline < stage->next_heartbeat_ms ? deadline : stage->next_heartbeat_ms;
        if (!wait_for_any(stage, items, count, pause_until(until, now), err))
            return false;
        if (any_is_ready(items, count) || clock_ms() >= deadline)
            return true;
    }
}

static bool ask_for_place(Stage *stage, int64_t now_ms, Error *err)
{
    if (channel_was_reconnected(stage->control) ||
        (stage->hello_again_ms > 0 && now_ms >= stage->hello_again_ms))
        say_hello(stage);
    if (stage->hello_again_ms > 0 || now_ms < stage->answer_until_ms)
        return true;
    return error_set(err, ERROR_TRANSIENT, "no answer from the supervisor at %s",
                     stage->arguments.supervisor);
}

static bool wait_for_assignment(Stage *stage, Error *err)
{
    while (!stage->assigned && !stage->stopping) {
        int64_t now = clock_ms();
        bool found;

        if (!ask_for_place(stage, now, err))
            return false;
        int64_t until = stage->hello_again_ms ? stage->hello_again_ms : stage->answer_until_ms;
        if (!wait_for_any(stage, NULL, 0, pause_until(until, now), err))
            return false;
        stage->stopping |= stage_process_signalled(&stage->process);
        if (!read_control(stage, &found, err)) /* one at a time: what follows is for the handlers */
            return false;
    }
    return stage->stopping ? asked_to_stop(err) : true;
}

static bool open_control(Stage *stage, Error *err)
{
    channel_make_identity(stage_role_name(stage->role), stage->identity);
    if (!channel_dial_control(&stage->control, stage->arguments.supervisor, stage->identity, err))
        return error_wrap(err, "supervisor");
    say_hello(stage);
    if (!wait_for_assignment(stage, err))
        return false;
    snprintf(stage->endpoint, sizeof stage->endpoint, "ipc://%s/%s",
             stage->assigned->assignment->data_dir, stage->identity);
    return true;
}

bool stage_open(Stage **out, Walferry__Control__Role role, int argc, char **argv, Error *err)
{
    Stage *stage = MEM_NEW(Stage);

    *out = stage; /* also when it fails: stage_finish() then still reports to the supervisor */
    stage->role = role;
    stage->process.signal_fd = -1;
    log_open(stage_program_name(role));
    stage_arguments_parse(&stage->arguments, role, argc, argv);
    return stage_process_open(&stage->process, err) && open_control(stage, err);
}

void stage_close(Stage **stage)
{
    if (!*stage)
        return;
    channel_close(&(*stage)->control);
    control_free(&(*stage)->assigned);
    stage_process_done(&(*stage)->process);
    free(*stage);
    *stage = NULL;
}

void stage_handle(Stage *stage, StageHandlers handlers)
{
    stage->handlers = handlers;
}

const Walferry__Control__Assignment *stage_assignment(const Stage *stage)
{
    return stage->assigned->assignment;
}

const char *stage_identity(const Stage *stage)
{
    return stage->identity;
}

const char *stage_endpoint(const Stage *stage)
{
    return stage->endpoint;
}

/* With no supervisor there the messages queue up, and past the queue's limit they are dropped. */
void stage_say(Stage *stage, const ControlMessage *message)
{
    if (!stage->control)
        return;
    ChannelMessage raw = {.parts = {control_pack(message)}, .count = 1};

    (void)channel_send(stage->control, &raw);
    channel_message_done(&raw);
}

bool stage_draining(const Stage *stage)
{
    return stage->draining;
}

static void say_fault(Stage *stage, const Error *err)
{
    Walferry__Control__Fault fault = WALFERRY__CONTROL__FAULT__INIT;
    Error copy = *err;

    fault.kind = (char *)(uintptr_t)error_kind_name(err->kind);
    fault.object = copy.object;
    fault.key = copy.key;
    fault.position = copy.position;
    fault.message = copy.message;
    fault.hint = copy.hint;
    stage_say(stage, &CONTROL_MESSAGE(FAULT, fault, &fault));
}

int stage_finish(Stage *stage, const Error *err)
{
    char line[sizeof(Error) + 128];

    if (err->kind != ERROR_NONE) {
        error_format(err, line, sizeof line);
        log_error("fault", "kind=%s %s", error_kind_name(err->kind), line);
        if (stage)
            say_fault(stage, err);
    }
    if (stage)
        channel_close_after(&stage->control, GOODBYE_MS);
    return error_exit_status(err->kind);
}
