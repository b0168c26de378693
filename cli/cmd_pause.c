/* walferry pause, walferry resume, walferry add: what only a running supervisor can do. */
#include "cli/client.h"
#include "cli/command.h"
#include "cli/place.h"
#include "common/mem.h"
#include <stdio.h>

enum { ANSWER_MS = 30000 };

static int order(const Invocation *in, const ClientRequest *request, const char *name,
                 const char *done)
{
    CLEANUP(mem_free) char *json = NULL;
    Error err = {0};
    ClientResult result = client_ask(in, request, &json, &err);

    if (result == CLIENT_ABSENT)
        client_no_supervisor(in, &err);
    if (result != CLIENT_ANSWERED)
        return command_failed(&err);
    printf("%s: %s\n", name, done);
    return EXIT_DONE;
}

static int order_by_name(const Invocation *in, const char *command, const char *done)
{
    const char *name = command_word(in, 0);
    ClientRequest request = {
        .command = command, .arguments = {name}, .count = 1, .timeout_ms = ANSWER_MS};

    return order(in, &request, name, done);
}

int cmd_pause(const Invocation *in)
{
    return order_by_name(in, "pause", "paused");
}

int cmd_resume(const Invocation *in)
{
    return order_by_name(in, "resume", "goes on");
}

int cmd_add(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(mem_free) char *path = place_absolute(command_word(in, 0));
    TaskFile task;
    Str text;

    if (!command_load_task(command_word(in, 0), &arena, &task, &text))
        return EXIT_FAILED;

    ClientRequest request = {.command = "add",
                             .arguments = {path},
                             .count = 1,
                             .file_text = text,
                             .timeout_ms = ANSWER_MS};
    return order(in, &request, task.name, "added");
}
