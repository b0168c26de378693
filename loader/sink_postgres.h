/*
 * sink_postgres - the PostgreSQL sink: a lane's rows and its position in one transaction.
 *
 * The loader opens it and knows it as a Sink; the rest is for the sink's own files. While it waits
 * for the destination it calls what pg_set_wait() was given; false with err->kind NONE means asked
 * to stop.
 *
 * One connection, one transaction at a time. Single rows go through libpq's pipeline: they are sent
 * without waiting, their outcome is noted when it comes and told by pipeline_finish(). COPY and
 * statements for sets stand outside of a pipeline.
 */
#pragma once

#include "common/bytes.h"
#include "common/pg.h"
#include "loader/chunk_load.h"
#include "loader/dest_table.h"
#include "loader/fold.h"
#include "loader/group.h"
#include "loader/sink.h"

/* Borrows all. */
typedef struct SinkTarget {
    PgTarget pg;
    const char *task;
    const char *task_uuid;
    uint32_t lane, lanes;
    const char *application; /* how the destination calls our connections */
    PgWait *wait;
    void *wait_self;
} SinkTarget;

NODISCARD bool sink_postgres_open(Sink **out, const SinkTarget *target, Error *err);
/* False: it was not allowed to be (common/replica_role.h). */
bool sink_postgres_is_replica(const Sink *sink);
/* Whose connections are ours too, and are fenced with ours. Borrows them. */
void sink_postgres_chunks(Sink *sink, ChunkLoads *chunks);

/* --- inside --- */

typedef struct SinkCounters {
    uint64_t rows_set;    /* changes that went in as sets */
    uint64_t rows_serial; /* one by one, in their order */
    uint64_t fallbacks;   /* pieces that a set statement refused */
    /* Of tables of which some operations are left out, about: a retried piece counts again. */
    uint64_t rows_missing;  /* changes whose row is not there */
    uint64_t rows_replaced; /* rows that another one took the key of */
} SinkCounters;

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

    ChunkLoads *chunks; /* borrowed; NULL: none */
    Group group;
    Fold *fold;
    Arena piece; /* the batches that the fold borrows from */
    uint64_t changes_applied, groups;
} SinkPostgres;

/* sink_postgres_lane.c */
extern const SinkVerbs SINK_POSTGRES_VERBS;

/* sink_postgres.c */
void sink_postgres_free(SinkPostgres *sink);
/*
 * Ends what predecessors left behind (but not own_pids) and takes the lane over, which is durable
 * when it returns, and with it all that they had committed.
 */
NODISCARD bool sink_postgres_take_over(SinkPostgres *sink, uint64_t epoch, const int *own_pids,
                                       size_t pid_count, LaneProgress *out, Error *err);
/* Writes the position and commits. durable: it, and all before it, when this returns. */
NODISCARD bool sink_postgres_commit(SinkPostgres *sink, const LaneProgress *progress, bool durable,
                                    Error *err);
NODISCARD bool sink_postgres_roll_back(SinkPostgres *sink, Error *err);
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

/* sink_postgres_apply.c: a finished fold. */
NODISCARD bool sink_postgres_apply(SinkPostgres *sink, const Fold *fold, Error *err);

/* sink_postgres_truncate.c */
NODISCARD bool sink_postgres_truncate(SinkPostgres *sink, const Batch *batch, const Change *change,
                                      Error *err);
