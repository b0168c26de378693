#include "loader/chunk_writer.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/sql_text.h"
#include "loader/chunk_sql.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What is given to libpq at once. It copies what the socket does not take into a buffer of its own
 * and moves the rest of it to the front after each write: with whole batches that is most of the
 * work.
 */
enum { SLICE_BYTES = 128 * 1024 };

typedef enum State {
    STARTING,
    CONNECTING,
    SETTING_UP,
    BEGINNING,
    COPY_STARTING,
    COPYING,
    COPY_ENDING,
    MERGING, /* from the stage into the table */
    MARKING,
    FENCING,
    COMMITTING,
    GIVING_WAY, /* the chunk is done already: rolling back */
    DONE,
} State;

/* What a step came to. */
typedef enum Went { WENT_ON, WAITS, FAILED } Went;

/*
 * One chunk's transaction on one connection. A table of states (STEPS): the connection is opened,
 * the chunk's mark looked for, the rows copied, the mark set, the lane's generation checked, all
 * committed. After the end the connection serves the next chunk; a writer that is freed before
 * rolls back.
 */
typedef struct Writer {
    ChunkWriter base;
    const ChunkTarget *target;
    Pg *pg;
    State state;
    bool wants_write;
    bool found_done;
    PGresult *result; /* of what was sent last: its last result, or the first that failed */
    size_t offset;    /* of the front batch, given to libpq */
    bool all_given;   /* the chunk's last batch too: the COPY is to be ended */
    uint64_t rows, kept, bytes;
    int64_t generation; /* the lane's now */
    int64_t generation_sent;
    ChunkOrder *order; /* during a step */

    /* of the chunk under way */
    ChunkKey key;
    uint64_t first_block, end_block;
    char object[256]; /* schema.table, for messages */
    Bytes begin_sql, copy_sql;
    Bytes stage_sql, keep_sql, overwrite_sql; /* for a table that had rows before the task */
    Bytes *merge_sql;                         /* which of the two; NULL: rows go into the table */
} Writer;

static void clear_result(Writer *writer)
{
    PQclear(writer->result);
    writer->result = NULL;
}

static void free_writer(ChunkWriter *base)
{
    Writer *writer = (Writer *)base;

    clear_result(writer);
    pg_close(&writer->pg);
    bytes_done(&writer->begin_sql);
    bytes_done(&writer->copy_sql);
    bytes_done(&writer->stage_sql);
    bytes_done(&writer->keep_sql);
    bytes_done(&writer->overwrite_sql);
    free(writer);
}

static void write_statements(Writer *writer, const Relation *relation, bool binary)
{
    bytes_clear(&writer->begin_sql);
    bytes_clear(&writer->copy_sql);
    bytes_clear(&writer->stage_sql);
    bytes_clear(&writer->keep_sql);
    bytes_clear(&writer->overwrite_sql);
    chunk_sql_begin(&writer->begin_sql, writer->key, relation);
    chunk_sql_copy(&writer->copy_sql, relation, binary);
    chunk_sql_stage(&writer->stage_sql, relation, binary);
    chunk_sql_merge(&writer->keep_sql, relation, false);
    chunk_sql_merge(&writer->overwrite_sql, relation, true);
    writer->merge_sql = NULL;
}

static void start(ChunkWriter *base, const BatchHeader *header)
{
    Writer *writer = (Writer *)base;
    const Relation *relation = &header->relations[0];

    writer->key = (ChunkKey){writer->target->task, relation->oid, header->copy.chunk};
    writer->first_block = header->copy.first_block;
    writer->end_block = header->copy.end_block;
    writer->rows = writer->kept = writer->bytes = 0;
    writer->offset = 0;
    writer->all_given = writer->found_done = false;
    snprintf(writer->object, sizeof writer->object, "%.*s.%.*s", STR_ARGS(relation->schema),
             STR_ARGS(relation->table));
    write_statements(writer, relation, header->copy.binary);
    writer->state = STARTING;
}

/* Adds table, chunk and, if the server says it, the row; never its values. */
static Went failed(Writer *writer, Error *err)
{
    char place[160];
    const char *context = PQresultErrorField(writer->result, PG_DIAG_CONTEXT);

    chunk_sql_place(context, place, sizeof place);
    error_wrap(err, "chunk %" PRIu32 " of the copy%s%s", writer->key.chunk, place[0] ? ", " : "",
               place);
    error_object(err, "%s", writer->object);
    if (writer->end_block)
        error_position(err, "ctid (%" PRIu64 ",0) to (%" PRIu64 ",0)", writer->first_block,
                       writer->end_block);
    else
        error_position(err, "ctid (%" PRIu64 ",0) and above", writer->first_block);
    return FAILED;
}

static Went lost(Writer *writer, Error *err)
{
    clear_result(writer);
    pg_error(writer->pg, NULL, err);
    return failed(writer, err);
}

static Went refused(Writer *writer, Error *err)
{
    pg_error(writer->pg, writer->result, err);
    return failed(writer, err);
}

static Went waits(Writer *writer, bool write)
{
    writer->wants_write = write;
    return WAITS;
}

static Went go(Writer *writer, State state)
{
    writer->state = state;
    writer->wants_write = false;
    return WENT_ON;
}

/* Sends statements; their outcome is awaited in `state`. */
static Went send_sql(Writer *writer, const char *sql, State state, Error *err)
{
    clear_result(writer);
    if (!PQsendQuery(pg_raw(writer->pg), sql))
        return lost(writer, err);
    return go(writer, state);
}

static bool is_failure(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN &&
           status != PGRES_EMPTY_QUERY;
}

static void keep_result(Writer *writer, PGresult *result)
{
    if (is_failure(writer->result) && writer->result) {
        PQclear(result);
        return;
    }
    clear_result(writer);
    writer->result = result;
}

/* Until all that was sent is answered, or a COPY has begun. WENT_ON: writer->result is there. */
static Went receive(Writer *writer, Error *err)
{
    PGconn *conn = pg_raw(writer->pg);
    int left = PQflush(conn);

    if (left < 0 || !PQconsumeInput(conn))
        return lost(writer, err);
    while (!PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);

        if (!result)
            return writer->result ? WENT_ON : lost(writer, err);
        keep_result(writer, result);
        if (PQresultStatus(writer->result) == PGRES_COPY_IN)
            return WENT_ON;
    }
    return waits(writer, left > 0);
}

/* As receive(), and the statements succeeded. */
static Went receive_success(Writer *writer, Error *err)
{
    Went went = receive(writer, err);

    return went == WENT_ON && is_failure(writer->result) ? refused(writer, err) : went;
}

static Went begin(Writer *writer, Error *err)
{
    (void)FAILPOINT("chunk.begin");
    return send_sql(writer, sql_text(&writer->begin_sql), BEGINNING, err);
}

static Went on_starting(Writer *writer, Error *err)
{
    if (writer->pg)
        return begin(writer, err);
    if (!pg_connect_start(&writer->pg, &writer->target->pg, writer->target->application, err))
        return FAILED;
    go(writer, CONNECTING);
    return waits(writer, true);
}

/* libpq wants to be called only when the socket is as it said. */
static bool socket_is_ready(const Writer *writer)
{
    struct pollfd item = {.fd = pg_socket(writer->pg),
                          .events = writer->wants_write ? POLLOUT : POLLIN};

    return poll(&item, 1, 0) != 0;
}

static Went on_connecting(Writer *writer, Error *err)
{
    if (!socket_is_ready(writer))
        return WAITS;
    switch (pg_connect_poll(writer->pg, err)) {
    case PG_FAILED:
        return FAILED;
    case PG_WAIT_READ:
        return waits(writer, false);
    case PG_WAIT_WRITE:
        return waits(writer, true);
    case PG_DONE:
        break;
    }
    if (writer->target->session_sql)
        return send_sql(writer, writer->target->session_sql, SETTING_UP, err);
    return begin(writer, err);
}

static Went on_setting_up(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    return went == WENT_ON ? begin(writer, err) : went;
}

/* Somebody else has committed the chunk: our rows are not wanted. */
static Went give_way(Writer *writer, Error *err)
{
    writer->found_done = true;
    return send_sql(writer, "ROLLBACK", GIVING_WAY, err);
}

static Went on_beginning(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    if (went != WENT_ON)
        return went;
    if (!PQgetisnull(writer->result, 0, 0)) {
        writer->rows = strtoull(PQgetvalue(writer->result, 0, 0), NULL, 10);
        writer->kept = strtoull(PQgetvalue(writer->result, 0, 1), NULL, 10);
        return give_way(writer, err);
    }
    bool merges = !PQgetisnull(writer->result, 0, 2);
    bool keeps = strcmp(PQgetvalue(writer->result, 0, 2), CREATED_KEEP) == 0;

    writer->merge_sql = !merges ? NULL : keeps ? &writer->keep_sql : &writer->overwrite_sql;
    return send_sql(writer, sql_text(merges ? &writer->stage_sql : &writer->copy_sql),
                    COPY_STARTING, err);
}

static Went on_copy_starting(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    return went == WENT_ON ? go(writer, COPYING) : went;
}

/* Gives libpq a slice of the front batch, and takes the batch off after its last. */
static Went put_slice(Writer *writer, const ChunkPart *part, Error *err)
{
    size_t left = part->body->len - writer->offset;
    size_t slice = left < SLICE_BYTES ? left : SLICE_BYTES;

    (void)FAILPOINT("chunk.data");
    if (slice > 0) {
        int put = PQputCopyData(pg_raw(writer->pg), part->body->data + writer->offset, (int)slice);

        if (put < 0)
            return lost(writer, err);
        if (put == 0)
            return waits(writer, true);
    }
    writer->offset += slice;
    if (slice == left) {
        writer->rows += part->rows;
        writer->bytes += part->body->len;
        writer->offset = 0;
        writer->all_given = part->last;
        chunk_order_pop(writer->order);
    }
    return WENT_ON;
}

static Went end_copy(Writer *writer, Error *err)
{
    int ended = PQputCopyEnd(pg_raw(writer->pg), NULL);

    if (ended < 0)
        return lost(writer, err);
    if (ended == 0)
        return waits(writer, true);
    clear_result(writer);
    return go(writer, COPY_ENDING);
}

/* One slice a turn; after a whole batch the caller gets its turn too (chunk_writer_step). */
static Went on_copying(Writer *writer, Error *err)
{
    int left = PQflush(pg_raw(writer->pg));
    const ChunkPart *part = chunk_order_front(writer->order);

    if (left < 0 || !PQconsumeInput(pg_raw(writer->pg)))
        return lost(writer, err);
    if (left > 0)
        return waits(writer, true);
    if (writer->all_given)
        return end_copy(writer, err);
    return part ? put_slice(writer, part, err) : waits(writer, false);
}

static Went fence(Writer *writer, Bytes *sql, State state, Error *err)
{
    chunk_sql_fence(sql, writer->target->task, writer->target->lane, writer->generation);
    writer->generation_sent = writer->generation;
    return send_sql(writer, sql_text(sql), state, err);
}

/* The rows that arrived must be the rows that were read. */
static bool count_agrees(const Writer *writer, Error *err)
{
    uint64_t copied = strtoull(PQcmdTuples(writer->result), NULL, 10);

    if (copied == writer->rows)
        return true;
    return error_set(err, ERROR_PROTOCOL,
                     "the destination counted %" PRIu64 " rows, the source %" PRIu64, copied,
                     writer->rows);
}

static Went mark(Writer *writer, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!FAILPOINT("chunk.before_mark")) {
        chunk_sql_mark(&sql, writer->key, writer->rows, writer->kept);
        sql_add(&sql, "; ");
    }
    return fence(writer, &sql, MARKING, err);
}

static Went commit(Writer *writer, Error *err)
{
    (void)FAILPOINT("chunk.before_commit");
    return send_sql(writer, "COMMIT", COMMITTING, err);
}

/* No row hit: a takeover. If it was our own, for a new epoch, the new generation counts. */
static Went on_fencing(Writer *writer, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    Went went = receive_success(writer, err);

    if (went != WENT_ON)
        return went;
    if (strcmp(PQcmdTuples(writer->result), "1") == 0)
        return commit(writer, err);
    if (writer->generation != writer->generation_sent)
        return fence(writer, &sql, FENCING, err);
    error_set(err, ERROR_TRANSIENT,
              "fenced off: another loader has taken over lane %" PRIu32 " of task %s",
              writer->target->lane, writer->target->task);
    return failed(writer, err);
}

static bool mark_is_taken(const Writer *writer)
{
    const char *state = PQresultErrorField(writer->result, PG_DIAG_SQLSTATE);

    return state && strcmp(state, "23505") == 0;
}

static Went on_marking(Writer *writer, Error *err)
{
    Went went = receive(writer, err);

    if (went != WENT_ON)
        return went;
    return mark_is_taken(writer) ? give_way(writer, err) : on_fencing(writer, err);
}

static Went on_copy_ending(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    if (went != WENT_ON)
        return went;
    if (!count_agrees(writer, err))
        return failed(writer, err);
    if (!writer->merge_sql)
        return mark(writer, err);
    return send_sql(writer, sql_text(writer->merge_sql), MERGING, err);
}

/* Rows that were not written met one that stays. */
static Went on_merging(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    if (went != WENT_ON)
        return went;
    writer->kept = writer->rows - strtoull(PQcmdTuples(writer->result), NULL, 10);
    return mark(writer, err);
}

/* The server answers ROLLBACK, without an error, when the transaction was broken before. */
static Went on_committing(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    if (went != WENT_ON)
        return went;
    if (strcmp(PQcmdStatus(writer->result), "COMMIT") != 0) {
        error_set(err, ERROR_TRANSIENT, "the destination rolled the transaction back");
        return failed(writer, err);
    }
    (void)FAILPOINT("chunk.after_commit");
    return go(writer, DONE);
}

static Went on_giving_way(Writer *writer, Error *err)
{
    Went went = receive_success(writer, err);

    return went == WENT_ON ? go(writer, DONE) : went;
}

static Went (*const STEPS[])(Writer *writer, Error *err) = {
    [STARTING] = on_starting,
    [CONNECTING] = on_connecting,
    [SETTING_UP] = on_setting_up,
    [BEGINNING] = on_beginning,
    [COPY_STARTING] = on_copy_starting,
    [COPYING] = on_copying,
    [COPY_ENDING] = on_copy_ending,
    [MERGING] = on_merging,
    [MARKING] = on_marking,
    [FENCING] = on_fencing,
    [COMMITTING] = on_committing,
    [GIVING_WAY] = on_giving_way,
};

static bool step(ChunkWriter *base, ChunkOrder *order, int64_t generation, Error *err)
{
    Writer *writer = (Writer *)base;
    uint64_t front = order->next;
    Went went = WENT_ON;

    writer->order = order;
    writer->generation = generation;
    while (went == WENT_ON && writer->state != DONE && order->next == front)
        went = STEPS[writer->state](writer, err);
    writer->order = NULL;
    return went != FAILED;
}

static ChunkWritten written(const ChunkWriter *base)
{
    const Writer *writer = (const Writer *)base;

    return (ChunkWritten){.done = writer->state == DONE,
                          .found_done = writer->found_done,
                          .rows = writer->rows,
                          .kept = writer->kept,
                          .bytes = writer->bytes};
}

/* There is something to give to the server, so that its room is what we wait for. */
static bool has_more(const Writer *writer, const ChunkOrder *order)
{
    return writer->state == COPYING && (writer->all_given || chunk_order_front(order));
}

static bool wait_item(const ChunkWriter *base, const ChunkOrder *order, WaitItem *item)
{
    const Writer *writer = (const Writer *)base;
    bool waits = writer->pg && writer->state != DONE;

    if (waits)
        *item = (WaitItem){.fd = pg_socket(writer->pg),
                           .read = true,
                           .write = writer->wants_write || has_more(writer, order)};
    return waits;
}

static int pid(const ChunkWriter *base)
{
    const Writer *writer = (const Writer *)base;

    return writer->pg && writer->state > CONNECTING ? pg_backend_pid(writer->pg) : 0;
}

ChunkWriter *chunk_writer_postgres(const ChunkTarget *target)
{
    static const ChunkWriterVerbs VERBS = {free_writer, start, step, written, wait_item, pid};
    Writer *writer = MEM_NEW(Writer);

    writer->base.verbs = &VERBS;
    writer->target = target;
    return &writer->base;
}
