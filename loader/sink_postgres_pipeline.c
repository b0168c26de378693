/* Single rows, sent without waiting for each. */
#include "loader/sink_postgres.h"

#include "common/mem.h"
#include "loader/row_name.h"

/* clang-format off */
#include "write_progress.sql.h"
/* clang-format on */

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* So much is sent before answers are read; both sides buffer more than their share of it. */
enum { UNFLUSHED_ROWS = 256, UNFLUSHED_BYTES = 256 * 1024, FIRST_NOTES = 64 };

/* A row larger than this does not leave its memory behind. */
enum { KEPT_BYTES = 1024 * 1024 };

static void note(SinkPostgres *sink, PipelineNote what)
{
    if (sink->sent == sink->capacity && sink->read > 0) {
        sink->sent -= sink->read;
        memmove(sink->notes, sink->notes + sink->read, sink->sent * sizeof *sink->notes);
        sink->read = 0;
    }
    if (sink->sent == sink->capacity) {
        sink->capacity = sink->capacity ? sink->capacity * 2 : FIRST_NOTES;
        sink->notes = mem_resize(sink->notes, sink->capacity, sizeof *sink->notes);
    }
    sink->notes[sink->sent++] = what;
}

static bool enter(SinkPostgres *sink, Error *err)
{
    if (sink->in_pipeline)
        return true;
    if (!PQenterPipelineMode(sink->conn))
        return pg_error(sink->pg, NULL, err);
    sink->in_pipeline = true;
    sink->answered = sink->failed = false;
    sink->unflushed_rows = sink->unflushed_bytes = 0;
    return true;
}

/* Which row it was. */
static void name_row(Error *err, const PipelineNote *what)
{
    char text[256];

    if (what->kind != NOTE_ROW && what->kind != NOTE_WAY)
        return;
    error_object(err, "%s", what->table->object);
    if (what->table->key_count > 0)
        error_key(err, "%s", row_name(what->table, what->key, text, sizeof text));
    if (what->position.commit_lsn)
        error_position(err, "%s", position_format(what->position, text));
}

static void missed(Error *err, const PipelineNote *what, unsigned long long count)
{
    if (what->kind == NOTE_PROGRESS) {
        error_set(err, ERROR_TRANSIENT, "fenced: another loader has taken this lane over");
        return;
    }
    if (count == 0)
        error_set(err, ERROR_DATA, "drift: the row is missing at the destination");
    else
        error_set(err, ERROR_DATA, "drift: %llu rows at the destination instead of one", count);
    error_hint(err, "somebody else has changed the destination; compare, then copy the table anew");
}

static void refused(SinkPostgres *sink, PGresult *result)
{
    pg_error(sink->pg, result, &sink->failure);
    if (sink->failure.kind == ERROR_DATA)
        error_hint(&sink->failure,
                   "the source has committed it, so the destination's table differs "
                   "from the source's; compare, then copy the table anew");
}

/* As many rows as there should be. */
static bool is_as_expected(SinkPostgres *sink, const PipelineNote *what, unsigned long long count)
{
    if (what->kind == NOTE_COMMAND || count == 1) {
        sink->counters.rows_replaced += what->kind == NOTE_WAY;
        return true;
    }
    if (count > 0 || (what->kind != NOTE_WAY && !what->may_miss))
        return false;
    sink->counters.rows_missing += what->may_miss;
    return true;
}

/* The first failure counts; what stands behind it in the pipeline was not executed. */
static void check(SinkPostgres *sink, const PipelineNote *what, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    unsigned long long count = ok ? strtoull(PQcmdTuples(result), NULL, 10) : 0;

    if (sink->failed || (ok && is_as_expected(sink, what, count)))
        return;
    if (ok)
        missed(&sink->failure, what, count);
    else
        refused(sink, result);
    name_row(&sink->failure, what);
    sink->failed = true;
}

/* One step of libpq's answers: a command's result, then a NULL; of a sync the result only. */
static bool take_answer(SinkPostgres *sink, Error *err)
{
    PGresult *result = PQgetResult(sink->conn);

    if (!result) {
        if (!sink->answered)
            return pg_error(sink->pg, NULL, err);
        sink->answered = false;
        sink->read++;
        return true;
    }
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        sink->read++;
    } else {
        check(sink, &sink->notes[sink->read], result);
        sink->answered = true;
    }
    PQclear(result);
    return PQstatus(sink->conn) != CONNECTION_BAD || pg_error(sink->pg, NULL, err);
}

static bool take_answers(SinkPostgres *sink, bool wait_for_all, Error *err)
{
    while (sink->read < sink->sent) {
        if (!PQisBusy(sink->conn)) {
            if (!take_answer(sink, err))
                return false;
            continue;
        }
        if (wait_for_all && !pg_wait_socket(sink->pg, false, err))
            return false;
        if (!PQconsumeInput(sink->conn))
            return pg_error(sink->pg, NULL, err);
        if (!wait_for_all && PQisBusy(sink->conn))
            return true;
    }
    return true;
}

/* Lets go what has gathered, and reads: a server whose answers nobody reads stops reading too. */
static bool keep_flowing(SinkPostgres *sink, size_t bytes, Error *err)
{
    sink->unflushed_rows++;
    sink->unflushed_bytes += bytes;
    if (sink->unflushed_rows < UNFLUSHED_ROWS && sink->unflushed_bytes < UNFLUSHED_BYTES)
        return true;
    sink->unflushed_rows = sink->unflushed_bytes = 0;
    return sink_postgres_flush(sink, err) && take_answers(sink, false, err);
}

bool pipeline_command(SinkPostgres *sink, const char *sql, Error *err)
{
    if (!enter(sink, err))
        return false;
    if (sink->failed)
        return true;
    if (!PQsendQueryParams(sink->conn, sql, 0, NULL, NULL, NULL, NULL, 0))
        return pg_error(sink->pg, NULL, err);
    note(sink, (PipelineNote){.kind = NOTE_COMMAND});
    return true;
}

static bool prepare(SinkPostgres *sink, const char *name, const char *sql, Error *err)
{
    if (!PQsendPrepare(sink->conn, name, sql, 0, NULL))
        return pg_error(sink->pg, NULL, err);
    note(sink, (PipelineNote){.kind = NOTE_COMMAND});
    return true;
}

bool pipeline_progress(SinkPostgres *sink, const char *const values[8], Error *err)
{
    if (!enter(sink, err))
        return false;
    if (!sink->progress_prepared && !prepare(sink, "progress", SQL_WRITE_PROGRESS, err))
        return false;
    sink->progress_prepared = true;
    if (!PQsendQueryPrepared(sink->conn, "progress", 8, values, NULL, NULL, 0))
        return pg_error(sink->pg, NULL, err);
    note(sink, (PipelineNote){.kind = NOTE_PROGRESS});
    return true;
}

/* A statement that uses a tuple was made for a row that has it. */
static const Value *parameter_of(const StatementParameter *from, const Value *origin,
                                 const Value *values)
{
    const Value *tuple = from->of_origin ? origin : values;

    return &tuple[from->column]; /* NOLINT: never NULL */
}

/* What must be copied: text, for the NUL at its end, which values on the wire do not have. */
static size_t copied_bytes(const Value *value)
{
    return value->form == VALUE_TEXT ? value->bytes.len + 1 : 0;
}

static const char *copy_text(Bytes *scratch, Str text)
{
    const char *copy = scratch->data + scratch->len;

    bytes_add_str(scratch, text);
    bytes_add_u8(scratch, '\0');
    return copy;
}

/* NULL is SQL's; an empty value may have no address of its own. */
static const char *parameter_text(Bytes *scratch, const Value *value)
{
    if (value->form == VALUE_NULL)
        return NULL;
    if (value->form == VALUE_TEXT)
        return copy_text(scratch, value->bytes);
    return value->bytes.data ? value->bytes.data : "";
}

static void measure(RowParameters *out, Bytes *scratch, const Statement *statement,
                    const Value *origin, const Value *values)
{
    size_t copied = 0;

    out->bytes = 0;
    for (int i = 0; i < statement->parameter_count; i++) {
        const Value *value = parameter_of(&statement->parameters[i], origin, values);

        out->bytes += value->bytes.len;
        copied += copied_bytes(value);
    }
    bytes_clear(scratch);
    (void)bytes_reserve(scratch, copied); /* so that it does not move */
}

static bool fill(SinkPostgres *sink, const DestTable *table, const Statement *statement,
                 const Value *origin, const Value *values)
{
    RowParameters *out = &sink->parameters;

    measure(out, &sink->scratch, statement, origin, values);
    for (int i = 0; i < statement->parameter_count; i++) {
        const StatementParameter *from = &statement->parameters[i];
        const Value *value = parameter_of(from, origin, values);

        if (value->form == VALUE_BINARY && table->columns[from->column].other_type)
            return false;
        out->values[i] = parameter_text(&sink->scratch, value);
        out->lengths[i] = (int)value->bytes.len;
        out->formats[i] = value->form == VALUE_BINARY;
    }
    return true;
}

static bool ensure_prepared(SinkPostgres *sink, Statement *statement, Error *err)
{
    if (statement->prepared)
        return true;
    if (!statement->name[0])
        snprintf(statement->name, sizeof statement->name, "w%u", ++sink->prepared);
    statement->prepared = true;
    return prepare(sink, statement->name, statement->sql, err);
}

static void refuse(SinkPostgres *sink, const PipelineNote *what, const char *why)
{
    error_set(&sink->failure, ERROR_CONFIG, "%s", why);
    name_row(&sink->failure, what);
    sink->failed = true;
}

static bool leaves_out(const DestTable *table, ChangeKind kind)
{
    return (table->left_out >> kind & 1) != 0;
}

/* A row that never came, or whose change of key did not pass. */
static bool may_miss(const DestTable *table, const Value *origin)
{
    return origin && (leaves_out(table, CHANGE_INSERT) || leaves_out(table, CHANGE_UPDATE));
}

static bool send_row(SinkPostgres *sink, DestTable *table, const Value *origin, const Value *values,
                     PipelineNote what, Error *err)
{
    const RowParameters *parameters = &sink->parameters;

    if (!enter(sink, err))
        return false;
    if (sink->failed)
        return true;
    Statement *statement = statement_for(table, origin, values);
    if (!statement)
        return true;
    if (!fill(sink, table, statement, origin, values)) {
        refuse(sink, &what, "a column has another type than at the source");
        return true;
    }
    if (!ensure_prepared(sink, statement, err))
        return false;
    if (!PQsendQueryPrepared(sink->conn, statement->name, statement->parameter_count,
                             parameters->values, parameters->lengths, parameters->formats, 0))
        return pg_error(sink->pg, NULL, err);
    note(sink, what);
    if (parameters->bytes > KEPT_BYTES)
        bytes_done(&sink->scratch);
    return keep_flowing(sink, parameters->bytes, err);
}

/* The row gets a key that it did not have. */
static bool takes_a_key(const DestTable *table, const Value *origin, const Value *values)
{
    for (uint32_t i = 0; origin && values && i < table->column_count; i++) {
        if (table->columns[i].key &&
            (origin[i].form != values[i].form || !str_equal(origin[i].bytes, values[i].bytes)))
            return true;
    }
    return values && !origin;
}

/* What the source has taken away or renamed while that did not pass may hold the key still. */
static bool is_in_the_way(const DestTable *table, const Value *origin, const Value *values)
{
    return (leaves_out(table, CHANGE_DELETE) || leaves_out(table, CHANGE_UPDATE) ||
            leaves_out(table, CHANGE_TRUNCATE)) &&
           table->key_count > 0 && !table->by_all_columns && takes_a_key(table, origin, values);
}

bool pipeline_row(SinkPostgres *sink, DestTable *table, const Value *origin, const Value *values,
                  Position position, Error *err)
{
    PipelineNote way = {NOTE_WAY, false, table, values, position};
    PipelineNote row = {NOTE_ROW, may_miss(table, origin), table, origin ? origin : values,
                        position};

    if (table->left_out && is_in_the_way(table, origin, values) &&
        !send_row(sink, table, values, NULL, way, err))
        return false;
    return send_row(sink, table, origin, values, row, err);
}

bool pipeline_finish(SinkPostgres *sink, Error *err)
{
    if (!sink->in_pipeline)
        return true;
    if (!PQpipelineSync(sink->conn))
        return pg_error(sink->pg, NULL, err);
    note(sink, (PipelineNote){.kind = NOTE_SYNC});
    if (!sink_postgres_flush(sink, err) || !take_answers(sink, true, err))
        return false;
    sink->read = sink->sent = 0;
    if (!PQexitPipelineMode(sink->conn))
        return pg_error(sink->pg, NULL, err);
    sink->in_pipeline = false;
    if (sink->failed)
        *err = sink->failure;
    return !sink->failed;
}
