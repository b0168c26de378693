#include "cli/task_state.h"

#include "cli/client.h"
#include "common/mem.h"
#include "store/state_dir.h"
#include "store/status_json.h"
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

/* *out is NULL when there is no store: nothing has ever run here. */
static bool open_store(const Invocation *in, Store **out, Error *err)
{
    CLEANUP(mem_free) char *path = state_dir_file(in->state_dir, "store.sqlite");

    *out = NULL;
    if (access(path, F_OK) != 0)
        return true;
    return store_open(out, path, err);
}

static bool from_store(const Invocation *in, const char *command, const char *name, char **json,
                       Error *err)
{
    CLEANUP(store_close) Store *store = NULL;

    if (!open_store(in, &store, err))
        return false;
    if (!store && name) {
        error_set(err, ERROR_CONFIG, "there is no task '%s'", name);
        error_object(err, "%s", in->state_dir);
        return error_hint(err, "name the --state-dir that it was run with");
    }
    if (!store) {
        *json = mem_strdup("{\"tasks\": []}");
        return true;
    }
    return strcmp(command, "tables") == 0 ? tables_json(store, name, json, err)
                                          : status_json(store, name, NULL, NULL, json, err);
}

static bool read_state(const Invocation *in, const char *command, const char *name, JsonValue **out,
                       Error *err)
{
    ClientRequest request = {
        .command = command, .arguments = {name}, .count = name ? 1 : 0, .timeout_ms = ANSWER_MS};
    CLEANUP(mem_free) char *json = NULL;
    ClientResult result = client_ask(in, &request, &json, err);

    if (result == CLIENT_FAILED && (in->supervisor || err->kind != ERROR_CONNECTION))
        return false;
    if (result != CLIENT_ANSWERED && !from_store(in, command, name, &json, err))
        return false;
    return json_value_parse(json, out, err);
}

bool task_state_status(const Invocation *in, const char *name, JsonValue **out, Error *err)
{
    return read_state(in, "status", name, out, err);
}

bool task_state_tables(const Invocation *in, const char *name, JsonValue **out, Error *err)
{
    return read_state(in, "tables", name, out, err);
}

bool task_state_file(const Invocation *in, const char *name, Arena *arena, const char **out,
                     Error *err)
{
    CLEANUP(store_close) Store *store = NULL;
    StoreTask *task = NULL;

    if (!open_store(in, &store, err) || (store && !store_find_task(store, name, arena, &task, err)))
        return false;
    if (!task) {
        error_set(err, ERROR_CONFIG, "there is no task '%s'", name);
        error_object(err, "%s", in->state_dir);
        return error_hint(err,
                          "name its task file with --file, or the --state-dir it was run with");
    }
    *out = task->file;
    return true;
}
