#include "schema/job.h"

#include "common/clock.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/selectdb.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_MS = 15000,
    PREDECESSOR_TIMEOUT_MS = 10000,
    LOCK_ATTEMPTS = 12,
    LOCK_PAUSE_MS = 500, /* after a failed attempt: lets those through who waited behind us */
};

bool job_wait(JobHost *host, struct pollfd *items, size_t count, int timeout_ms, Error *err)
{
    if (host)
        return host->wait(host->self, items, count, timeout_ms, err);
    (void)poll(items, count, timeout_ms);
    return true;
}

bool job_pause(JobHost *host, int ms, Error *err)
{
    int64_t end = clock_ms() + ms;

    for (int64_t left = ms; left > 0; left = end - clock_ms()) {
        if (!job_wait(host, NULL, 0, (int)left, err))
            return false;
    }
    return true;
}

void job_notice(JobHost *host, uint64_t done, uint64_t total, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (!host)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    host->notice(host->self, text, done, total);
}

static bool wait_for_statement(void *self, int fd, bool write, Error *err)
{
    struct pollfd item = {.fd = fd, .events = (short)(write ? POLLIN | POLLOUT : POLLIN)};

    while (!item.revents) {
        if (!job_wait(self, &item, 1, -1, err))
            return false;
    }
    return true;
}

/* One round of the connection's making. False: it failed, or the time is over. */
static bool connect_step(Pg *pg, const char *side, PgProgress progress, int64_t deadline,
                         JobHost *host, Error *err)
{
    struct pollfd item = {.fd = pg_socket(pg),
                          .events = progress == PG_WAIT_WRITE ? POLLOUT : POLLIN};
    int64_t left = deadline - clock_ms();

    if (progress == PG_FAILED)
        return false;
    if (left <= 0) {
        error_set(err, ERROR_CONNECTION, "cannot connect to the %s: no answer within %d s", side,
                  CONNECT_TIMEOUT_MS / 1000);
        return error_hint(err, "check that the server is up and reachable from here");
    }
    return job_wait(host, &item, 1, (int)left, err);
}

static bool connect_target(Pg **out, const TaskFile *task, const PgTarget *target, const char *role,
                           JobHost *host, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    char name[OBJECT_NAME_MAX];
    int64_t deadline = clock_ms() + CONNECT_TIMEOUT_MS;

    names_application(task->name, role, name);
    if (!pg_connect_start(&pg, target, name, err))
        return false;
    for (PgProgress progress = PG_WAIT_WRITE; progress != PG_DONE;) {
        if (!connect_step(pg, target->side, progress, deadline, host, err))
            return false;
        progress = pg_connect_poll(pg, err);
    }
    pg_set_wait(pg, wait_for_statement, host);
    *out = pg;
    pg = NULL; /* handed over */
    return true;
}

bool job_connect_source(Pg **out, const TaskFile *task, const char *role, JobHost *host, Error *err)
{
    PgTarget target = {"source", task->source.conninfo, task->source.password_file, NULL};

    return connect_target(out, task, &target, role, host, err);
}

bool job_connect_destination(Pg **out, const TaskFile *task, const char *role, JobHost *host,
                             Error *err)
{
    PgTarget target = {"destination", task->destination.conninfo, task->destination.password_file,
                       NULL};

    return connect_target(out, task, &target, role, host, err);
}

static bool wait_for_selectdb(void *self, struct pollfd *items, size_t count, int timeout_ms,
                              Error *err)
{
    return job_wait(self, items, count, timeout_ms, err);
}

bool job_open_selectdb(Selectdb **out, const TaskFile *task, JobHost *host, Error *err)
{
    if (!selectdb_open(out, &task->destination, err))
        return error_wrap(err, "destination");
    selectdb_set_wait(*out, wait_for_selectdb, host);
    return true;
}

bool job_end_predecessor(Pg *pg, const TaskFile *task, const char *role, JobHost *host, Error *err)
{
    static const char SQL[] = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE application_name = $1 AND usename = current_user"
                              " AND datname = current_database() AND pid <> pg_backend_pid()";
    char name[OBJECT_NAME_MAX];
    const char *values[] = {names_application(task->name, role, name)};
    int64_t deadline = clock_ms() + PREDECESSOR_TIMEOUT_MS;

    for (;;) {
        CLEANUP(pg_rows_done) PgRows *rows = NULL;

        if (!pg_query(pg, SQL, 1, values, &rows, err))
            return error_wrap(err, "end what an earlier run left");
        if (pg_rows_count(rows) == 0)
            return true;
        if (clock_ms() > deadline)
            return error_set(err, ERROR_TRANSIENT, "a connection of an earlier run does not end");
        if (!job_pause(host, 100, err))
            return false;
    }
}

bool job_exec_locking(Pg *pg, const TaskFile *task, const char *sql, const char *object,
                      JobHost *host, Error *err)
{
    CLEANUP(mem_free)
    char *all = mem_printf("SET LOCAL lock_timeout = %lld; %s",
                           (long long)task->source.lock_timeout_ms, sql);

    for (int attempt = 1;; attempt++) {
        Error failure = {0};

        if (pg_exec(pg, all, NULL, &failure))
            return true;
        if (strcmp(pg_last_sqlstate(pg), "55P03") != 0 || attempt == LOCK_ATTEMPTS) {
            *err = failure;
            return error_object(err, "%s", object);
        }
        job_notice(host, 0, 0, "waiting for a lock on %s", object);
        if (!job_pause(host, LOCK_PAUSE_MS, err))
            return false;
    }
}
