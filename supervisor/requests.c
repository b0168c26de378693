#include "supervisor/supervisor_internal.h"

#include "common/clock.h"
#include "common/mem.h"
#include "store/status_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Call {
    Supervisor *supervisor;
    const char *peer;
    const char *argument; /* the first one; "" if there is none */
    Str file_text;
} Call;

static void reply(const Call *call, const char *json, const Error *err)
{
    Walferry__Control__Reply message = WALFERRY__CONTROL__REPLY__INIT;
    char line[sizeof(Error) + 128] = "";

    if (err)
        error_format(err, line, sizeof line);
    message.exit_status = err ? 1 : 0;
    message.json = (char *)(uintptr_t)(json ? json : "");
    message.error = line;
    control_socket_send(call->supervisor->host.control, call->peer,
                        &CONTROL_MESSAGE(REPLY, reply, &message));
}

static bool live_of(void *self, const char *name, StatusLive *out)
{
    Task *task = supervisor_find(self, name);

    if (task)
        task_live(task, out);
    return task != NULL;
}

static bool status(const Call *call, char **json, Error *err)
{
    return status_json(call->supervisor->host.store, call->argument[0] ? call->argument : NULL,
                       live_of, call->supervisor, json, err);
}

static bool tables(const Call *call, char **json, Error *err)
{
    return tables_json(call->supervisor->host.store, call->argument, json, err);
}

static bool add(const Call *call, char **json, Error *err)
{
    Task *task;

    if (call->argument[0] != '/')
        return error_set(err, ERROR_CONFIG, "add: the path of the task file is not absolute");
    if (!supervisor_add(call->supervisor, call->argument, call->file_text, &task, err))
        return false;
    *json = mem_printf("{\"name\":\"%s\",\"state\":\"%s\"}", task_name(task), task_state(task));
    return true;
}

/* A task that the store knows, but that this supervisor was not started with, is taken in first. */
static bool find_or_open(const Call *call, Task **out, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    StoreTask *row;

    *out = supervisor_find(call->supervisor, call->argument);
    if (*out)
        return true;
    if (!store_find_task(call->supervisor->host.store, call->argument, &arena, &row, err))
        return false;
    if (!row)
        return status_no_such_task(call->argument, err);
    return supervisor_add(call->supervisor, row->file, (Str){0}, out, err);
}

static bool pause_task(const Call *call, char **json, Error *err)
{
    Task *task = supervisor_find(call->supervisor, call->argument);

    (void)json;
    if (!task)
        return status_no_such_task(call->argument, err);
    task_pause(task, call->peer, clock_ms());
    return true;
}

static bool resume_task(const Call *call, char **json, Error *err)
{
    Task *task;

    (void)json;
    if (!find_or_open(call, &task, err) || (task_wants_to_be_opened_anew(task) &&
                                            !supervisor_open_again(call->supervisor, &task, err)))
        return false;
    task_resume(task, call->peer);
    return true;
}

static bool release_task(const Call *call, char **json, Error *err)
{
    Task *task;

    (void)json;
    if (!find_or_open(call, &task, err))
        return false;
    task_release(task, call->peer, clock_ms());
    return true;
}

static bool queue_stats(const Call *call, char **json, Error *err)
{
    const Task *task = supervisor_find(call->supervisor, call->argument);

    if (!task)
        return status_no_such_task(call->argument, err);
    *json = task_queue_json(task);
    return true;
}

static bool stop(const Call *call, char **json, Error *err)
{
    (void)err;
    supervisor_stop(call->supervisor);
    *json = mem_strdup("{}");
    return true;
}

/* With *json NULL after success the task answers when it is done. */
typedef bool Serve(const Call *call, char **json, Error *err);

/* clang-format off */
static const struct {
    const char *command;
    Serve *serve;
    bool wants_name;
} COMMANDS[] = {
    {"status",      status,       false},
    {"tables",      tables,       true},
    {"add",         add,          true},
    {"pause",       pause_task,   true},
    {"resume",      resume_task,  true},
    {"release",     release_task, true},
    {"queue_stats", queue_stats,  true},
    {"stop",        stop,         false},
};
/* clang-format on */

static bool serve(const Call *call, const char *command, char **json, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        if (strcmp(COMMANDS[i].command, command) != 0)
            continue;
        if (COMMANDS[i].wants_name && !call->argument[0])
            return error_set(err, ERROR_CONFIG, "%s: which task?", command);
        return COMMANDS[i].serve(call, json, err);
    }
    return error_set(err, ERROR_CONFIG, "this supervisor knows no command '%.40s'", command);
}

void requests_serve(Supervisor *supervisor, const char *peer,
                    const Walferry__Control__Request *request)
{
    const Call call = {
        .supervisor = supervisor,
        .peer = peer,
        .argument = request->n_arguments > 0 ? request->arguments[0] : "",
        .file_text = {(const char *)request->file_text.data, request->file_text.len},
    };
    CLEANUP(mem_free) char *json = NULL;
    Error err = {0};

    if (!serve(&call, request->command, &json, &err))
        reply(&call, NULL, &err);
    else if (json)
        reply(&call, json, NULL);
}
