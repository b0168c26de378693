/*
 * sink_postgres - the parts of the PostgreSQL sink, for its own files only.
 *
 * One connection, one transaction at a time. Single rows go through libpq's pipeline: they are sent
 * without waiting, their outcome is noted when it comes and told by pipeline_finish(). COPY and
 * statements for sets stand outside of a pipeline.
 */
#pragma once

#include "common/bytes.h"
#include "loader/dest_table.h"
#include "loader/sink.h"

struct pg_conn;
struct pg_result;

/* What was sent in the pipeline and is not answered yet. */
typedef struct PipelineNote {
    enum { NOTE_COMMAND, NOTE_ROW, NOTE_WAY, NOTE_PROGRESS, NOTE_SYNC } kind;
    bool may_miss;          /* a row that need not be there */
    const DestTable *table; /* of a row; key: a tuple that holds it */
    const Value *key;
    Position position;
} PipelineNote;

/* Parameters of one row as libpq wants them. */
enum {
    PARAMETERS_MAX = 2 * 1664
}; /* a row before and a row after, of the most columns there are */

typedef struct RowParameters {
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX];
    int formats[PARAMETERS_MAX];
    size_t bytes;
} RowParameters;

typedef struct SinkPostgres {
    Sink sink; /* first */
    SinkTarget target;
    Pg *pg;
    struct pg_conn *conn;
    DestTables *tables;
    int64_t generation;
    uint64_t epoch;
    uint64_t transaction; /* a number of our own, raised by each begin */
    bool replica;         /* else triggers and foreign keys would act */
    bool open;
    bool filled; /* pieces were applied into it */

    bool in_pipeline;
    PipelineNote *notes; /* [read, sent) are not answered */
    size_t read, sent, capacity;
    bool answered; /* notes[read] has a result, its end is to come */
    size_t unflushed_rows, unflushed_bytes;
    bool failed; /* a statement in the pipeline was */
    Error failure;
    unsigned prepared; /* statements at the server */
    bool progress_prepared;
    unsigned temporaries; /* tables of ours at the server */

    Bytes copy;    /* rows to be sent */
    Bytes scratch; /* what `parameters` points into */
    RowParameters parameters;
    SinkCounters counters;
} SinkPostgres;

/* sink_postgres.c */
NODISCARD bool sink_postgres_begin(SinkPostgres *sink, Error *err);
/* Forgets what is known of tables, here and at the server. Outside a pipeline. */
NODISCARD bool sink_postgres_forget(SinkPostgres *sink, Error *err);

/* sink_postgres_pipeline.c. False only when nothing can go on; what else failed is told at the end.
 */
NODISCARD bool pipeline_command(SinkPostgres *sink, const char *sql, Error *err);
NODISCARD bool pipeline_progress(SinkPostgres *sink, const char *const values[8], Error *err);
/* One row, which must be hit, unless operations are left out of its table. origin and values as for
 * statement_for(). */
NODISCARD bool pipeline_row(SinkPostgres *sink, DestTable *table, const Value *origin,
                            const Value *values, Position position, Error *err);
/* Waits for all that was sent, leaves the pipeline. */
NODISCARD bool pipeline_finish(SinkPostgres *sink, Error *err);

/* sink_postgres_copy.c. Outside a pipeline. */
NODISCARD bool sink_postgres_flush(SinkPostgres *sink, Error *err);
NODISCARD bool sink_postgres_exec(SinkPostgres *sink, const char *sql, uint64_t *count, Error *err);
NODISCARD bool sink_postgres_copy_begin(SinkPostgres *sink, const char *sql, Error *err);
/* Sends sink->copy when it is worth it. */
NODISCARD bool sink_postgres_copy_send(SinkPostgres *sink, Error *err);
NODISCARD bool sink_postgres_copy_end(SinkPostgres *sink, uint64_t *count, Error *err);

/* sink_postgres_sets.c: a set by one statement, where it can be and where that is worth it. */
bool sink_postgres_can_be_set(const DestTable *table, const FoldSet *set);
bool sink_postgres_is_for_set(const DestTable *table, const FoldSet *set);
NODISCARD bool sink_postgres_apply_set(SinkPostgres *sink, DestTable *table, const FoldSet *set,
                                       Error *err);

/* sink_postgres_large.c: a row of its own, if it is so large that a pipeline is nothing for it. */
NODISCARD bool sink_postgres_apply_large(SinkPostgres *sink, DestTable *table, Value *origin,
                                         Value *values, Position position, bool *done, Error *err);

/* sink_postgres_apply.c */
bool sink_postgres_apply(Sink *sink, const Fold *fold, Error *err);

/* sink_postgres_truncate.c */
bool sink_postgres_truncate(Sink *sink, const Batch *batch, const Change *change, Error *err);
