/* The connection to a PostgreSQL destination: session, takeover, transactions, the position. */
#include "loader/sink_postgres.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/replica_role.h"

/* clang-format off */
#include "end_predecessors.sql.h"
#include "take_over.sql.h"
/* clang-format on */

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* More shapes of rows than any honest stream has; past it the server's memory is freed. */
enum { PREPARED_MAX = 4096 };

/* Each commit empties all of them, whichever was used. */
enum { TEMPORARIES_MAX = 32 };

/*
 * Rows are found through the index of
 * their key, one by one: a plan that was made while a table was small, or by a guess before it was
 * analysed, must not read a large one through. What a set holds fits into the buffers for temporary
 * tables.
 */
static const char SESSION[] = "SET synchronous_commit = off; SET jit = off; "
                              "SET enable_seqscan = off; SET enable_bitmapscan = off; "
                              "SET enable_hashjoin = off; SET enable_mergejoin = off; "
                              "SET temp_buffers = '32MB'";

void sink_postgres_free(SinkPostgres *sink)
{
    fold_close(&sink->fold);
    arena_done(&sink->piece);
    dest_tables_close(&sink->tables);
    pg_close(&sink->pg);
    bytes_done(&sink->copy);
    bytes_done(&sink->scratch);
    free(sink->notes);
    free(sink);
}

/* {1,2}: our own backends, as int[]. */
static void add_pids(Bytes *out, const SinkPostgres *sink, const int *pids, size_t count)
{
    char text[16];

    snprintf(text, sizeof text, "{%d", pg_backend_pid(sink->pg));
    bytes_add_str(out, str_of(text));
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, ",%d", pids[i]);
        bytes_add_str(out, str_of(text));
    }
    bytes_add(out, "}", sizeof "}");
}

static bool end_predecessors(SinkPostgres *sink, const int *pids, size_t count, Error *err)
{
    CLEANUP(bytes_done) Bytes list = {0};

    add_pids(&list, sink, pids, count);
    const char *values[] = {sink->target.application, list.data};
    return pg_query(sink->pg, SQL_END_PREDECESSORS, COUNT_OF(values), values, NULL, err) ||
           error_wrap(err, "ending what an earlier loader left behind");
}

static bool read_progress(SinkPostgres *sink, const PgRows *rows, LaneProgress *out, Error *err)
{
    if (pg_rows_count(rows) != 1) {
        error_set(err, ERROR_CONFIG, "the destination has no position for lane %" PRIu32,
                  sink->target.lane);
        error_object(err, WALFERRY_SCHEMA ".progress");
        return error_hint(err, "release the task and start it anew");
    }
    const char *uuid = pg_text(rows, 0, "task_uuid");
    if (uuid[0] && sink->target.task_uuid[0] && strcmp(uuid, sink->target.task_uuid) != 0) {
        error_set(err, ERROR_CONFIG, "the destination's position belongs to another task '%s'",
                  sink->target.task);
        error_object(err, WALFERRY_SCHEMA ".progress");
        return error_hint(err, "release that one, or give this one another name");
    }
    if (!lsn_parse(pg_text(rows, 0, "commit_lsn"), &out->position.commit_lsn) ||
        !lsn_parse(pg_text(rows, 0, "resume_lsn"), &out->resume_lsn))
        return error_set(err, ERROR_PROTOCOL, "the destination's position is no LSN");
    out->position.ordinal = (uint64_t)pg_int(rows, 0, "ordinal");
    out->next_record_id = (uint64_t)pg_int(rows, 0, "next_record_id");
    sink->generation = pg_int(rows, 0, "generation");
    return true;
}

/*
 * Its commit waits for the disk, and so makes durable what was committed before it: the position
 * that we read is one that stays.
 */
static bool take_over_now(SinkPostgres *sink, LaneProgress *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    char lane[16];

    snprintf(lane, sizeof lane, "%" PRIu32, sink->target.lane);
    const char *values[] = {sink->target.task, lane};
    *out = (LaneProgress){0};
    return pg_exec(sink->pg, "SET synchronous_commit = on", NULL, err) &&
           pg_query(sink->pg, SQL_TAKE_OVER, COUNT_OF(values), values, &rows, err) &&
           read_progress(sink, rows, out, err) &&
           pg_exec(sink->pg, "SET synchronous_commit = off", NULL, err);
}

bool sink_postgres_take_over(SinkPostgres *sink, uint64_t epoch, const int *own_pids,
                             size_t pid_count, LaneProgress *out, Error *err)
{
    if (!sink_postgres_roll_back(sink, err) || !sink_postgres_forget(sink, err) ||
        !end_predecessors(sink, own_pids, pid_count, err))
        return false;
    if (!take_over_now(sink, out, err))
        return error_wrap(err, "takeover");
    if (FAILPOINT("loader.takeover"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    sink->epoch = epoch;
    return true;
}

/* Sent, not awaited: it shares the first round trip of what follows. */
bool sink_postgres_begin(SinkPostgres *sink, Error *err)
{
    if (sink->open)
        return true;
    if (FAILPOINT("loader.group_begin"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    sink->open = true;
    sink->filled = false;
    sink->transaction++;
    return pipeline_command(sink, "BEGIN", err) &&
           pipeline_command(sink, "SET CONSTRAINTS ALL DEFERRED", err);
}

bool sink_postgres_forget(SinkPostgres *sink, Error *err)
{
    dest_tables_clear(sink->tables);
    sink->prepared = 0;
    sink->progress_prepared = false;
    sink->temporaries = 0;
    return pg_exec(sink->pg, "DEALLOCATE ALL; DISCARD TEMP", NULL, err);
}

bool sink_postgres_roll_back(SinkPostgres *sink, Error *err)
{
    if (!sink->open)
        return true;
    sink->open = false;
    dest_tables_rolled_back(sink->tables, sink->transaction);
    return pg_exec(sink->pg, "ROLLBACK", NULL, err);
}

static bool write_progress(SinkPostgres *sink, const LaneProgress *progress, Error *err)
{
    char lane[16], generation[24], epoch[24], commit_lsn[LSN_TEXT_MAX], ordinal[24],
        resume_lsn[LSN_TEXT_MAX], next_record_id[24];

    snprintf(lane, sizeof lane, "%" PRIu32, sink->target.lane);
    snprintf(generation, sizeof generation, "%" PRId64, sink->generation);
    snprintf(epoch, sizeof epoch, "%" PRIu64, sink->epoch);
    lsn_format(progress->position.commit_lsn, commit_lsn);
    snprintf(ordinal, sizeof ordinal, "%" PRIu64, progress->position.ordinal);
    lsn_format(progress->resume_lsn, resume_lsn);
    snprintf(next_record_id, sizeof next_record_id, "%" PRIu64, progress->next_record_id);
    const char *const values[8] = {sink->target.task, lane,    generation, epoch,
                                   commit_lsn,        ordinal, resume_lsn, next_record_id};
    return pipeline_progress(sink, values, err);
}

static bool end_transaction(SinkPostgres *sink, bool durable, Error *err)
{
    if (FAILPOINT("loader.before_commit"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (!pg_exec(sink->pg, durable ? "SET LOCAL synchronous_commit = on; COMMIT" : "COMMIT", NULL,
                 err))
        return false;
    sink->open = false;
    if (FAILPOINT("loader.after_commit"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    return (sink->prepared < PREPARED_MAX && sink->temporaries < TEMPORARIES_MAX) ||
           sink_postgres_forget(sink, err);
}

bool sink_postgres_commit(SinkPostgres *sink, const LaneProgress *progress, bool durable,
                          Error *err)
{
    if (!sink_postgres_begin(sink, err))
        return false;
    if (FAILPOINT("loader.before_progress"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    /* A test leaves the position out, to see that chaos then finds rows applied twice. */
    if (!FAILPOINT("loader.progress_write") && !write_progress(sink, progress, err))
        return false;
    return pipeline_finish(sink, err) && end_transaction(sink, durable, err);
}

bool sink_postgres_is_replica(const Sink *self)
{
    return ((const SinkPostgres *)self)->replica;
}

void sink_postgres_chunks(Sink *self, ChunkLoads *chunks)
{
    ((SinkPostgres *)self)->chunks = chunks;
}

static void close_half_open(SinkPostgres **sink)
{
    if (*sink)
        sink_postgres_free(*sink);
}

/* A server that does not answer must not keep us from saying that we live. */
static bool connect_to(SinkPostgres *sink, Error *err)
{
    const SinkTarget *target = &sink->target;
    PgProgress progress = PG_WAIT_WRITE;

    if (!target->wait)
        return pg_connect(&sink->pg, &target->pg, target->application, false, err);
    if (!pg_connect_start(&sink->pg, &target->pg, target->application, err))
        return false;
    while (progress == PG_WAIT_READ || progress == PG_WAIT_WRITE) {
        if (!target->wait(target->wait_self, pg_socket(sink->pg), progress == PG_WAIT_WRITE, err))
            return false;
        progress = pg_connect_poll(sink->pg, err);
    }
    return progress == PG_DONE;
}

bool sink_postgres_open(Sink **out, const SinkTarget *target, Error *err)
{
    CLEANUP(close_half_open) SinkPostgres *sink = MEM_NEW(SinkPostgres);

    sink->sink.verbs = &SINK_POSTGRES_VERBS;
    sink->target = *target;
    sink->fold = fold_open();
    if (!connect_to(sink, err))
        return false;
    sink->conn = pg_raw(sink->pg);
    if (target->wait)
        pg_set_wait(sink->pg, target->wait, target->wait_self);
    if (PQsetnonblocking(sink->conn, 1) != 0)
        return pg_error(sink->pg, NULL, err);
    if (!replica_role_take(sink->pg, &sink->replica, err) || !pg_exec(sink->pg, SESSION, NULL, err))
        return false;
    sink->tables = dest_tables_open(target->task, sink->replica);

    *out = &sink->sink;
    sink = NULL; /* handed over */
    return true;
}
