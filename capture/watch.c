#include "capture/watch.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/publication.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOOK_MS = 5000 };

/* A look is one of these after the other, from the first that there is on. */
typedef enum Statement {
    STATEMENT_NONE = 0,
    STATEMENT_HEARTBEAT,
    STATEMENT_PARTITIONS_DIGEST,
    STATEMENT_PARTITIONS, /* only when the digest has changed */
    STATEMENT_PUBLICATION,
} Statement;

static const char *const DOES[] = {
    [STATEMENT_NONE] = "",
    [STATEMENT_HEARTBEAT] = "write the heartbeat",
    [STATEMENT_PARTITIONS_DIGEST] = "look at the partitions",
    [STATEMENT_PARTITIONS] = "look at the partitions",
    [STATEMENT_PUBLICATION] = "look at the publication",
};

struct Watch {
    WatchPlan plan;
    char publication[OBJECT_NAME_MAX];
    char *publication_sql;
    Partitions *partitions; /* NULL: there are none */
    Heartbeat heartbeat;
    int64_t look_ms; /* due again */
    Statement running;
    bool wants_write;
};

static bool heartbeat_row_gone(const Watch *watch, Error *err)
{
    error_set(err, ERROR_CONFIG, "the source has no heartbeat row of task %s", watch->plan.task);
    error_object(err, WALFERRY_SCHEMA ".heartbeat");
    return error_hint(err, "it is the task's own: put it back, or release the task and start it "
                           "anew");
}

static bool publication_changed(const Watch *watch, const char *how, Error *err)
{
    error_set(err, ERROR_CONFIG, "the publication was %s behind our back", how);
    error_object(err, "%s", watch->publication);
    return error_hint(err, "changes may be missing since then: release the task and start it anew");
}

static bool check_publication(const Watch *watch, const PgRows *rows, Error *err)
{
    if (pg_rows_count(rows) == 0)
        return publication_changed(watch, "dropped", err);
    if ((uint64_t)pg_int(rows, 0, "digest") != watch->plan.model->publication_digest)
        return publication_changed(watch, "changed", err);
    return true;
}

static bool look_at_publication(const Watch *watch, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (watch->plan.model->publication_digest == 0)
        return true;
    if (!pg_exec(watch->plan.session, watch->publication_sql, &rows, err))
        return error_wrap(err, "%s", DOES[STATEMENT_PUBLICATION]);
    return check_publication(watch, rows, err);
}

static bool look_at_partitions(const Watch *watch, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!watch->partitions)
        return true;
    if (!pg_exec(watch->plan.session, partitions_sql(watch->partitions), &rows, err))
        return error_wrap(err, "%s", DOES[STATEMENT_PARTITIONS]);
    return partitions_compare(watch->partitions, rows, err);
}

bool watch_open(Watch **out, const WatchPlan *plan, int64_t now_ms, Error *err)
{
    CLEANUP(watch_close) Watch *watch = MEM_NEW(Watch);

    watch->plan = *plan;
    watch->look_ms = now_ms + LOOK_MS;
    watch->partitions = partitions_open(plan->model);
    names_slot(plan->task, watch->publication);
    watch->publication_sql = publication_digest_sql(plan->session, watch->publication);
    /* A heartbeat need not wait for the source's standbys. */
    if (!pg_exec(plan->session, "SET synchronous_commit = local", NULL, err) ||
        !look_at_partitions(watch, err) || !look_at_publication(watch, err))
        return false;
    heartbeat_start(&watch->heartbeat, plan->heartbeat_ms, now_ms);
    *out = watch;
    watch = NULL; /* handed over */
    return true;
}

void watch_close(Watch **watch)
{
    if (!*watch)
        return;
    partitions_close(&(*watch)->partitions);
    free((*watch)->publication_sql);
    free(*watch);
    *watch = NULL;
}

/* Never a lower number: a capture that was thought dead may have written one more. */
static bool send_heartbeat(Watch *watch, int64_t now_ms, Error *err)
{
    CLEANUP(mem_free) char *task = pg_literal(watch->plan.session, watch->plan.task);
    CLEANUP(mem_free)
    char *sql = mem_printf("UPDATE " WALFERRY_SCHEMA ".heartbeat SET n = greatest(n, %" PRIu64
                           "), at = now()"
                           " WHERE task = %s RETURNING n",
                           watch->heartbeat.number, task);

    (void)FAILPOINT("capture.heartbeat");
    if (!pg_send(watch->plan.session, sql, err))
        return error_wrap(err, "write the heartbeat");
    heartbeat_sent(&watch->heartbeat, now_ms);
    watch->running = STATEMENT_HEARTBEAT;
    return true;
}

static bool looks(const Watch *watch)
{
    return watch->partitions || watch->plan.model->publication_digest != 0;
}

/* The next statement of a look; none where there is nothing to look at. */
static bool send_look(Watch *watch, Statement statement, Error *err)
{
    const char *sql = watch->publication_sql;

    if (statement == STATEMENT_PUBLICATION && watch->plan.model->publication_digest == 0)
        return true;
    if (statement == STATEMENT_PARTITIONS_DIGEST)
        sql = partitions_digest_sql(watch->partitions);
    if (statement == STATEMENT_PARTITIONS)
        sql = partitions_sql(watch->partitions);
    watch->running = statement;
    return pg_send(watch->plan.session, sql, err) || error_wrap(err, "%s", DOES[statement]);
}

static bool send_due(Watch *watch, int64_t now_ms, Error *err)
{
    if (heartbeat_due(&watch->heartbeat, now_ms))
        return send_heartbeat(watch, now_ms, err);
    if (!looks(watch) || now_ms < watch->look_ms)
        return true;
    watch->look_ms = now_ms + LOOK_MS;
    return send_look(watch, watch->partitions ? STATEMENT_PARTITIONS_DIGEST : STATEMENT_PUBLICATION,
                     err);
}

static bool hear_heartbeat(Watch *watch, const PgRows *rows, Error *err)
{
    if (pg_rows_count(rows) == 0)
        return heartbeat_row_gone(watch, err);
    heartbeat_written(&watch->heartbeat, (uint64_t)pg_int(rows, 0, "n"));
    return true;
}

static bool hear(Watch *watch, Statement statement, const PgRows *rows, Error *err)
{
    if (statement == STATEMENT_HEARTBEAT)
        return hear_heartbeat(watch, rows, err);
    if (statement == STATEMENT_PUBLICATION)
        return check_publication(watch, rows, err);
    if (statement == STATEMENT_PARTITIONS_DIGEST)
        return send_look(watch,
                         partitions_same_digest(watch->partitions, rows) ? STATEMENT_PUBLICATION
                                                                         : STATEMENT_PARTITIONS,
                         err);
    return partitions_compare(watch->partitions, rows, err) &&
           send_look(watch, STATEMENT_PUBLICATION, err);
}

static bool take_answer(Watch *watch, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    Statement statement = watch->running;

    switch (pg_receive(watch->plan.session, &rows, err)) {
    case PG_FAILED:
        return error_wrap(err, "%s", DOES[statement]);
    case PG_WAIT_WRITE:
        watch->wants_write = true;
        return true;
    case PG_WAIT_READ:
        watch->wants_write = false;
        return true;
    case PG_DONE:
        break;
    }
    watch->running = STATEMENT_NONE;
    watch->wants_write = false;
    return hear(watch, statement, rows, err);
}

bool watch_work(Watch *watch, int64_t now_ms, Error *err)
{
    if (watch->running != STATEMENT_NONE && !take_answer(watch, err))
        return false;
    return watch->running != STATEMENT_NONE || send_due(watch, now_ms, err);
}

WaitItem watch_wait_item(const Watch *watch)
{
    return (WaitItem){
        .fd = pg_socket(watch->plan.session), .read = true, .write = watch->wants_write};
}

int watch_timeout_ms(const Watch *watch, int64_t now_ms)
{
    int64_t next = watch->heartbeat.next_ms;

    if (watch->running != STATEMENT_NONE)
        return -1;
    if (looks(watch) && watch->look_ms < next)
        next = watch->look_ms;
    return next > now_ms ? (int)(next - now_ms) : 0;
}

Heartbeat *watch_heartbeat(Watch *watch)
{
    return &watch->heartbeat;
}
