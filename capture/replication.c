#include "capture/replication.h"

#include "capture/timeline.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/reader.h"
#include "slot_state.sql.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>

enum {
    XLOG_DATA = 'w',
    KEEPALIVE = 'k',
    STATUS = 'r',
    SLOT_WAIT_MS = 60000,
};

struct Replication {
    ReplicationPlan plan;
    char slot[OBJECT_NAME_MAX];
    Pg *stream;
    Pg *session;
    uint32_t timeline;
    int timeout_ms;
    char *message; /* libpq's, of the last receive */
    bool wants_write;
};

typedef struct SlotState {
    bool active;
    int64_t active_pid;
    bool known; /* its backend is there still */
    bool ours;  /* held by a capture of this task */
    char application[OBJECT_NAME_MAX];
    Lsn confirmed;
    bool lost;
} SlotState;

/* --- the server is the one we know --- */

static bool connect_both(Replication *replication, Error *err)
{
    const ReplicationPlan *plan = &replication->plan;
    char name[OBJECT_NAME_MAX];

    names_application(plan->task, "capture", name);
    if (!pg_connect(&replication->session, &plan->source, name, false, err) ||
        !pg_connect(&replication->stream, &plan->source, name, true, err))
        return false;
    pg_set_wait(replication->session, plan->wait, plan->wait_self);
    pg_set_wait(replication->stream, plan->wait, plan->wait_self);
    return true;
}

static bool identify(Replication *replication, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *known = replication->plan.system_identifier;

    if (!pg_exec(replication->stream, "IDENTIFY_SYSTEM", &rows, err))
        return error_wrap(err, "identify the source");
    replication->timeline = (uint32_t)pg_int(rows, 0, "timeline");
    if (!known[0] || strcmp(known, pg_text(rows, 0, "systemid")) == 0)
        return true;
    error_set(err, ERROR_CONFIG,
              "the source is another server: its system identifier is %s, not %s",
              pg_text(rows, 0, "systemid"), known);
    error_object(err, "%s", pg_address(replication->session));
    return error_hint(err,
                      "connect to the server that the task began with, or release the task and "
                      "start it anew");
}

/* It may be about to take over: as good as a primary that is not back yet. */
static bool still_a_standby(const Replication *replication, Error *err)
{
    error_set(err, ERROR_CONNECTION, "the source is a standby");
    error_object(err, "%s", pg_address(replication->session));
    return error_hint(err, "promote it, or name the primary in source.conninfo; it may list all "
                           "servers: host=a,b target_session_attrs=read-write");
}

static bool read_server(Replication *replication, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(replication->session,
                 "SELECT setting::int AS ms, pg_is_in_recovery() AS standby"
                 "  FROM pg_settings WHERE name = 'wal_sender_timeout'",
                 &rows, err))
        return error_wrap(err, "read wal_sender_timeout");
    replication->timeout_ms = (int)pg_int(rows, 0, "ms");
    return !pg_bool(rows, 0, "standby") || still_a_standby(replication, err);
}

bool replication_connect(Replication **out, const ReplicationPlan *plan, Error *err)
{
    CLEANUP(replication_close) Replication *replication = MEM_NEW(Replication);

    replication->plan = *plan;
    names_slot(plan->task, replication->slot);
    if (!connect_both(replication, err) || !identify(replication, err) ||
        !read_server(replication, err))
        return false;
    *out = replication;
    replication = NULL; /* handed over */
    return true;
}

void replication_close(Replication **replication)
{
    if (!*replication)
        return;
    PQfreemem((*replication)->message);
    pg_close(&(*replication)->stream);
    pg_close(&(*replication)->session);
    free(*replication);
    *replication = NULL;
}

static bool check_timeline(Replication *replication, Lsn resume, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const ReplicationPlan *plan = &replication->plan;
    Lsn needed = resume > plan->snapshot_lsn ? resume : plan->snapshot_lsn;
    char sql[64];

    if (plan->timeline == 0 || plan->timeline == replication->timeline)
        return true;
    snprintf(sql, sizeof sql, "TIMELINE_HISTORY %u", replication->timeline);
    if (!pg_exec(replication->stream, sql, &rows, err))
        return error_wrap(err, "read the source's timeline history");
    return timeline_check(str_of(pg_text(rows, 0, "content")), plan->timeline, needed, err);
}

/* --- the slot is ours --- */

static bool slot_gone(const Replication *replication, Error *err)
{
    error_set(err, ERROR_CONFIG, "the replication slot is gone");
    error_object(err, "%s", replication->slot);
    return error_hint(err, "changes since then are lost: release the task and start it anew");
}

static bool look_at_slot(Replication *replication, SlotState *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(mem_free) char *name = pg_literal(replication->session, replication->slot);
    CLEANUP(mem_free) char *sql = mem_printf(SQL_SLOT_STATE, name);
    char ours[OBJECT_NAME_MAX];

    if (!pg_exec(replication->session, sql, &rows, err))
        return error_wrap(err, "look at slot %s", replication->slot);
    if (pg_rows_count(rows) == 0 || !pg_bool(rows, 0, "here") ||
        strcmp(pg_text(rows, 0, "plugin"), "pgoutput") != 0)
        return slot_gone(replication, err);
    *out = (SlotState){.active = pg_bool(rows, 0, "active"),
                       .active_pid = pg_int(rows, 0, "active_pid"),
                       .known = pg_bool(rows, 0, "known"),
                       .lost = strcmp(pg_text(rows, 0, "wal_status"), "lost") == 0};
    snprintf(out->application, sizeof out->application, "%s", pg_text(rows, 0, "application_name"));
    out->ours =
        pg_bool(rows, 0, "same_user") &&
        strcmp(out->application, names_application(replication->plan.task, "capture", ours)) == 0;
    return pg_is_null(rows, 0, "confirmed_flush_lsn") ||
           lsn_parse(pg_text(rows, 0, "confirmed_flush_lsn"), &out->confirmed) ||
           slot_gone(replication, err);
}

static bool held_by_stranger(const Replication *replication, const SlotState *state, Error *err)
{
    error_set(err, ERROR_CONFIG, "the replication slot is in use by pid %" PRId64 " (%s)",
              state->active_pid, state->application[0] ? state->application : "no name");
    error_object(err, "%s", replication->slot);
    return error_hint(err,
                      "end that connection: a slot serves one reader, and another one's reading "
                      "loses changes");
}

/* A backend whose client died notices it late; one of a capture that hangs never does. */
static bool end_our_old_backend(Replication *replication, const SlotState *state, Error *err)
{
    log_info("ending old backend", "slot=%s pid=%" PRId64, replication->slot, state->active_pid);
    return pg_execf(replication->session, err, "SELECT pg_terminate_backend(%" PRId64 ")",
                    state->active_pid) ||
           error_wrap(err, "end our old connection on slot %s", replication->slot);
}

static bool still_in_use(const Replication *replication, const SlotState *state, Error *err)
{
    if (!state->ours)
        return held_by_stranger(replication, state, err);
    error_set(err, ERROR_TRANSIENT, "the replication slot is still in use by pid %" PRId64,
              state->active_pid);
    return error_object(err, "%s", replication->slot);
}

/* Ends with a slot that nobody holds. */
static bool wait_for_slot(Replication *replication, SlotState *state, Error *err)
{
    int64_t give_up_ms = clock_ms() + SLOT_WAIT_MS;
    int64_t ended = 0;

    while (look_at_slot(replication, state, err)) {
        bool strange = !state->ours && state->known;

        if (!state->active)
            return true;
        if (strange || clock_ms() > give_up_ms)
            return still_in_use(replication, state, err);
        if (state->ours && ended != state->active_pid &&
            !end_our_old_backend(replication, state, err))
            return false;
        ended = state->active_pid;
        if (!pg_exec(replication->session, "SELECT pg_sleep(0.05)", NULL, err))
            return false;
    }
    return false;
}

static bool check_slot(Replication *replication, Lsn resume, Error *err)
{
    SlotState state = {0};
    char confirmed[LSN_TEXT_MAX], needed[LSN_TEXT_MAX];

    if (!wait_for_slot(replication, &state, err))
        return false;
    if (state.lost) {
        error_set(err, ERROR_CONFIG, "the server has removed WAL that the replication slot needs");
        error_object(err, "%s", replication->slot);
        return error_hint(err, "raise max_slot_wal_keep_size; release the task and start it anew");
    }
    if (state.confirmed <= resume)
        return true;
    error_set(
        err, ERROR_CONFIG,
        "the replication slot was advanced or made anew behind our back: it is at %s, we need "
        "it from %s",
        lsn_format(state.confirmed, confirmed), lsn_format(resume, needed));
    error_object(err, "%s", replication->slot);
    error_position(err, "%s", needed);
    return error_hint(err, "changes between the two are lost: release the task and start it anew");
}

/* --- the stream --- */

static char *start_command(const Replication *replication, Lsn resume)
{
    int version = pg_server_version(replication->session);
    char lsn[LSN_TEXT_MAX];

    /* Slot and publication bear the task's name, [a-z0-9_]: nothing to quote. */
    return mem_printf("START_REPLICATION SLOT \"%s\" LOGICAL %s (proto_version '%d', "
                      "publication_names '\"%s\"'%s%s)",
                      replication->slot, lsn_format(resume, lsn), version >= 140000 ? 2 : 1,
                      replication->slot,
                      version >= 140000 && replication->plan.streaming ? ", streaming 'on'" : "",
                      version >= 140000 && replication->plan.binary ? ", binary 'true'" : "");
}

static bool begin_copy(Replication *replication, Lsn resume, Error *err)
{
    CLEANUP(mem_free) char *sql = start_command(replication, resume);
    PGconn *conn = pg_raw(replication->stream);
    PGresult *result;
    bool ok;

    if (!PQsendQuery(conn, sql))
        return pg_error(replication->stream, NULL, err);
    while (PQisBusy(conn)) {
        if (!pg_wait_socket(replication->stream, false, err))
            return false;
        if (!PQconsumeInput(conn))
            return pg_error(replication->stream, NULL, err);
    }
    result = PQgetResult(conn);
    ok = PQresultStatus(result) == PGRES_COPY_BOTH;
    if (!ok)
        pg_error(replication->stream, result, err);
    PQclear(result);
    if (ok && PQsetnonblocking(conn, 1) != 0)
        return pg_error(replication->stream, NULL, err);
    return ok || error_object(err, "%s", replication->slot);
}

bool replication_start(Replication *replication, Lsn resume, Error *err)
{
    (void)FAILPOINT("capture.start_replication");
    if (!check_timeline(replication, resume, err) || !check_slot(replication, resume, err) ||
        !begin_copy(replication, resume, err))
        return error_wrap(err, "start the stream");
    return true;
}

/* "slot "walferry_t", output plugin "pgoutput", in the change callback, associated LSN 0/1A2B3C" */
static void note_position(const PGresult *result, Error *err)
{
    static const char MARK[] = "associated LSN ";
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *at = context ? strstr(context, MARK) : NULL;

    if (at)
        error_position(err, "%.*s", (int)strspn(at + strlen(MARK), "0123456789ABCDEF/"),
                       at + strlen(MARK));
}

/* The server ended the stream: it shuts down, or something failed at its side. */
static bool stream_ended(Replication *replication, Error *err)
{
    PGconn *conn = pg_raw(replication->stream);
    PGresult *result = PQgetResult(conn);

    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        pg_error(replication->stream, result, err);
    else
        error_set(err, ERROR_CONNECTION, "the source ended the stream");
    note_position(result, err);
    PQclear(result);
    if (err->kind != ERROR_CONFIG)
        return false;
    /* Both bear this name; it is the publication that can go while the slot is in use. */
    error_object(err, "%s", replication->slot);
    return error_hint(err, "changes may be missing since then: release the task and start it anew");
}

static bool parse_message(Str bytes, ReplicationMessage *out, Error *err)
{
    Reader r = reader_over(bytes);
    uint8_t kind = reader_u8(&r);

    out->end = reader_u64be(&r);
    if (kind == XLOG_DATA) {
        reader_bytes(&r, 8 + 8); /* the end of WAL, and the server's clock */
        out->kind = REPLICATION_DATA;
        out->data = reader_bytes(&r, (size_t)(r.end - r.at));
    } else {
        reader_u64be(&r); /* the server's clock */
        out->kind = REPLICATION_KEEPALIVE;
        out->reply = reader_u8(&r) != 0;
    }
    return ((kind == XLOG_DATA || kind == KEEPALIVE) && reader_done(&r)) ||
           error_set(err, ERROR_PROTOCOL, "replication: a message 0x%02x of %zu bytes", kind,
                     bytes.len);
}

/*
 * Reads from the socket only when libpq has no whole message left: it hands out what it has without
 * looking for more.
 */
bool replication_receive(Replication *replication, ReplicationMessage *out, Error *err)
{
    PGconn *conn = pg_raw(replication->stream);
    int len;

    PQfreemem(replication->message);
    replication->message = NULL;
    *out = (ReplicationMessage){0};
    len = PQgetCopyData(conn, &replication->message, /* async= */ 1);
    if (len == 0) {
        if (!PQconsumeInput(conn))
            return pg_error(replication->stream, NULL, err);
        len = PQgetCopyData(conn, &replication->message, 1);
    }
    if (len == 0)
        return true;
    if (len < 0)
        return stream_ended(replication, err);
    return parse_message((Str){replication->message, (size_t)len}, out, err);
}

bool replication_report(Replication *replication, Lsn received, Lsn confirmed, int64_t now_us,
                        bool ask, Error *err)
{
    CLEANUP(bytes_done) Bytes status = {0};

    bytes_add_u8(&status, STATUS);
    bytes_add_u64be(&status, received);
    bytes_add_u64be(&status, confirmed); /* flushed: what the slot may forget */
    bytes_add_u64be(&status, confirmed); /* applied */
    bytes_add_u64be(&status, (uint64_t)(now_us - CLOCK_POSTGRES_EPOCH_US));
    bytes_add_u8(&status, ask);
    if (PQputCopyData(pg_raw(replication->stream), status.data, (int)status.len) < 0)
        return pg_error(replication->stream, NULL, err);
    return replication_flush(replication, err);
}

bool replication_flush(Replication *replication, Error *err)
{
    int left = PQflush(pg_raw(replication->stream));

    replication->wants_write = left > 0;
    return left >= 0 || pg_error(replication->stream, NULL, err);
}

bool replication_wants_write(const Replication *replication)
{
    return replication->wants_write;
}

int replication_socket(const Replication *replication)
{
    return pg_socket(replication->stream);
}

Pg *replication_session(Replication *replication)
{
    return replication->session;
}

uint32_t replication_timeline(const Replication *replication)
{
    return replication->timeline;
}

int replication_timeout_ms(const Replication *replication)
{
    return replication->timeout_ms;
}
