#include "store/status_json.h"

#include "common/mem.h"

#include <jansson.h>
#include <stdlib.h>

typedef struct Totals {
    size_t tables, copied;
    uint64_t rows, kept, estimate, bytes;
} Totals;

/* clang-format off */
/* The supervisor's phases, and the four that a user sees. */
static const struct {
    const char *phase, *shown;
    bool before_copy; /* shown as copy when tables are known: some of them start again */
} PHASES[] = {
    {"check",    "schema", true},
    {"prepare",  "schema", true},
    {"snapshot", "schema", true},
    {"plan",     "schema", true},
    {"restart",  "copy",   false},
    {"copy",     "copy",   false},
    {"index",    "index",  false},
    {"stream",   "stream", false},
    {"keys",     "stream", false},
    {"live",     "stream", false},
};
/* clang-format on */

static const char *shown_phase(const char *phase, const Totals *totals)
{
    for (size_t i = 0; i < COUNT_OF(PHASES); i++) {
        if (strcmp(PHASES[i].phase, phase) == 0)
            return PHASES[i].before_copy && totals->tables > 0 ? "copy" : PHASES[i].shown;
    }
    return phase;
}

static json_t *text_or_null(const char *text)
{
    return text && text[0] ? json_string(text) : json_null();
}

static json_t *int_or_null(int64_t value)
{
    return value >= 0 ? json_integer(value) : json_null();
}

static json_t *lsn_or_null(Lsn lsn)
{
    char text[LSN_TEXT_MAX];

    return lsn ? json_string(lsn_format(lsn, text)) : json_null();
}

static json_t *error_json(const Error *error)
{
    json_t *out;

    if (error->kind == ERROR_NONE)
        return json_null();
    out = json_object();
    json_object_set_new(out, "kind", json_string(error_kind_name(error->kind)));
    json_object_set_new(out, "object", text_or_null(error->object));
    json_object_set_new(out, "key", text_or_null(error->key));
    json_object_set_new(out, "position", text_or_null(error->position));
    json_object_set_new(out, "message", text_or_null(error->message));
    json_object_set_new(out, "hint", text_or_null(error->hint));
    return out;
}

static json_t *source_json(const StoreTask *task, const StatusSource *source)
{
    bool known = source && source->at_ms > 0;
    json_t *out = json_object();
    CLEANUP(mem_free) char *slot = mem_printf("walferry_%s", task->name);

    json_object_set_new(out, "slot", json_string(slot));
    json_object_set_new(out, "confirmed_lsn", lsn_or_null(known ? source->confirmed_lsn : 0));
    json_object_set_new(out, "wal_lsn", lsn_or_null(known ? source->wal_lsn : 0));
    json_object_set_new(out, "lag_bytes", int_or_null(known ? source->lag_bytes : -1));
    json_object_set_new(out, "retained_wal_bytes",
                        int_or_null(known ? source->retained_wal_bytes : -1));
    json_object_set_new(out, "wal_status", text_or_null(known ? source->wal_status : NULL));
    json_object_set_new(out, "waiting_for", text_or_null(source ? source->waiting_for : NULL));
    json_object_set_new(out, "at_ms", int_or_null(known ? source->at_ms : -1));
    return out;
}

static json_t *stages_json(const StatusLive *live)
{
    json_t *out = json_array();

    for (size_t i = 0; live && i < live->stage_count; i++) {
        const StatusStage *stage = &live->stages[i];
        json_t *one = json_object();

        json_object_set_new(one, "role", json_string(stage->role));
        json_object_set_new(one, "instance", json_integer(stage->instance));
        json_object_set_new(one, "pid", stage->pid ? json_integer(stage->pid) : json_null());
        json_object_set_new(one, "host", text_or_null(stage->host));
        json_object_set_new(one, "state", json_string(stage->state));
        json_object_set_new(one, "restarts", json_integer(stage->restarts));
        json_object_set_new(one, "rss", int_or_null(stage->rss));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *warnings_json(const StatusLive *live)
{
    json_t *out = json_array();

    for (size_t i = 0; live && i < live->warning_count; i++)
        json_array_append_new(out, json_string(live->warnings[i]));
    return out;
}

static bool is_at_work(const char *state)
{
    return strcmp(state, "failed") != 0 && strcmp(state, "finished") != 0 &&
           strcmp(state, "releasing") != 0;
}

/* Without a supervisor nothing runs, whatever the store's last word was. */
static const char *state_of(const StoreTask *task, const StatusLive *live)
{
    if (live)
        return live->state;
    return is_at_work(task->state) ? "paused" : task->state;
}

static bool add_totals(Store *store, const char *name, Totals *out, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    StoreRelation *relations;
    size_t count;

    if (!store_relations(store, name, &arena, &relations, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        out->tables++;
        out->copied += relations[i].state >= RELATION_COPIED;
        out->rows += relations[i].rows;
        out->kept += relations[i].kept;
        out->estimate += relations[i].estimated_rows;
        out->bytes += relations[i].bytes;
    }
    return true;
}

static void put_progress(json_t *out, const StoreTask *task, const StatusLive *live,
                         const Totals *totals)
{
    const StoreCounters *counters = live ? &live->counters : &task->counters;

    json_object_set_new(out, "tables",
                        json_pack("{s:I, s:I}", "total", (json_int_t)totals->tables, "copied",
                                  (json_int_t)totals->copied));
    json_object_set_new(out, "rows",
                        json_pack("{s:I, s:I, s:I}", "copied", (json_int_t)totals->rows, "kept",
                                  (json_int_t)totals->kept, "estimate",
                                  (json_int_t)totals->estimate));
    json_object_set_new(out, "bytes", json_pack("{s:I}", "copied", (json_int_t)totals->bytes));
    json_object_set_new(out, "eta_s", int_or_null(live ? live->eta_s : -1));
    json_object_set_new(out, "changes",
                        json_pack("{s:I}", "applied", (json_int_t)counters->applied));
    json_object_set_new(out, "redelivered_batches", json_integer(counters->redelivered));
    json_object_set_new(out, "duplicates_dropped", json_integer(counters->duplicates));
    json_object_set_new(out, "rows_missing", json_integer(counters->rows_missing));
    json_object_set_new(out, "rows_replaced", json_integer(counters->rows_replaced));
    json_object_set_new(out, "rewinds", json_integer(task->counters.rewinds));
}

static json_t *task_json(const StoreTask *task, const StatusLive *live, const Totals *totals)
{
    json_t *out = json_object();

    json_object_set_new(out, "name", json_string(task->name));
    json_object_set_new(out, "tag", json_string(task->tag));
    json_object_set_new(out, "state", json_string(state_of(task, live)));
    json_object_set_new(out, "phase", json_string(shown_phase(task->phase, totals)));
    json_object_set_new(out, "consistent", json_boolean(task->consistent));
    json_object_set_new(out, "epoch", json_integer((json_int_t)task->epoch));
    json_object_set_new(out, "error", error_json(live ? &live->error : &task->error));
    json_object_set_new(out, "warnings", warnings_json(live));
    json_object_set_new(out, "latency_ms", int_or_null(live ? live->latency_ms : -1));
    json_object_set_new(out, "applied_lsn", lsn_or_null(task->resume_lsn));
    json_object_set_new(out, "source", source_json(task, live ? live->source : NULL));
    json_object_set_new(out, "stages", stages_json(live));
    put_progress(out, task, live, totals);
    return out;
}

static bool add_task(Store *store, const StoreTask *task, StatusLiveOf *live_of, void *self,
                     json_t *tasks, Error *err)
{
    Totals totals = {0};
    StatusLive live;
    bool is_live = live_of && live_of(self, task->name, &live);

    if (!add_totals(store, task->name, &totals, err))
        return false;
    json_array_append_new(tasks, task_json(task, is_live ? &live : NULL, &totals));
    return true;
}

bool status_no_such_task(const char *name, Error *err)
{
    error_set(err, ERROR_CONFIG, "there is no task '%s' here", name);
    return error_hint(err, "`walferry status` lists the tasks of this state directory");
}

static bool load(Store *store, const char *name, Arena *arena, StoreTask **tasks, size_t *count,
                 Error *err)
{
    if (!name)
        return store_tasks(store, arena, tasks, count, err);
    *count = 1;
    if (!store_find_task(store, name, arena, tasks, err))
        return false;
    return *tasks || status_no_such_task(name, err);
}

/* Takes the reference. */
static char *dump(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    if (!text)
        abort(); /* out of memory: we make no other values than it can write */
    return text;
}

bool status_json(Store *store, const char *name, StatusLiveOf *live_of, void *self, char **out,
                 Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    json_t *list = json_array();
    StoreTask *tasks;
    size_t count = 0;
    bool ok = load(store, name, &arena, &tasks, &count, err);

    for (size_t i = 0; ok && i < count; i++)
        ok = add_task(store, &tasks[i], live_of, self, list, err);
    json_t *all = json_pack("{s:b, s:o}", "live", live_of != NULL, "tasks", list);
    if (!ok) {
        json_decref(all);
        return false;
    }
    *out = dump(all);
    return true;
}

static json_t *relation_json(const StoreRelation *relation)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "schema", relation->schema,
                     "table", relation->name, "state", relation_state_name(relation->state), "rows",
                     (json_int_t)relation->rows, "kept", (json_int_t)relation->kept, "estimate",
                     (json_int_t)relation->estimated_rows, "bytes", (json_int_t)relation->bytes,
                     "chunks", (json_int_t)relation->chunks, "chunks_done",
                     (json_int_t)relation->chunks_done);
}

bool tables_json(Store *store, const char *name, char **out, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    StoreRelation *relations;
    StoreTask *task;
    size_t count;

    if (!store_find_task(store, name, &arena, &task, err))
        return false;
    if (!task)
        return status_no_such_task(name, err);
    if (!store_relations(store, name, &arena, &relations, &count, err))
        return false;

    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, relation_json(&relations[i]));
    *out = dump(json_pack("{s:o}", "tables", list));
    return true;
}
