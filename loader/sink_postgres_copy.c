/* Statements and COPY on the sink's connection, outside of a pipeline. */
#include "loader/sink_postgres.h"

#include <libpq-fe.h>
#include <stdlib.h>

/* What is given to libpq at once: it moves what the socket does not take after each write. */
enum { SEND_BYTES = 128 * 1024 };

bool sink_postgres_flush(SinkPostgres *sink, Error *err)
{
    int left;

    while ((left = PQflush(sink->conn)) > 0) {
        if (!pg_wait_socket(sink->pg, true, err))
            return false;
        if (!PQconsumeInput(sink->conn))
            return pg_error(sink->pg, NULL, err);
    }
    return left == 0 || pg_error(sink->pg, NULL, err);
}

static bool next_result(SinkPostgres *sink, PGresult **out, Error *err)
{
    while (PQisBusy(sink->conn)) {
        if (!pg_wait_socket(sink->pg, false, err))
            return false;
        if (!PQconsumeInput(sink->conn))
            return pg_error(sink->pg, NULL, err);
    }
    *out = PQgetResult(sink->conn);
    return true;
}

static bool is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Reads to the end of what was sent; the rows of the last command. The first failure counts. */
static bool collect(SinkPostgres *sink, uint64_t *count, Error *err)
{
    bool ok = true;

    for (;;) {
        PGresult *result = NULL;

        if (!next_result(sink, &result, err))
            return false;
        if (!result)
            return ok || PQstatus(sink->conn) != CONNECTION_BAD ? ok : false;
        if (ok && !is_success(result))
            ok = pg_error(sink->pg, result, err);
        *count = strtoull(PQcmdTuples(result), NULL, 10);
        PQclear(result);
        if (PQstatus(sink->conn) == CONNECTION_BAD)
            return ok ? pg_error(sink->pg, NULL, err) : false;
    }
}

bool sink_postgres_exec(SinkPostgres *sink, const char *sql, uint64_t *count, Error *err)
{
    if (!PQsendQuery(sink->conn, sql))
        return pg_error(sink->pg, NULL, err);
    return sink_postgres_flush(sink, err) && collect(sink, count, err);
}

bool sink_postgres_copy_begin(SinkPostgres *sink, const char *sql, Error *err)
{
    PGresult *result = NULL;
    uint64_t ignored;

    bytes_clear(&sink->copy);
    if (!PQsendQuery(sink->conn, sql))
        return pg_error(sink->pg, NULL, err);
    if (!sink_postgres_flush(sink, err) || !next_result(sink, &result, err))
        return false;
    bool started = PQresultStatus(result) == PGRES_COPY_IN;
    if (!started)
        pg_error(sink->pg, result, err);
    PQclear(result);
    if (!started) {
        Error later;
        (void)collect(sink, &ignored, &later);
    }
    return started;
}

/* Nonblocking libpq keeps what the socket does not take: what was given must have left first. */
static bool send_out(SinkPostgres *sink, Error *err)
{
    for (size_t at = 0; at < sink->copy.len; at += SEND_BYTES) {
        size_t left = sink->copy.len - at;
        int size = (int)(left < SEND_BYTES ? left : SEND_BYTES);

        if (PQputCopyData(sink->conn, sink->copy.data + at, size) != 1)
            return pg_error(sink->pg, NULL, err);
        if (!sink_postgres_flush(sink, err))
            return false;
    }
    bytes_clear(&sink->copy);
    return true;
}

bool sink_postgres_copy_send(SinkPostgres *sink, Error *err)
{
    return sink->copy.len < SEND_BYTES || send_out(sink, err);
}

bool sink_postgres_copy_end(SinkPostgres *sink, uint64_t *count, Error *err)
{
    if (!send_out(sink, err))
        return false;
    if (PQputCopyEnd(sink->conn, NULL) != 1)
        return pg_error(sink->pg, NULL, err);
    return sink_postgres_flush(sink, err) && collect(sink, count, err);
}
