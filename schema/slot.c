#include "schema/slot.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/names.h"
#include "common/sql_text.h"
#include "slot_state.sql.h"
#include "slot_waits_for.sql.h"

#include <poll.h>
#include <stdio.h>

enum { WATCH_MS = 1000, ENDING_TIMEOUT_MS = 15000 };

bool slot_read(Pg *pg, const char *slot, SlotState *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    SlotState state = {0};

    if (!pg_query(pg, SQL_SLOT_STATE, 1, &slot, &rows, err))
        return error_wrap(err, "look at the slot");
    if (pg_rows_count(rows) > 0) {
        state.exists = true;
        state.ours =
            pg_bool(rows, 0, "here") && strcmp(pg_text(rows, 0, "plugin"), "pgoutput") == 0;
        state.active_pid = (int)pg_int(rows, 0, "active_pid");
        snprintf(state.database, sizeof state.database, "%s", pg_text(rows, 0, "database"));
        snprintf(state.plugin, sizeof state.plugin, "%s", pg_text(rows, 0, "plugin"));
        if (!lsn_parse(pg_text(rows, 0, "confirmed_flush_lsn"), &state.confirmed))
            state.confirmed = 0; /* NULL while it is being made */
    }
    *out = state;
    return true;
}

/* Whom the connection that makes the slot waits for, told to the host. */
static bool tell_blockers(Pg *watcher, int maker_pid, JobHost *host, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes text = {0};
    char pid[16];
    const char *values[] = {pid};

    snprintf(pid, sizeof pid, "%d", maker_pid);
    if (!pg_query(watcher, SQL_SLOT_WAITS_FOR, 1, values, &rows, err))
        return error_wrap(err, "look for what the slot waits for");
    for (int row = 0; row < pg_rows_count(rows); row++)
        sql_add(&text, "%s%s", row ? "; " : "", pg_text(rows, row, "who"));
    if (pg_rows_count(rows) > 0)
        job_notice(host, 0, 0, "the making of the slot waits for %s", sql_text(&text));
    return true;
}

static bool wait_for_slot(Pg *pg, Pg *watcher, JobHost *host, Error *err)
{
    for (;;) {
        PgProgress progress = pg_receive(pg, NULL, err);
        struct pollfd item = {.fd = pg_socket(pg),
                              .events = progress == PG_WAIT_WRITE ? POLLOUT : POLLIN};

        if (progress == PG_DONE)
            return true;
        if (progress == PG_FAILED || !job_wait(host, &item, 1, WATCH_MS, err))
            return false;
        if (!item.revents && !tell_blockers(watcher, pg_backend_pid(pg), host, err))
            return false;
    }
}

bool slot_create(Pg *pg, const TaskFile *task, const char *slot, JobHost *host, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_close) Pg *watcher = NULL;
    bool failover = pg_server_version(pg) >= 170000;

    if (!job_connect_source(&watcher, task, "schema", host, err))
        return false;
    sql_add(&sql, "SELECT pg_create_logical_replication_slot(");
    sql_literal(&sql, str_of(slot));
    sql_add(&sql, ", 'pgoutput', false, false%s)", failover ? ", true" : "");
    if (!pg_send(pg, sql_text(&sql), err) || !wait_for_slot(pg, watcher, host, err)) {
        error_wrap(err, "make the slot");
        return error_object(err, "%s", slot);
    }
    job_notice(host, 0, 0, "slot %s made", slot);
    return true;
}

/* True if the backend that reads the slot is our own capture's; it is told to end. */
static bool end_own_reader(Pg *pg, const TaskFile *task, int active_pid, bool *own, Error *err)
{
    static const char SQL[] = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE pid = $1::int AND starts_with(application_name, $2)";
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    char pid[16], name[OBJECT_NAME_MAX];
    const char *values[] = {pid, name};

    snprintf(pid, sizeof pid, "%d", active_pid);
    names_application(task->name, "", name);
    if (!pg_query(pg, SQL, 2, values, &rows, err))
        return error_wrap(err, "end the slot's reader");
    *own = pg_rows_count(rows) > 0;
    return true;
}

static bool wait_until_unread(Pg *pg, const TaskFile *task, const char *slot, JobHost *host,
                              SlotState *state, Error *err)
{
    int64_t deadline = clock_ms() + ENDING_TIMEOUT_MS;

    for (;;) {
        bool own = true;

        if (!slot_read(pg, slot, state, err))
            return false;
        if (!state->exists || state->active_pid == 0)
            return true;
        if (!end_own_reader(pg, task, state->active_pid, &own, err))
            return false;
        if (!own || clock_ms() > deadline)
            return error_set(err, ERROR_TRANSIENT, "slot %s is in use by pid %d%s", slot,
                             state->active_pid, own ? "" : ", which is not ours");
        if (!job_pause(host, 100, err))
            return false;
    }
}

bool slot_drop(Pg *pg, const TaskFile *task, const char *slot, JobHost *host, Error *err)
{
    SlotState state = {0};

    if (!wait_until_unread(pg, task, slot, host, &state, err))
        return error_object(err, "%s", slot);
    if (!state.exists)
        return true;
    if (!state.ours) {
        error_set(err, ERROR_CONFIG, "the slot %s belongs to database \"%s\" and plugin \"%s\"",
                  slot, state.database, state.plugin);
        return error_object(err, "%s", slot);
    }
    if (!pg_query(pg, "SELECT pg_drop_replication_slot($1)", 1, &slot, NULL, err)) {
        error_wrap(err, "drop the slot");
        return error_object(err, "%s", slot);
    }
    return true;
}
