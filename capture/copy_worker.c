#include "capture/copy_worker.h"

#include "capture/outbox.h"
#include "capture/table_copy.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/failpoint.h"
#include "common/model_index.h"
#include "common/names.h"
#include "common/task_file.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    UNDER_WAY_BYTES = 8 * COPY_BATCH_BYTES, /* read, and not yet taken by the loader */
    SNAPSHOT_NAME_MAX = 128,
};

/* A chunk to copy. */
typedef struct Grant {
    ModelChunk chunk;
    uint64_t attempt;
    uint32_t lane;
    char snapshot[SNAPSHOT_NAME_MAX];
} Grant;

typedef struct CopyWorker {
    Stage *stage;
    Arena arena; /* for the life of the process */
    TaskFile task;
    PgTarget source;
    ModelIndex tables;
    Outbox *outbox;
    TableCopy *copy;

    char loaders[STAGES_MAX][CHANNEL_IDENTITY_MAX]; /* by lane, as they are now */
    bool granted;                                   /* `next` waits to be taken up */
    Grant next;

    /* of the chunk under way */
    Grant grant;
    char loader[CHANNEL_IDENTITY_MAX]; /* whom it goes to; empty until there is one */
    bool abandoned;                    /* it has gone */
    bool unconfirmed;                  /* done, for all that we know; no other grant has come */
    Arena chunk_arena;
    BatchHeader header;

    int64_t rows, bytes; /* sent, since the start of the process */
} CopyWorker;

/* A chunk belongs to one loader: what another one has taken of it was rolled back. */
static void follow_loader(CopyWorker *worker)
{
    const char *now = worker->loaders[worker->grant.lane];

    if (worker->loader[0] == '\0')
        snprintf(worker->loader, sizeof worker->loader, "%s", now);
    else if (strcmp(worker->loader, now) != 0)
        worker->abandoned = true;
}

static void note_topology(CopyWorker *worker, const Walferry__Control__Topology *topology)
{
    outbox_topology(worker->outbox, topology);
    memset(worker->loaders, 0, sizeof worker->loaders);
    for (size_t i = 0; i < topology->n_loaders; i++) {
        const Walferry__Control__Peer *peer = topology->loaders[i];

        if (peer->lane < STAGES_MAX)
            snprintf(worker->loaders[peer->lane], CHANNEL_IDENTITY_MAX, "%s", peer->identity);
    }
    follow_loader(worker);
}

static void note_grant(CopyWorker *worker, const Walferry__Control__ChunkGrant *grant)
{
    if (!grant->chunk || grant->lane >= STAGES_MAX)
        return;
    worker->next = (Grant){.chunk = WALFERRY__MODEL__MODEL_CHUNK__INIT,
                           .attempt = grant->attempt,
                           .lane = grant->lane};
    worker->next.chunk.relation_oid = grant->chunk->relation_oid;
    worker->next.chunk.chunk = grant->chunk->chunk;
    worker->next.chunk.first_block = grant->chunk->first_block;
    worker->next.chunk.end_block = grant->chunk->end_block;
    snprintf(worker->next.snapshot, sizeof worker->next.snapshot, "%s", grant->snapshot_name);
    worker->granted = true;
}

static void on_control(void *self, const ControlMessage *message)
{
    CopyWorker *worker = self;

    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_TOPOLOGY)
        note_topology(worker, message->topology);
    else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CHUNK_GRANT)
        note_grant(worker, message->chunk_grant);
}

static void on_counters(void *self, Stage *stage)
{
    CopyWorker *worker = self;

    stage_counter(stage, "chunk", worker->grant.chunk.chunk);
    stage_counter(stage, "rows", worker->rows);
    stage_counter(stage, "bytes", worker->bytes);
    stage_counter(stage, "redelivered_batches",
                  (int64_t)outbox_counters(worker->outbox).redelivered);
}

/*
 * Waits for the source (source_fd, or -1), transforms, loaders and the supervisor, and lets the
 * outbox do what it can.
 */
static bool wait_and_send(CopyWorker *worker, WaitItem *source, bool may_wait, Error *err)
{
    WaitItem items[] = {outbox_wait_item(worker->outbox), source ? *source : (WaitItem){0}};
    int timeout = may_wait ? outbox_timeout_ms(worker->outbox, clock_ms()) : 0;

    if (!stage_wait(worker->stage, items, source ? 2 : 1, timeout, err))
        return false;
    if (source)
        source->ready = items[1].ready;
    return outbox_work(worker->outbox, clock_ms(), err);
}

/* PgWait: a statement that takes its time, on a lock perhaps, must not make us look hung. */
static bool wait_for_source(void *self, int fd, bool write, Error *err)
{
    WaitItem source = {.fd = fd, .read = true, .write = write};

    while (!source.ready) {
        if (!wait_and_send(self, &source, true, err))
            return false;
    }
    return true;
}

static void say_undone(CopyWorker *worker, bool restart_table, const char *reason)
{
    Walferry__Control__ChunkResult result = WALFERRY__CONTROL__CHUNK_RESULT__INIT;
    char text[COPY_REASON_MAX];

    snprintf(text, sizeof text, "%s", reason);
    result.relation_oid = worker->grant.chunk.relation_oid;
    result.chunk = worker->grant.chunk.chunk;
    result.attempt = worker->grant.attempt;
    result.restart_table = restart_table;
    result.reason = text;
    stage_say(worker->stage, &CONTROL_MESSAGE(CHUNK_RESULT, chunk_result, &result));
}

static const ModelTable *granted_table(const CopyWorker *worker, Error *err)
{
    uint32_t oid = worker->grant.chunk.relation_oid;
    const ModelTable *table = model_index_find(&worker->tables, oid);

    if (!table)
        error_set(err, ERROR_PROTOCOL,
                  "granted a chunk of table %" PRIu32 ", which is not assigned", oid);
    return table;
}

/* As the destination calls it: "" says the same. */
static Str name_there(const char *there, const char *here)
{
    return str_of(there[0] ? there : here);
}

static Str source_name(Arena *arena, const ModelTable *table)
{
    if (str_equal(name_there(table->to_schema, table->schema), str_of(table->schema)) &&
        str_equal(name_there(table->to_name, table->name), str_of(table->name)))
        return (Str){0};
    return str_of(arena_printf(arena, "%s.%s", table->schema, table->name));
}

static Relation relation_of(Arena *arena, const ModelTable *table)
{
    Relation relation = {.oid = table->oid,
                         .schema = name_there(table->to_schema, table->schema),
                         .table = name_there(table->to_name, table->name),
                         .source = source_name(arena, table),
                         .left_out = table->left_out,
                         .lane_by_key = table->lane_by_key,
                         .full_identity = table->full_identity,
                         .columns = ARENA_ARRAY(arena, Column, table->n_columns)};

    for (size_t i = 0; i < table->n_columns; i++) {
        const ModelColumn *column = table->columns[i];

        if (!column->generated && !column->skip)
            relation.columns[relation.column_count++] = (Column){
                .attnum = column->attnum,
                .name = name_there(column->to, column->name),
                .type_oid = column->type_oid,
                .type_modifier = column->type_modifier,
                .key = column->key,
            };
    }
    return relation;
}

static void make_header(CopyWorker *worker, const ModelTable *table)
{
    const ModelChunk *chunk = &worker->grant.chunk;

    arena_reset(&worker->chunk_arena);
    Relation *relation = ARENA_NEW(&worker->chunk_arena, Relation);
    *relation = relation_of(&worker->chunk_arena, table);
    worker->header = (BatchHeader){
        .kind = BATCH_COPY_ROWS,
        .lane = worker->grant.lane,
        .only_lane = (int32_t)worker->grant.lane,
        .relations = relation,
        .relation_count = 1,
        .copy = {.chunk = chunk->chunk,
                 .attempt = worker->grant.attempt,
                 .binary = table->binary,
                 .producer = str_of(stage_identity(worker->stage)),
                 .first_block = chunk->first_block,
                 .end_block = chunk->end_block},
        .task = str_of(worker->task.name),
    };
}

static bool send_batch(CopyWorker *worker, CopyBatch *batch, bool last, Error *err)
{
    worker->header.copy.rows = batch->rows;
    worker->header.copy.last = last;
    worker->rows += (int64_t)batch->rows;
    worker->bytes += (int64_t)batch->body->len;
    (void)FAILPOINT("copy.batch");
    if (last)
        (void)FAILPOINT("copy.last");
    return outbox_add(worker->outbox, &worker->header, &batch->body, err);
}

/* Reads what is there, at most a batch. *got as of table_copy_read; WAITS too when we may not. */
static bool read_batch(CopyWorker *worker, TableCopyRead *got, Error *err)
{
    CopyBatch batch = {0};

    *got = TABLE_COPY_WAITS;
    if (outbox_full(worker->outbox))
        return true;
    if (!table_copy_read(worker->copy, got, &batch, err))
        return false;
    return *got == TABLE_COPY_WAITS || send_batch(worker, &batch, *got == TABLE_COPY_LAST, err);
}

/* Committed by the loader, perhaps before a row was sent; or the loader is gone. */
static bool is_over(const CopyWorker *worker)
{
    return worker->abandoned || outbox_chunk_done(worker->outbox);
}

static bool pass_rows(CopyWorker *worker, Error *err)
{
    TableCopyRead got = TABLE_COPY_WAITS;

    (void)FAILPOINT("copy.first_row");
    while (got != TABLE_COPY_LAST && !is_over(worker)) {
        WaitItem source = {.fd = table_copy_socket(worker->copy), .read = true};
        bool full = outbox_full(worker->outbox);

        if (!read_batch(worker, &got, err) ||
            !wait_and_send(worker, full ? NULL : &source, got == TABLE_COPY_WAITS, err))
            return false;
    }
    if (got != TABLE_COPY_LAST)
        table_copy_abandon(worker->copy);
    return true;
}

static bool await_commit(CopyWorker *worker, Error *err)
{
    while (!is_over(worker)) {
        if (!wait_and_send(worker, NULL, true, err))
            return false;
    }
    return true;
}

/* The rows and the loader's word that they are committed; or the loader is gone. */
static bool copy_rows(CopyWorker *worker, const ModelTable *table, Error *err)
{
    make_header(worker, table);
    if (!pass_rows(worker, err) || !await_commit(worker, err))
        return false;
    worker->unconfirmed = outbox_chunk_done(worker->outbox);
    if (!worker->unconfirmed)
        say_undone(worker, false, "the loader of its lane was replaced");
    return true;
}

/* What keeps a chunk from being copied, unless it is the table's own change, ends the stage. */
static bool not_started(CopyWorker *worker, TableCopyStart start, const char *reason, Error *err)
{
    if (start != TABLE_COPY_CHANGED)
        return error_set(err, ERROR_TRANSIENT, "%s", reason);
    say_undone(worker, true, reason);
    return true;
}

static bool copy_chunk(CopyWorker *worker, const ModelTable *table, Error *err)
{
    TableCopyChunk chunk = {.table = table,
                            .chunk = &worker->grant.chunk,
                            .snapshot = worker->grant.snapshot,
                            .lock_timeout_ms = worker->task.source.lock_timeout_ms};
    TableCopyStart start = TABLE_COPY_STARTED;
    char reason[COPY_REASON_MAX];

    (void)FAILPOINT("copy.grant");
    outbox_start_chunk(worker->outbox, worker->task.name, table->oid, chunk.chunk->chunk,
                       worker->grant.attempt, worker->grant.lane);
    if (!table_copy_start(worker->copy, &chunk, &start, reason, err))
        return false;
    if (start != TABLE_COPY_STARTED)
        return not_started(worker, start, reason, err);
    return copy_rows(worker, table, err);
}

static bool take_up_grant(CopyWorker *worker, Error *err)
{
    worker->granted = worker->unconfirmed = false;
    worker->grant = worker->next;
    worker->loader[0] = '\0';
    worker->abandoned = false;
    follow_loader(worker);

    const ModelTable *table = granted_table(worker, err);
    if (!table)
        return false;
    if (copy_chunk(worker, table, err))
        return true;
    if (err->kind != ERROR_NONE) {
        error_wrap(err, "copy of chunk %" PRIu32, worker->grant.chunk.chunk);
        error_object(err, "%s.%s", table->schema, table->name);
        say_undone(worker, false, err->message);
    }
    return false;
}

static bool open_outbox(CopyWorker *worker, Error *err)
{
    OutboxLimits limits = {.memory_bytes = UNDER_WAY_BYTES, .window_bytes = UNDER_WAY_BYTES};

    return outbox_open(&worker->outbox, stage_endpoint(worker->stage), &limits, err);
}

static void make_source(CopyWorker *worker)
{
    char role[32], application[OBJECT_NAME_MAX];

    snprintf(role, sizeof role, "copy_%" PRIu32, stage_assignment(worker->stage)->number);
    names_application(worker->task.name, role, application);
    worker->source = (PgTarget){.side = "source",
                                .conninfo = worker->task.source.conninfo,
                                .password_file = worker->task.source.password_file,
                                .time_zone = task_file_time_zone(&worker->task)};
    worker->copy = table_copy_new(&worker->source, application, wait_for_source, worker);
}

static void say_ready(CopyWorker *worker)
{
    Walferry__Control__Ready ready = WALFERRY__CONTROL__READY__INIT;

    ready.endpoint = (char *)(uintptr_t)stage_endpoint(worker->stage);
    stage_say(worker->stage, &CONTROL_MESSAGE(READY, ready, &ready));
}

static bool start(CopyWorker *worker, Error *err)
{
    const Walferry__Control__Assignment *assignment = stage_assignment(worker->stage);
    Str text = {(const char *)assignment->file_text.data, assignment->file_text.len};

    if (!task_file_parse(assignment->file_name, text, &worker->arena, &worker->task, err) ||
        !open_outbox(worker, err))
        return false;
    make_source(worker);
    worker->tables = model_index_of(&worker->arena, assignment->model);
    stage_handle(worker->stage,
                 (StageHandlers){.control = on_control, .counters = on_counters, .self = worker});
    if (!table_copy_connect(worker->copy, err))
        return false;
    say_ready(worker);
    return true;
}

/*
 * The loader told us that the chunk is done, and may have died before it told the supervisor. Who
 * does it again finds its mark. If the supervisor knows, it passes this over.
 */
static void say_doubtful(CopyWorker *worker)
{
    worker->unconfirmed = false;
    say_undone(worker, false, "the loader that committed it was replaced");
}

static bool serve(CopyWorker *worker, Error *err)
{
    if (worker->granted)
        return take_up_grant(worker, err);
    if (worker->unconfirmed && worker->abandoned)
        say_doubtful(worker);
    return wait_and_send(worker, NULL, true, err);
}

static void close_worker(CopyWorker *worker)
{
    stage_handle(worker->stage, (StageHandlers){0});
    table_copy_free(&worker->copy);
    outbox_close(&worker->outbox);
    arena_done(&worker->chunk_arena);
    arena_done(&worker->arena);
}

void copy_worker_run(Stage *stage, Error *err)
{
    CopyWorker worker = {.stage = stage};
    bool served = start(&worker, err);

    while (served)
        served = serve(&worker, err);
    close_worker(&worker);
}
