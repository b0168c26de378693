#include "capture/watch.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/publication.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PUBLICATION_MS = 5000 };

typedef enum Statement { STATEMENT_NONE = 0, STATEMENT_HEARTBEAT, STATEMENT_PUBLICATION } Statement;

struct Watch {
    WatchPlan plan;
    char publication[OBJECT_NAME_MAX];
    char *publication_sql;
    Heartbeat heartbeat;
    int64_t publication_ms; /* due again */
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
    if ((uint64_t)pg_int(rows, 0, "digest") != watch->plan.publication_digest)
        return publication_changed(watch, "changed", err);
    return true;
}

static bool look_at_publication(const Watch *watch, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (watch->plan.publication_digest == 0)
        return true;
    if (!pg_exec(watch->plan.session, watch->publication_sql, &rows, err))
        return error_wrap(err, "look at the publication");
    return check_publication(watch, rows, err);
}

bool watch_open(Watch **out, const WatchPlan *plan, int64_t now_ms, Error *err)
{
    CLEANUP(watch_close) Watch *watch = MEM_NEW(Watch);

    watch->plan = *plan;
    watch->publication_ms = now_ms + PUBLICATION_MS;
    names_slot(plan->task, watch->publication);
    watch->publication_sql = publication_digest_sql(plan->session, watch->publication);
    /* A heartbeat need not wait for the source's standbys. */
    if (!pg_exec(plan->session, "SET synchronous_commit = local", NULL, err) ||
        !look_at_publication(watch, err))
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

static bool send_publication(Watch *watch, int64_t now_ms, Error *err)
{
    watch->publication_ms = now_ms + PUBLICATION_MS;
    watch->running = STATEMENT_PUBLICATION;
    return pg_send(watch->plan.session, watch->publication_sql, err) ||
           error_wrap(err, "look at the publication");
}

static bool send_due(Watch *watch, int64_t now_ms, Error *err)
{
    if (heartbeat_due(&watch->heartbeat, now_ms))
        return send_heartbeat(watch, now_ms, err);
    if (watch->plan.publication_digest != 0 && now_ms >= watch->publication_ms)
        return send_publication(watch, now_ms, err);
    return true;
}

static bool take_answer(Watch *watch, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    Statement statement = watch->running;

    switch (pg_receive(watch->plan.session, &rows, err)) {
    case PG_FAILED:
        return error_wrap(err, statement == STATEMENT_HEARTBEAT ? "write the heartbeat"
                                                                : "look at the publication");
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
    if (statement == STATEMENT_PUBLICATION)
        return check_publication(watch, rows, err);
    if (pg_rows_count(rows) == 0)
        return heartbeat_row_gone(watch, err);
    heartbeat_written(&watch->heartbeat, (uint64_t)pg_int(rows, 0, "n"));
    return true;
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
    if (watch->plan.publication_digest != 0 && watch->publication_ms < next)
        next = watch->publication_ms;
    return next > now_ms ? (int)(next - now_ms) : 0;
}

Heartbeat *watch_heartbeat(Watch *watch)
{
    return &watch->heartbeat;
}
