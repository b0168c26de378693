#include "supervisor/supervisor.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "supervisor/child.h"
#include "supervisor/console.h"
#include "supervisor/supervisor_internal.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TURN_MS = 100,     /* pauses, hung stages and saved positions are looked at so often */
    STALLED_MS = 2000, /* a turn that took longer says nothing about the stages */
    HUNG_MS = 10000,
    WAIT_ITEMS = 2 + TASKS_MAX * TASK_WAIT_ITEMS,
};

/* ---- start ---- */

static bool take_signals(Supervisor *s, Error *err)
{
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL); /* before ZeroMQ's threads, which inherit it */
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals >= 0 || error_set(err, ERROR_TRANSIENT, "signalfd: %s", strerror(errno));
}

static bool find_programs(Supervisor *s, Error *err)
{
    ssize_t length = readlink("/proc/self/exe", s->bin_dir, sizeof s->bin_dir - 1);
    char *slash;

    if (length <= 0)
        return error_set(err, ERROR_CONFIG, "/proc/self/exe: %s", strerror(errno));
    s->bin_dir[length] = '\0';
    slash = strrchr(s->bin_dir, '/');
    if (slash)
        *slash = '\0';
    return true;
}

/* In the environment of the stages: what one that was started by somebody else has not. */
static void make_token(Host *host)
{
    unsigned char bytes[(sizeof host->token - 1) / 2];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort(); /* cannot be: so few bytes are never cut short */
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(host->token + 2 * i, sizeof host->token - 2 * i, "%02x", bytes[i]);
    (void)setenv("WALFERRY_CHILD", host->token, 1);
}

static void read_environment(Host *host)
{
    const char *hung = getenv("WALFERRY_HUNG_MS");
    const char *inherit = getenv("WALFERRY_LOG_STDERR");
    long ms = hung ? strtol(hung, NULL, 10) : 0;

    host->hung_ms = ms > 0 && ms < INT_MAX ? (int)ms : HUNG_MS;
    host->log_to_stderr = inherit && strcmp(inherit, "1") == 0;
    make_token(host);
}

static bool open_host(Supervisor *s, const char *state_dir, Error *err)
{
    Host *host = &s->host;

    if (!state_dir_open(&s->dir, state_dir, err))
        return false;
    state_dir_forget_sockets(s->dir);
    host->state_dir = state_dir_path(s->dir);
    host->bin_dir = s->bin_dir;
    CLEANUP(mem_free) char *file = state_dir_file(host->state_dir, "store.sqlite");
    CLEANUP(mem_free) char *endpoint = mem_printf("ipc://%s/control.sock", host->state_dir);
    return store_open(&host->store, file, err) &&
           control_socket_open(&host->control, endpoint, err);
}

static void close_all(Supervisor *s)
{
    for (size_t i = 0; i < s->task_count; i++)
        task_close(&s->tasks[i]);
    control_socket_close(&s->host.control);
    store_close(&s->host.store);
    state_dir_close(&s->dir);
    if (s->signals >= 0)
        close(s->signals);
}

/* ---- tasks ---- */

Task *supervisor_find(const Supervisor *s, const char *name)
{
    for (size_t i = 0; i < s->task_count; i++) {
        if (strcmp(task_name(s->tasks[i]), name) == 0)
            return s->tasks[i];
    }
    return NULL;
}

static bool refuse_second(const char *name, Error *err)
{
    error_set(err, ERROR_CONFIG, "a task of this name runs already");
    error_object(err, "%s", name);
    error_hint(err,
               "`walferry resume %s` if it is paused or has failed; else give the new one "
               "another name",
               name);
    return false;
}

/* The name alone: opening a task changes the store. */
static bool read_name(const char *path, Str text, Arena *arena, const char **out, Error *err)
{
    TaskFile file;
    Str own;

    if (text.len > 0 ? !task_file_parse(path, text, arena, &file, err)
                     : !task_file_load(path, arena, &file, &own, err))
        return false;
    *out = file.name;
    return true;
}

bool supervisor_add(Supervisor *s, const char *path, Str text, Task **out, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    const char *name;

    if (s->task_count == TASKS_MAX)
        return error_set(err, ERROR_CONFIG, "this supervisor has %d tasks already", TASKS_MAX);
    if (!read_name(path, text, &arena, &name, err))
        return false;
    if (supervisor_find(s, name))
        return refuse_second(name, err);
    if (!task_open(&s->tasks[s->task_count], &s->host, path, text, err))
        return false;
    *out = s->tasks[s->task_count++];
    return true;
}

static Task **slot_of(Supervisor *s, const Task *task)
{
    for (size_t i = 0; i < s->task_count; i++) {
        if (s->tasks[i] == task)
            return &s->tasks[i];
    }
    return NULL;
}

bool supervisor_open_again(Supervisor *s, Task **task, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    Task **slot = slot_of(s, *task), *again = NULL;
    const char *name;

    if (!read_name(task_path(*task), (Str){0}, &arena, &name, err))
        return false;
    if (strcmp(name, task_name(*task)) != 0) {
        error_set(err, ERROR_CONFIG, "the file now holds a task '%s'", name);
        return error_object(err, "%s", task_path(*task));
    }
    if (!task_open(&again, &s->host, task_path(*task), (Str){0}, err))
        return false;
    task_close(slot);
    *task = *slot = again;
    return true;
}

/* A file that is not taken in is said at once, and the others go on. */
static void add_file(Supervisor *s, const char *file)
{
    CLEANUP(mem_free) char *path = realpath(file, NULL);
    Error err = {0};
    Task *task;

    if (supervisor_add(s, path ? path : file, (Str){0}, &task, &err))
        return;
    console_error(NULL, &err);
    s->any_failed = true;
}

static bool add_known(Supervisor *s, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    StoreTask *rows;
    size_t count;

    if (!store_tasks(s->host.store, &arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        add_file(s, rows[i].file);
    return true;
}

static bool add_tasks(Supervisor *s, const SupervisorOptions *options, Error *err)
{
    s->serves = options->file_count == 0;
    if (s->serves)
        return add_known(s, err);
    for (size_t i = 0; i < options->file_count; i++)
        add_file(s, options->files[i]);
    return true;
}

static void close_gone_tasks(Supervisor *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->task_count; i++) {
        if (task_is_gone(s->tasks[i])) {
            s->any_failed |= task_has_failed(s->tasks[i]);
            task_close(&s->tasks[i]);
        } else {
            s->tasks[kept++] = s->tasks[i];
        }
    }
    s->task_count = kept;
}

/* ---- the loop ---- */

void supervisor_stop(Supervisor *s)
{
    s->stops++;
    for (size_t i = 0; i < s->task_count; i++)
        task_end(s->tasks[i], s->stops > 1, clock_ms());
}

static void read_signals(Supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            supervisor_stop(s);
    }
}

static void reap(Supervisor *s, int64_t now_ms)
{
    pid_t pid;
    int status;

    while (child_reap(&pid, &status)) {
        bool found = host_reaped(&s->host, pid);

        for (size_t i = 0; !found && i < s->task_count; i++)
            found = task_reaped(s->tasks[i], pid, status, now_ms);
    }
}

static void send_away(Supervisor *s, const char *peer)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    control_socket_send(s->host.control, peer, &CONTROL_MESSAGE(STOP, stop, &stop));
}

/* It asks again by itself; one that works already has lost its place and ends. */
static void let_wait(Supervisor *s, const char *peer, char *why)
{
    Walferry__Control__Wait wait = WALFERRY__CONTROL__WAIT__INIT;

    wait.reason = why;
    control_socket_send(s->host.control, peer, &CONTROL_MESSAGE(WAIT, wait, &wait));
}

static void hear_hello(Supervisor *s, const char *peer, const Walferry__Control__Hello *hello,
                       int64_t now_ms)
{
    Task *task = supervisor_find(s, hello->task);
    char why[TASK_WHY_MAX];

    snprintf(why, sizeof why, "there is no task %.40s here", hello->task);
    if (task && task_hello(task, peer, hello, now_ms, why))
        return;
    if (hello->child[0])
        send_away(s, peer);
    else
        let_wait(s, peer, why);
}

static void hear_stage(Supervisor *s, const char *peer, const ControlMessage *message,
                       int64_t now_ms)
{
    char why[] = "the supervisor has not heard from it for too long";

    for (size_t i = 0; i < s->task_count; i++) {
        if (task_hear(s->tasks[i], peer, message, now_ms))
            return;
    }
    let_wait(s, peer, why);
}

/* Before the time is looked at: what waited here while we were busy shows that its sender lives. */
static void hear_all(Supervisor *s, int64_t now_ms)
{
    const ControlMessage *message;
    const char *peer;

    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        message = control_socket_receive(s->host.control, &peer);
        if (!message)
            return;
        if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_REQUEST)
            requests_serve(s, peer, message->request);
        else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO)
            hear_hello(s, peer, message->hello, now_ms);
        else
            hear_stage(s, peer, message, now_ms);
    }
}

static bool wait_for_any(Supervisor *s, int timeout_ms, Error *err)
{
    WaitItem items[WAIT_ITEMS] = {
        {.channel = control_socket_channel(s->host.control), .read = true},
        {.fd = s->signals, .read = true},
    };
    size_t count = 2;

    for (size_t i = 0; i < s->task_count; i++)
        count += task_wait_items(s->tasks[i], &items[count]);
    return channel_wait(items, count, timeout_ms, err);
}

/*
 * After a pause of our own (a stopped process, a laptop's lid) no stage is called silent before it
 * could be heard again.
 */
static void forgive_silence(Supervisor *s, int64_t now_ms)
{
    int64_t away_ms = now_ms - s->turned_ms;

    s->turned_ms = now_ms;
    for (size_t i = 0; away_ms > STALLED_MS && i < s->task_count; i++)
        task_forgive_silence(s->tasks[i], now_ms);
}

static bool all_are_over(const Supervisor *s)
{
    for (size_t i = 0; i < s->task_count; i++) {
        if (!task_is_over(s->tasks[i]))
            return false;
    }
    return !s->serves || s->stops > 0;
}

static bool turn(Supervisor *s, Error *err)
{
    if (!wait_for_any(s, s->moved_on ? 0 : TURN_MS, err))
        return false;
    int64_t now = clock_ms();
    forgive_silence(s, now);
    read_signals(s);
    hear_all(s, now);
    reap(s, now);
    host_tick(&s->host, now);
    s->moved_on = false;
    for (size_t i = 0; i < s->task_count; i++)
        s->moved_on |= task_tick(s->tasks[i], now);
    close_gone_tasks(s);
    if (s->host.failure.kind == ERROR_NONE)
        return true;
    *err = s->host.failure;
    return false;
}

static bool open_and_run(Supervisor *s, const SupervisorOptions *options, Error *err)
{
    read_environment(&s->host);
    s->host.external = options->external;
    if (!take_signals(s, err) || !find_programs(s, err) || !open_host(s, options->state_dir, err) ||
        !add_tasks(s, options, err))
        return false;
    s->turned_ms = clock_ms();
    while (!all_are_over(s)) {
        if (!turn(s, err))
            return false;
    }
    return true;
}

int supervisor_run(const SupervisorOptions *options)
{
    Supervisor *s = MEM_NEW(Supervisor);
    Error err = {0};

    s->signals = -1;
    bool ok = open_and_run(s, options, &err);
    if (!ok)
        console_error(NULL, &err);
    for (size_t i = 0; i < s->task_count; i++)
        s->any_failed |= task_has_failed(s->tasks[i]);
    bool failed = !ok || (s->any_failed && s->stops == 0);
    close_all(s);
    free(s);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
