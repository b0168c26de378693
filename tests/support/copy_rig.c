/*
 * copy_rig - a supervisor, a transform and a loader's chunk loads in one process, for tests of the
 * table copy against real servers (tests/e2e/test_copy.py) and to measure it alone. It reads
 * commands, a line each, from standard input and says what happens on standard output.
 *
 *     copy-rig TASK_FILE FOLDER      the copy process is started with --supervisor ipc://FOLDER/rig
 *
 *     plan SCHEMA TABLE PAGES BINARY cuts it into chunks: "planned OID CHUNKS"
 *     grant OID CHUNK ATTEMPT        one chunk
 *     grant_all                      every chunk, one after the other, then "all"
 *     forget_snapshot
 *     takeover                       another loader takes the lane over, behind our back
 *     generation                     we do, for a new epoch
 *     replace_loader                 the topology has another loader
 *     stall N                        from now on the loader takes only N batches; -1: all
 *
 * Events: "ready PID", "done OID CHUNK ATTEMPT ROWS BYTES", "undone OID CHUNK ATTEMPT RESTART
 * REASON", "fault KIND TEXT", "failed KIND TEXT" (the loader's error).
 */
#include "common/channel.h"
#include "common/clock.h"
#include "common/codec.h"
#include "common/control.h"
#include "common/mem.h"
#include "common/pg.h"
#include "common/sql_text.h"
#include "common/task_file.h"
#include "loader/chunk_load.h"
#include "loader/chunk_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef Walferry__Model__ModelTable ModelTable;
typedef Walferry__Model__ModelColumn ModelColumn;
typedef Walferry__Model__ModelChunk ModelChunk;

enum { LISTS_MAX = 20000 };

typedef struct Rig {
    Arena arena;
    TaskFile task;
    Str task_text;
    const char *folder;
    Pg *source, *destination;
    char *snapshot;
    Walferry__Model__Model model;
    Channel *supervisor, *data;
    char copy[CHANNEL_IDENTITY_MAX]; /* the copy process */
    char *copy_endpoint;
    const char *loader; /* as the topology has it */
    ChunkLoads *loads;
    int64_t generation;
    int64_t batches_left; /* stall */
    size_t next_chunk;    /* grant_all; SIZE_MAX: not asked */
    uint64_t attempt;
    int64_t next_second_ms;
} Rig;

static void must(bool ok, const Error *err)
{
    if (ok)
        return;
    char line[sizeof(Error) + 128];
    error_format(err, line, sizeof line);
    printf("failed %s %s\n", error_kind_name(err->kind), line);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static char *text(const Rig *rig, const char *value)
{
    return arena_strdup((Arena *)(uintptr_t)&rig->arena, value);
}

static PgRows *ask(Pg *pg, Bytes *sql)
{
    PgRows *rows = NULL;
    Error err = {0};

    must(pg_exec(pg, sql_text(sql), &rows, &err), &err);
    bytes_clear(sql);
    return rows;
}

/* --- the supervisor --- */

static void say(Rig *rig, const ControlMessage *message)
{
    ChannelMessage raw = {.parts = {control_pack(message)}, .count = 1};

    snprintf(raw.peer, sizeof raw.peer, "%s", rig->copy);
    (void)channel_send(rig->supervisor, &raw);
    channel_message_done(&raw);
}

static void say_assignment(Rig *rig)
{
    Walferry__Control__Assignment assignment = WALFERRY__CONTROL__ASSIGNMENT__INIT;

    assignment.task = text(rig, rig->task.name);
    assignment.file_name = text(rig, "rig");
    assignment.file_text.data = (uint8_t *)(uintptr_t)rig->task_text.data;
    assignment.file_text.len = rig->task_text.len;
    assignment.lanes = 1;
    assignment.data_dir = text(rig, rig->folder);
    assignment.model = &rig->model;
    say(rig, &CONTROL_MESSAGE(ASSIGNMENT, assignment, &assignment));
}

static void say_topology(Rig *rig)
{
    Walferry__Control__Topology topology = WALFERRY__CONTROL__TOPOLOGY__INIT;
    Walferry__Control__Peer rig_peer = WALFERRY__CONTROL__PEER__INIT;
    Walferry__Control__Peer loader = WALFERRY__CONTROL__PEER__INIT;
    Walferry__Control__Peer *transforms[] = {&rig_peer}, *loaders[] = {&loader};

    rig_peer.identity = text(rig, "rig");
    loader.identity = text(rig, rig->loader);
    topology.transforms = transforms;
    topology.loaders = loaders;
    topology.n_transforms = topology.n_loaders = 1;
    say(rig, &CONTROL_MESSAGE(TOPOLOGY, topology, &topology));
}

static void say_grant(Rig *rig, const ModelChunk *chunk, uint64_t attempt)
{
    Walferry__Control__ChunkGrant grant = WALFERRY__CONTROL__CHUNK_GRANT__INIT;

    grant.chunk = (ModelChunk *)(uintptr_t)chunk;
    grant.attempt = rig->attempt = attempt;
    grant.snapshot_name = rig->snapshot;
    say(rig, &CONTROL_MESSAGE(CHUNK_GRANT, chunk_grant, &grant));
}

static void say_signal(Rig *rig, const Signal *signal)
{
    ChannelMessage message = {.parts = {codec_pack_signal(signal)}, .count = 1};

    (void)channel_send(rig->data, &message);
    channel_message_done(&message);
}

static void say_credit(Rig *rig)
{
    say_signal(rig, &(Signal){.kind = SIGNAL_CREDIT, .credit = {4}});
}

static void on_ready(Rig *rig, const char *endpoint)
{
    const char *producers[] = {rig->copy};
    Error err = {0};

    must(channel_dial(&rig->data, endpoint, "rig", 64, &err), &err);
    chunk_loads_producers(rig->loads, producers, 1);
    say_topology(rig);
    say_credit(rig);
    printf("ready\n");
}

static void on_undone(Rig *rig, const Walferry__Control__ChunkResult *result)
{
    (void)rig;
    printf("undone %u %u %" PRIu64 " %d %s\n", result->relation_oid, result->chunk, result->attempt,
           result->restart_table, result->reason);
}

static void on_control(Rig *rig, const char *peer, const ControlMessage *message)
{
    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO) {
        snprintf(rig->copy, sizeof rig->copy, "%s", peer);
        chunk_loads_producers(rig->loads, NULL, 0); /* who was there before is gone */
        channel_close(&rig->data);
        say_assignment(rig);
    } else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_READY)
        on_ready(rig, message->ready->endpoint);
    else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CHUNK_RESULT)
        on_undone(rig, message->chunk_result);
    else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_FAULT)
        printf("fault %s %s: %s\n", message->fault->kind, message->fault->object,
               message->fault->message);
    fflush(stdout);
}

static void read_supervisor(Rig *rig)
{
    ChannelMessage raw;

    while (channel_receive(rig->supervisor, &raw) == CHANNEL_OK) {
        ControlMessage *message = NULL;
        Error err = {0};

        must(control_unpack(frame_str(raw.parts[0]), &message, &err), &err);
        on_control(rig, raw.peer, message);
        control_free(&message);
        channel_message_done(&raw);
    }
}

/* --- transform and loader --- */

static void grant_next(Rig *rig)
{
    if (rig->next_chunk > rig->model.n_chunks)
        return;
    if (rig->next_chunk == rig->model.n_chunks) {
        printf("all\n");
        rig->next_chunk = SIZE_MAX;
        return;
    }
    say_grant(rig, rig->model.chunks[rig->next_chunk], rig->attempt + 1);
    rig->next_chunk++;
}

static void hear(void *self, const ChunkNews *news)
{
    Rig *rig = self;

    say_signal(rig, &(Signal){.kind = SIGNAL_CHUNK_ACK,
                              .chunk_ack = {.relation_oid = news->relation_oid,
                                            .chunk = news->chunk,
                                            .attempt = news->attempt,
                                            .next_sequence = news->next_sequence,
                                            .done = news->done}});
    if (!news->done || !news->fresh)
        return;
    printf("done %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", news->relation_oid, news->chunk,
           news->attempt, news->rows, news->bytes);
    grant_next(rig);
    fflush(stdout);
}

static void read_data(Rig *rig)
{
    CLEANUP(arena_done) Arena arena = {0};
    ChannelMessage raw;
    Error err = {0};

    while (rig->data && rig->batches_left != 0 && channel_receive(rig->data, &raw) == CHANNEL_OK) {
        BatchHeader header;

        must(codec_unpack_header(frame_str(raw.parts[0]), &arena, &header, &err), &err);
        must(chunk_loads_take(rig->loads, &header, raw.parts[1], &err), &err);
        channel_message_done(&raw);
        if (rig->batches_left > 0)
            rig->batches_left--;
    }
    must(chunk_loads_step(rig->loads, &err), &err);
}

static void take_over(Rig *rig)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "UPDATE walferry.progress SET generation = generation + 1 RETURNING generation");
    PgRows *rows = ask(rig->destination, &sql);
    rig->generation = pg_int(rows, 0, "generation");
    pg_rows_done(&rows);
}

static void prepare_destination(Rig *rig)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql,
            "CREATE SCHEMA IF NOT EXISTS walferry;"
            "CREATE TABLE IF NOT EXISTS walferry.chunk (task text, relation_oid oid, chunk int, "
            "rows bigint, kept bigint, PRIMARY KEY (task, relation_oid, chunk));"
            "CREATE TABLE IF NOT EXISTS walferry.created (task text, object text);"
            "CREATE TABLE IF NOT EXISTS walferry.progress (task text, lane int, generation "
            "bigint, updated timestamptz, PRIMARY KEY (task, lane));"
            "INSERT INTO walferry.progress VALUES (");
    sql_literal(&sql, str_of(rig->task.name));
    sql_add(&sql, ", 0, 0, now()) ON CONFLICT DO NOTHING");
    PgRows *rows = ask(rig->destination, &sql);
    pg_rows_done(&rows);
    take_over(rig);
    chunk_loads_generation(rig->loads, rig->generation);
}

/* --- the plan --- */

static void export_snapshot(Rig *rig)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_export_snapshot() AS name");
    PgRows *rows = ask(rig->source, &sql);
    rig->snapshot = text(rig, pg_text(rows, 0, "name"));
    pg_rows_done(&rows);
}

static void plan_columns(Rig *rig, ModelTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql,
            "SELECT attnum, attname, atttypid, atttypmod, attgenerated <> '' AS generated "
            "FROM pg_attribute WHERE attrelid = %u AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            table->oid);
    PgRows *rows = ask(rig->source, &sql);
    table->n_columns = (size_t)pg_rows_count(rows);
    table->columns = ARENA_ARRAY(&rig->arena, ModelColumn *, table->n_columns + 1);
    for (int i = 0; i < pg_rows_count(rows); i++) {
        ModelColumn *column = ARENA_NEW(&rig->arena, ModelColumn);

        *column = (ModelColumn)WALFERRY__MODEL__MODEL_COLUMN__INIT;
        column->attnum = (uint32_t)pg_int(rows, i, "attnum");
        column->name = text(rig, pg_text(rows, i, "attname"));
        column->type_oid = (uint32_t)pg_int(rows, i, "atttypid");
        column->type_modifier = (int32_t)pg_int(rows, i, "atttypmod");
        column->generated = pg_bool(rows, i, "generated");
        table->columns[i] = column;
    }
    pg_rows_done(&rows);
}

static void plan_chunks(Rig *rig, const ModelTable *table, uint64_t pages)
{
    uint32_t count = 0;

    for (uint64_t block = 0; count == 0 || (pages && block < table->pages); block += pages) {
        ModelChunk *chunk = ARENA_NEW(&rig->arena, ModelChunk);

        *chunk = (ModelChunk)WALFERRY__MODEL__MODEL_CHUNK__INIT;
        chunk->relation_oid = table->oid;
        chunk->chunk = count++;
        chunk->first_block = block;
        chunk->end_block = pages && block + pages < table->pages ? block + pages : 0;
        rig->model.chunks[rig->model.n_chunks++] = chunk;
    }
    printf("planned %u %u\n", table->oid, count);
}

static void plan(Rig *rig, const char *schema, const char *name, uint64_t pages, bool binary)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    ModelTable *table = ARENA_NEW(&rig->arena, ModelTable);

    *table = (ModelTable)WALFERRY__MODEL__MODEL_TABLE__INIT;
    sql_add(&sql, "SELECT c.oid, pg_relation_filenode(c.oid) AS filenode, pg_relation_size(c.oid) "
                  "/ 8192 AS pages FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                  "WHERE nspname = ");
    sql_literal(&sql, str_of(schema));
    sql_add(&sql, " AND relname = ");
    sql_literal(&sql, str_of(name));
    PgRows *rows = ask(rig->source, &sql);
    table->oid = (uint32_t)pg_int(rows, 0, "oid");
    table->filenode = (uint32_t)pg_int(rows, 0, "filenode");
    table->pages = (uint64_t)pg_int(rows, 0, "pages");
    table->schema = text(rig, schema);
    table->name = text(rig, name);
    table->binary = binary;
    pg_rows_done(&rows);
    plan_columns(rig, table);
    rig->model.tables[rig->model.n_tables++] = table;
    plan_chunks(rig, table, pages);
}

static void grant(Rig *rig, uint32_t oid, uint32_t number, uint64_t attempt)
{
    for (size_t i = 0; i < rig->model.n_chunks; i++) {
        const ModelChunk *chunk = rig->model.chunks[i];

        if (chunk->relation_oid == oid && chunk->chunk == number)
            say_grant(rig, chunk, attempt);
    }
}

static void obey(Rig *rig, char *line)
{
    char schema[64], name[64];
    uint64_t a = 0, b = 0, c = 0;

    if (sscanf(line, "plan %63s %63s %" SCNu64 " %" SCNu64, schema, name, &a, &b) == 4)
        plan(rig, schema, name, a, b != 0);
    else if (sscanf(line, "grant %" SCNu64 " %" SCNu64 " %" SCNu64, &a, &b, &c) == 3)
        grant(rig, (uint32_t)a, (uint32_t)b, c);
    else if (strcmp(line, "grant_all") == 0) {
        rig->next_chunk = 0;
        grant_next(rig);
    } else if (strcmp(line, "forget_snapshot") == 0)
        pg_close(&rig->source);
    else if (strcmp(line, "takeover") == 0)
        take_over(rig);
    else if (strcmp(line, "generation") == 0)
        chunk_loads_generation(rig->loads, rig->generation);
    else if (strcmp(line, "replace_loader") == 0) {
        rig->loader = "rig-loader-2";
        say_topology(rig);
    } else if (sscanf(line, "stall %" SCNd64, &rig->batches_left) != 1)
        printf("unknown %s\n", line);
    fflush(stdout);
}

static bool read_command(Rig *rig)
{
    char line[256];

    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    obey(rig, line);
    return true;
}

static bool turn(Rig *rig)
{
    WaitItem items[3 + STAGES_MAX] = {{.fd = STDIN_FILENO, .read = true},
                                      {.channel = rig->supervisor, .read = true}};
    size_t count = 2;
    Error err = {0};

    if (rig->data && rig->batches_left != 0)
        items[count++] = (WaitItem){.channel = rig->data, .read = true};
    count += chunk_loads_wait_items(rig->loads, items + count, STAGES_MAX);
    must(channel_wait(items, count, 100, &err), &err);
    read_supervisor(rig);
    read_data(rig);
    if (rig->data && clock_ms() >= rig->next_second_ms) {
        rig->next_second_ms = clock_ms() + 1000;
        say_credit(rig);
        chunk_loads_repeat(rig->loads);
    }
    return !items[0].ready || read_command(rig);
}

static void open_rig(Rig *rig, const char *task_file)
{
    Error err = {0};

    must(task_file_load(task_file, &rig->arena, &rig->task, &rig->task_text, &err), &err);
    PgTarget source = {"source", rig->task.source.conninfo, "", NULL};
    ChunkTarget destination = {.make = chunk_writer_postgres,
                               .pg = {"destination", rig->task.destination.conninfo, "", NULL},
                               .task = rig->task.name,
                               .application = "walferry_rig_loader_0",
                               .session_sql = "SET session_replication_role = replica"};

    rig->model = (Walferry__Model__Model)WALFERRY__MODEL__MODEL__INIT;
    rig->model.tables = ARENA_ARRAY(&rig->arena, ModelTable *, LISTS_MAX);
    rig->model.chunks = ARENA_ARRAY(&rig->arena, ModelChunk *, LISTS_MAX);
    must(pg_connect(&rig->source, &source, "rig", false, &err), &err);
    must(pg_connect(&rig->destination, &destination.pg, "rig", false, &err), &err);
    must(channel_listen(&rig->supervisor, arena_printf(&rig->arena, "ipc://%s/rig", rig->folder),
                        1000, &err),
         &err);
    rig->loads = chunk_loads_open(&destination, hear, rig);
    export_snapshot(rig);
    prepare_destination(rig);
}

int main(int argc, char **argv)
{
    Rig rig = {.loader = "rig-loader-1", .batches_left = -1, .next_chunk = SIZE_MAX};

    if (argc != 3)
        return EXIT_FAILURE;
    setvbuf(stdin, NULL, _IONBF, 0); /* what stdio has read ahead, poll() does not see */
    rig.folder = argv[2];
    open_rig(&rig, argv[1]);
    while (turn(&rig))
        continue;
    chunk_loads_close(&rig.loads);
    channel_close(&rig.data);
    channel_close(&rig.supervisor);
    pg_close(&rig.source);
    pg_close(&rig.destination);
    arena_done(&rig.arena);
    return EXIT_SUCCESS;
}
