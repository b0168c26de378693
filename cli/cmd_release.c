/* walferry release */
#include "cli/client.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/task_state.h"
#include "common/mem.h"
#include "schema/release.h"
#include "store/state_dir.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 180000 };

const Option RELEASE_OPTIONS[] = {
    {"--file", NULL, "FILE", "the task file, if the state directory does not know it any more"},
    {NULL, NULL, NULL, NULL},
};

static int report(const Invocation *in, const JsonValue *leftovers)
{
    size_t count = json_value_count(leftovers);
    Error err;

    for (size_t i = 0; i < count && !in->json; i++)
        printf("%s\n", json_value_text(json_value_item(leftovers, i), "", ""));
    if (!in->json && count == 0)
        printf("%s: released\n", command_word(in, 0));
    if (count == 0)
        return EXIT_DONE;
    error_set(&err, ERROR_TRANSIENT, "task '%s' is forgotten, but not all of it could be dropped",
              command_word(in, 0));
    error_hint(&err, "run the SQL above");
    return command_failed(&err);
}

static int report_answer(const Invocation *in, const char *json)
{
    CLEANUP(json_value_done) JsonValue *answer = NULL;
    Error err = {0};

    if (!json_value_parse(json[0] ? json : "{}", &answer, &err))
        return command_failed(&err);
    if (in->json)
        json_value_write(answer, stdout);
    return report(in, json_value_at(answer, "leftovers"));
}

static void add_leftover(void *self, const char *sql)
{
    JsonValue *text = json_value_string(sql);

    json_value_add(self, &text);
}

static bool load(const Invocation *in, Arena *arena, TaskFile *task)
{
    const char *name = command_word(in, 0), *file = command_option(in, "--file");
    Error err = {0};
    Str text;

    if (!file && !task_state_file(in, name, arena, &file, &err)) {
        command_failed(&err);
        return false;
    }
    if (!command_load_task(file, arena, task, &text))
        return false;
    if (strcmp(task->name, name) == 0)
        return true;
    error_set(&err, ERROR_CONFIG, "%s is the task '%s', not '%s'", file, task->name, name);
    error_hint(&err, "name the right file with --file");
    command_failed(&err);
    return false;
}

static bool forget(const Invocation *in, Error *err)
{
    CLEANUP(mem_free) char *path = state_dir_file(in->state_dir, "store.sqlite");
    CLEANUP(store_close) Store *store = NULL;

    return store_open(&store, path, err) && store_forget_task(store, command_word(in, 0), err);
}

/* Nobody may start the task while we take it away: we hold the lock meanwhile. */
static int release_here(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(state_dir_close) StateDir *dir = NULL;
    CLEANUP(json_value_done) JsonValue *answer = json_value_object();
    JsonValue *leftovers;
    TaskFile task;
    Error err = {0};

    if (!load(in, &arena, &task))
        return EXIT_FAILED;
    if (!state_dir_open(&dir, in->state_dir, &err))
        return command_failed(&err);
    leftovers = json_value_array();
    if (!release_task(&task, NULL, add_leftover, leftovers, &err) || !forget(in, &err)) {
        json_value_done(&leftovers);
        return command_failed(&err);
    }
    json_value_put(answer, "leftovers", &leftovers);
    if (in->json)
        json_value_write(answer, stdout);
    return report(in, json_value_at(answer, "leftovers"));
}

int cmd_release(const Invocation *in)
{
    const char *name = command_word(in, 0);
    ClientRequest request = {
        .command = "release", .arguments = {name}, .count = 1, .timeout_ms = ANSWER_MS};
    CLEANUP(mem_free) char *json = NULL;
    Error err = {0};

    switch (client_ask(in, &request, &json, &err)) {
    case CLIENT_ANSWERED:
        return report_answer(in, json);
    case CLIENT_FAILED:
        return command_failed(&err);
    case CLIENT_ABSENT:
        break;
    }
    return release_here(in);
}
