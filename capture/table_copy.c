#include "capture/table_copy.h"

#include "capture/copy_shape.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/sql_text.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOCK_TRIES = 5 };

struct TableCopy {
    const PgTarget *target;
    char application[OBJECT_NAME_MAX];
    PgWait *wait;
    void *wait_self;
    Pg *pg;
    bool binary;

    Bytes gathered; /* the batch so far */
    uint64_t rows;  /* in it */
    uint64_t rows_sent;
    char *kept; /* a message that did not fit into the last batch */
    size_t kept_len;
};

TableCopy *table_copy_new(const PgTarget *target, const char *application, PgWait *wait,
                          void *wait_self)
{
    TableCopy *copy = MEM_NEW(TableCopy);

    copy->target = target;
    snprintf(copy->application, sizeof copy->application, "%s", application);
    copy->wait = wait;
    copy->wait_self = wait_self;
    return copy;
}

static void forget_rows(TableCopy *copy)
{
    bytes_done(&copy->gathered);
    PQfreemem(copy->kept);
    copy->kept = NULL;
    copy->rows = copy->rows_sent = 0;
}

void table_copy_abandon(TableCopy *copy)
{
    pg_close(&copy->pg);
    forget_rows(copy);
}

void table_copy_free(TableCopy **copy)
{
    if (!*copy)
        return;
    table_copy_abandon(*copy);
    free(*copy);
    *copy = NULL;
}

bool table_copy_connect(TableCopy *copy, Error *err)
{
    if (copy->pg)
        return true;
    if (!pg_connect(&copy->pg, copy->target, copy->application, false, err))
        return false;
    pg_set_wait(copy->pg, copy->wait, copy->wait_self);
    return true;
}

/* What the refusal of snapshot or lock means. Other errors are errors. */
static bool meaning_of(const char *sqlstate, TableCopyStart *out)
{
    static const struct {
        const char *sqlstate;
        TableCopyStart meaning;
    } MEANINGS[] = {
        {"22023", TABLE_COPY_NO_SNAPSHOT}, /* invalid snapshot identifier, before 16 or so */
        {"42704", TABLE_COPY_NO_SNAPSHOT}, /* snapshot does not exist */
        {"55000", TABLE_COPY_NO_SNAPSHOT}, /* its holder ends at this moment */
        {"42P01", TABLE_COPY_CHANGED},     /* no such table */
        {"3F000", TABLE_COPY_CHANGED},     /* no such schema */
        {"42809", TABLE_COPY_CHANGED},     /* not a table */
        {"55P03", TABLE_COPY_LOCKED},
    };

    for (size_t i = 0; i < COUNT_OF(MEANINGS); i++) {
        if (strcmp(sqlstate, MEANINGS[i].sqlstate) == 0) {
            *out = MEANINGS[i].meaning;
            return true;
        }
    }
    return false;
}

static void note_reason(TableCopyStart start, char reason[COPY_REASON_MAX])
{
    static const char *const REASONS[] = {
        [TABLE_COPY_STARTED] = "",
        [TABLE_COPY_CHANGED] = "the table is gone since its copy was planned",
        [TABLE_COPY_NO_SNAPSHOT] = "the snapshot of the copy is gone",
        [TABLE_COPY_LOCKED] = "the table is locked",
    };

    snprintf(reason, COPY_REASON_MAX, "%s", REASONS[start]);
}

static bool roll_back(TableCopy *copy, Error *err)
{
    return pg_exec(copy->pg, "ROLLBACK", NULL, err);
}

static bool open_transaction(TableCopy *copy, const TableCopyChunk *chunk, TableCopyStart *out,
                             char reason[COPY_REASON_MAX], Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    Error refused = {0};

    *out = TABLE_COPY_STARTED;
    copy_query_begin(&sql, chunk->table, chunk->snapshot, chunk->lock_timeout_ms);
    if (pg_exec(copy->pg, sql_text(&sql), NULL, &refused))
        return true;
    if (refused.kind == ERROR_NONE || !meaning_of(pg_last_sqlstate(copy->pg), out)) {
        *err = refused;
        return false;
    }
    note_reason(*out, reason);
    return roll_back(copy, err);
}

static bool name_lock_holder(TableCopy *copy, const ModelTable *table, char reason[COPY_REASON_MAX],
                             Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    copy_query_lock_holder(&sql, table);
    if (!pg_exec(copy->pg, sql_text(&sql), &rows, err))
        return false;
    if (pg_rows_count(rows) > 0)
        snprintf(reason, COPY_REASON_MAX, "the table is locked by process %s (%s) of the source",
                 pg_text(rows, 0, "pid"), pg_text(rows, 0, "application"));
    return true;
}

/*
 * Each try gives up its place in the lock's queue, so that we never keep others waiting behind us
 * for longer than the lock timeout.
 */
static bool open_patiently(TableCopy *copy, const TableCopyChunk *chunk, TableCopyStart *out,
                           char reason[COPY_REASON_MAX], Error *err)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (!open_transaction(copy, chunk, out, reason, err))
            return false;
        if (*out != TABLE_COPY_LOCKED)
            return true;
    }
    return name_lock_holder(copy, chunk->table, reason, err);
}

static bool read_filenode(TableCopy *copy, const ModelTable *table, uint32_t *out, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    copy_query_filenode(&sql, table);
    if (!pg_exec(copy->pg, sql_text(&sql), &rows, err))
        return false;
    *out = (uint32_t)pg_int(rows, 0, "filenode");
    return true;
}

static ColumnNow column_of(const PGresult *result, int i)
{
    return (ColumnNow){
        .table_oid = PQftable(result, i),
        .attnum = (uint32_t)PQftablecol(result, i),
        .name = PQfname(result, i),
        .type_oid = PQftype(result, i),
        .type_modifier = PQfmod(result, i),
    };
}

static bool compare_columns(const ModelTable *table, uint32_t filenode, const PGresult *result,
                            char reason[COPY_REASON_MAX])
{
    size_t count = (size_t)PQnfields(result);
    CLEANUP(mem_free) ColumnNow *columns = mem_alloc((count + 1) * sizeof *columns);

    for (size_t i = 0; i < count; i++)
        columns[i] = column_of(result, (int)i);

    ShapeNow now = {filenode, columns, count};
    return copy_shape_holds(table, &now, reason, COPY_REASON_MAX);
}

static bool shape_holds(TableCopy *copy, const ModelTable *table, TableCopyStart *out,
                        char reason[COPY_REASON_MAX], Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    uint32_t filenode = 0;

    copy_query_columns(&sql, table);
    if (!read_filenode(copy, table, &filenode, err) ||
        !pg_exec(copy->pg, sql_text(&sql), &rows, err))
        return false;
    if (compare_columns(table, filenode, pg_rows_raw(rows), reason))
        return true;
    *out = TABLE_COPY_CHANGED;
    return roll_back(copy, err);
}

static void clear_result(PGresult **result)
{
    PQclear(*result);
}

/* pg_exec() does not know results that are followed by rows of a COPY. */
static bool next_result(TableCopy *copy, PGresult **out, Error *err)
{
    PGconn *conn = pg_raw(copy->pg);

    while (PQisBusy(conn)) {
        if (!pg_wait_socket(copy->pg, false, err))
            return false;
        if (!PQconsumeInput(conn))
            return pg_error(copy->pg, NULL, err);
    }
    *out = PQgetResult(conn);
    return true;
}

static bool await_copy_out(TableCopy *copy, Error *err)
{
    CLEANUP(clear_result) PGresult *result = NULL;

    if (!next_result(copy, &result, err))
        return false;
    return PQresultStatus(result) == PGRES_COPY_OUT || pg_error(copy->pg, result, err);
}

static bool begin_rows(TableCopy *copy, const TableCopyChunk *chunk, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    forget_rows(copy);
    copy->binary = chunk->table->binary;
    copy_query_rows(&sql, chunk->table, chunk->chunk);
    if (!PQsendQuery(pg_raw(copy->pg), sql_text(&sql)))
        return pg_error(copy->pg, NULL, err);
    return await_copy_out(copy, err);
}

bool table_copy_start(TableCopy *copy, const TableCopyChunk *chunk, TableCopyStart *out,
                      char reason[COPY_REASON_MAX], Error *err)
{
    if (!table_copy_connect(copy, err) || !open_patiently(copy, chunk, out, reason, err))
        return false;
    if (*out != TABLE_COPY_STARTED)
        return true;
    if (!shape_holds(copy, chunk->table, out, reason, err))
        return false;
    return *out != TABLE_COPY_STARTED || begin_rows(copy, chunk, err);
}

static void hand_over(TableCopy *copy, Frame *body, uint64_t rows, CopyBatch *batch)
{
    *batch = (CopyBatch){body, rows};
    copy->rows_sent += rows;
}

static void hand_over_gathered(TableCopy *copy, CopyBatch *batch)
{
    hand_over(copy, frame_take(copy->gathered.data, copy->gathered.len), copy->rows, batch);
    copy->gathered = (Bytes){0};
    copy->rows = 0;
}

/*
 * A row that is larger than a batch goes in the memory that libpq gave us for it: malloc's, on
 * every system that we run on.
 */
static void hand_over_kept(TableCopy *copy, CopyBatch *batch)
{
    Str message = {copy->kept, copy->kept_len};
    uint64_t rows = copy_message_is_row(copy->binary, message) ? 1 : 0;

    hand_over(copy, frame_take(copy->kept, copy->kept_len), rows, batch);
    copy->kept = NULL;
}

static void gather(TableCopy *copy, Str message)
{
    if (copy->gathered.capacity == 0)
        (void)bytes_reserve(&copy->gathered, COPY_BATCH_BYTES);
    bytes_add_str(&copy->gathered, message);
    copy->rows += copy_message_is_row(copy->binary, message) ? 1 : 0;
}

/* True when a batch is complete. What comes with it (copy->kept) opens the next one. */
static bool add_message(TableCopy *copy, CopyBatch *batch)
{
    bool fits = copy->gathered.len + copy->kept_len <= COPY_BATCH_BYTES;

    if (!fits && copy->gathered.len > 0) {
        hand_over_gathered(copy, batch);
        return true;
    }
    if (!fits) {
        hand_over_kept(copy, batch);
        return true;
    }
    gather(copy, (Str){copy->kept, copy->kept_len});
    PQfreemem(copy->kept);
    copy->kept = NULL;
    return false;
}

/* How many rows the server has sent, which it says behind the last one. */
static bool read_count(TableCopy *copy, uint64_t *out, Error *err)
{
    CLEANUP(clear_result) PGresult *result = NULL;
    CLEANUP(clear_result) PGresult *end = NULL;

    if (!next_result(copy, &result, err))
        return false;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return pg_error(copy->pg, result, err);
    *out = strtoull(PQcmdTuples(result), NULL, 10);
    return next_result(copy, &end, err);
}

static bool end_rows(TableCopy *copy, Error *err)
{
    uint64_t read = copy->rows_sent + copy->rows;
    uint64_t counted = 0;

    if (!read_count(copy, &counted, err))
        return false;
    if (counted != read)
        return error_set(err, ERROR_PROTOCOL,
                         "the source counted %" PRIu64 " rows, %" PRIu64 " were read", counted,
                         read);
    return pg_exec(copy->pg, "COMMIT", NULL, err);
}

typedef enum Message { MESSAGE_KEPT, MESSAGE_NOT_YET, MESSAGE_END, MESSAGE_FAILED } Message;

/* The next message into copy->kept, from what has arrived; libpq reads some KB at a time. */
static Message next_message(TableCopy *copy, Error *err)
{
    PGconn *conn = pg_raw(copy->pg);
    int len = PQgetCopyData(conn, &copy->kept, /* async= */ 1);

    if (len == 0) {
        if (!PQconsumeInput(conn)) {
            pg_error(copy->pg, NULL, err);
            return MESSAGE_FAILED;
        }
        len = PQgetCopyData(conn, &copy->kept, 1);
    }
    if (len == -2) {
        pg_error(copy->pg, NULL, err);
        return MESSAGE_FAILED;
    }
    copy->kept_len = len > 0 ? (size_t)len : 0;
    return len > 0 ? MESSAGE_KEPT : len == 0 ? MESSAGE_NOT_YET : MESSAGE_END;
}

bool table_copy_read(TableCopy *copy, TableCopyRead *out, CopyBatch *batch, Error *err)
{
    Message got = copy->kept ? MESSAGE_KEPT : next_message(copy, err);

    *out = TABLE_COPY_BATCH;
    while (got == MESSAGE_KEPT) {
        if (add_message(copy, batch))
            return true;
        got = next_message(copy, err);
    }
    if (got == MESSAGE_FAILED || (got == MESSAGE_END && !end_rows(copy, err)))
        return false;
    *out = got == MESSAGE_END ? TABLE_COPY_LAST : TABLE_COPY_WAITS;
    if (got == MESSAGE_END)
        hand_over_gathered(copy, batch);
    return true;
}

int table_copy_socket(const TableCopy *copy)
{
    return pg_socket(copy->pg);
}
