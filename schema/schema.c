#include "schema/schema.h"

#include "common/arena.h"
#include "common/control.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "schema/build.h"
#include "schema/check.h"
#include "schema/plan.h"
#include "schema/prepare.h"
#include "schema/release.h"
#include "schema/restart.h"

#include <poll.h>
#include <stdlib.h>

typedef Walferry__Control__Assignment Assignment;
typedef Walferry__Control__JobResult JobResult;

enum { WAIT_MAX = 32, BUILDERS_MIN = 2 };

typedef struct Schema {
    Stage *stage;
    const Assignment *assignment;
    TaskFile task;
    JobHost host;
    Arena arena; /* the task's settings and the result */
    JobResult result;
} Schema;

static void schema_done(Schema *schema)
{
    arena_done(&schema->arena);
}

static bool wait_in_stage(void *self, struct pollfd *items, size_t count, int timeout_ms,
                          Error *err)
{
    Schema *s = self;
    WaitItem waits[WAIT_MAX];

    if (count > WAIT_MAX)
        return error_set(err, ERROR_CONFIG, "more than %d connections to wait for", WAIT_MAX);
    for (size_t i = 0; i < count; i++)
        waits[i] = (WaitItem){.fd = items[i].fd,
                              .read = (items[i].events & POLLIN) != 0,
                              .write = (items[i].events & POLLOUT) != 0};
    if (!stage_wait(s->stage, waits, count, timeout_ms, err))
        return false;
    for (size_t i = 0; i < count; i++)
        items[i].revents = waits[i].ready ? items[i].events : 0;
    return true;
}

static void say_notice(void *self, const char *text, uint64_t done, uint64_t total)
{
    Schema *s = self;
    CLEANUP(mem_free) char *copy = mem_strdup(text);
    Walferry__Control__JobNotice notice = WALFERRY__CONTROL__JOB_NOTICE__INIT;

    notice.text = copy;
    notice.done = done;
    notice.total = total;
    stage_say(s->stage, &CONTROL_MESSAGE(JOB_NOTICE, job_notice, &notice));
}

static int64_t lanes_of(const Schema *s)
{
    return s->assignment->lanes > 0 ? s->assignment->lanes : s->task.stages.loader;
}

static bool run_prepare(Schema *s, Error *err)
{
    Prepared prepared;

    if (!prepare_task(&s->task, s->assignment->task_uuid, lanes_of(s), &s->host, &prepared, err))
        return false;
    s->result.system_identifier = arena_strdup(&s->arena, prepared.system_identifier);
    s->result.timeline = prepared.timeline;
    s->result.slot_lsn = prepared.slot_lsn;
    return true;
}

static bool run_plan(Schema *s, Error *err)
{
    const Walferry__Control__Job *job = s->assignment->job;
    PlanRequest request = {job->snapshot_name, job->n_relation_oids ? job->relation_oids : NULL,
                           job->n_relation_oids, s->assignment->task_uuid};
    PlanOutcome outcome;

    if (!plan_task(&s->task, &request, &s->host, &s->arena, &outcome, err))
        return false;
    s->result.model = outcome.model;
    s->result.newer_snapshot = arena_strdup(&s->arena, outcome.newer_snapshot.message);
    return true;
}

static bool is_asked_for(const Walferry__Control__Job *job, uint32_t oid)
{
    for (size_t i = 0; i < job->n_relation_oids; i++) {
        if (job->relation_oids[i] == oid)
            return true;
    }
    return job->n_relation_oids == 0;
}

/* Of all tables, or of those that are copied already. */
static BuildList indexes_asked_for(Schema *s)
{
    const Walferry__Model__Model *model = s->assignment->model;
    size_t most = model ? model->n_indexes : 0, count = 0;
    Walferry__Model__ModelStatement **list =
        ARENA_ARRAY(&s->arena, Walferry__Model__ModelStatement *, most + 1);

    for (size_t i = 0; i < most; i++) {
        if (is_asked_for(s->assignment->job, model->indexes[i]->relation_oid))
            list[count++] = model->indexes[i];
    }
    return (BuildList){list, count};
}

static bool run_indexes(Schema *s, Error *err)
{
    BuildList list = indexes_asked_for(s);
    int64_t builders = s->task.stages.copy > BUILDERS_MIN ? s->task.stages.copy : BUILDERS_MIN;

    return build_indexes(&s->task, list, (size_t)builders, &s->host, err);
}

static bool run_foreign_keys(Schema *s, Error *err)
{
    const Walferry__Model__Model *model = s->assignment->model;
    BuildList list = {model ? model->foreign_keys : NULL, model ? model->n_foreign_keys : 0};

    return build_foreign_keys(&s->task, list, lanes_of(s), &s->host, err);
}

static bool run_restart_tables(Schema *s, Error *err)
{
    const Walferry__Control__Job *job = s->assignment->job;

    return restart_tables(&s->task, s->assignment->model, job->relation_oids, job->n_relation_oids,
                          &s->host, err);
}

/* A pointer array in the arena, with room for the next power of two. */
static void *append(Arena *arena, void *array, size_t *count, void *item)
{
    bool is_full = (*count & (*count - 1)) == 0;
    void **grown = is_full ? ARENA_ARRAY(arena, void *, *count ? 2 * *count : 1) : array;

    if (is_full && *count > 0)
        memcpy(grown, array, *count * sizeof *grown);
    grown[(*count)++] = item;
    return grown;
}

static void keep_leftover(void *self, const char *sql)
{
    Schema *s = self;

    s->result.leftovers = append(&s->arena, s->result.leftovers, &s->result.n_leftovers,
                                 arena_strdup(&s->arena, sql));
}

static bool run_release(Schema *s, Error *err)
{
    return release_task(&s->task, &s->host, keep_leftover, s, err);
}

static void keep_item(void *self, const CheckItem *item)
{
    Schema *s = self;
    Walferry__Control__CheckItem *kept = ARENA_NEW(&s->arena, Walferry__Control__CheckItem);

    walferry__control__check_item__init(kept);
    kept->level = arena_strdup(&s->arena, check_level_name(item->level));
    kept->id = arena_strdup(&s->arena, item->id);
    kept->object = arena_strdup(&s->arena, item->object);
    kept->what = arena_strdup(&s->arena, item->what);
    kept->to_do = arena_strdup(&s->arena, item->to_do);
    s->result.items = append(&s->arena, s->result.items, &s->result.n_items, kept);
}

static bool run_check(Schema *s, Error *err)
{
    return check_task(&s->task, &s->host, keep_item, s, err);
}

typedef bool RunJob(Schema *s, Error *err);

/* clang-format off */
static RunJob *const JOBS[] = {
    [WALFERRY__CONTROL__JOB_KIND__JOB_PREPARE]        = run_prepare,
    [WALFERRY__CONTROL__JOB_KIND__JOB_PLAN]           = run_plan,
    [WALFERRY__CONTROL__JOB_KIND__JOB_INDEXES]        = run_indexes,
    [WALFERRY__CONTROL__JOB_KIND__JOB_FOREIGN_KEYS]   = run_foreign_keys,
    [WALFERRY__CONTROL__JOB_KIND__JOB_RESTART_TABLES] = run_restart_tables,
    [WALFERRY__CONTROL__JOB_KIND__JOB_RELEASE]        = run_release,
    [WALFERRY__CONTROL__JOB_KIND__JOB_CHECK]          = run_check,
};
/* clang-format on */

static RunJob *find_job(const Assignment *assignment)
{
    size_t kind = assignment->job ? (size_t)assignment->job->kind : 0;

    return kind < COUNT_OF(JOBS) ? JOBS[kind] : NULL;
}

static bool read_task_file(Schema *s, Error *err)
{
    Str text = {(const char *)s->assignment->file_text.data, s->assignment->file_text.len};

    return task_file_parse(s->assignment->file_name, text, &s->arena, &s->task, err);
}

bool schema_run(Stage *stage, Error *err)
{
    CLEANUP(schema_done) Schema s = {.stage = stage, .assignment = stage_assignment(stage)};
    RunJob *run = find_job(s.assignment);

    if (!run)
        return error_set(err, ERROR_PROTOCOL, "an assignment without a job");
    s.host = (JobHost){wait_in_stage, say_notice, &s};
    walferry__control__job_result__init(&s.result);
    s.result.kind = s.assignment->job->kind;
    if (!read_task_file(&s, err) || !run(&s, err))
        return false;
    (void)FAILPOINT("schema.before_result");
    stage_say(stage, &CONTROL_MESSAGE(JOB_RESULT, job_result, &s.result));
    return true;
}
