/*
 * fake_stage - speaks the control plane like a stage and does no work: for tests of the supervisor
 * alone (tests/e2e/test_supervisor.py). It plays the part that its file's name says.
 *
 * WALFERRY_FAKE_DIR is a folder where it notes what it did, a line each in `jobs`, `chunks`,
 * `epochs`, `confirmed`, and keeps what a destination would: lane-N. Files that change its part:
 * fault-ROLE (a line "kind message": says this Fault once it has its Assignment), hang-ROLE (says
 * nothing any more), slow (a chunk takes seconds), restart-table (the next chunk finds its table
 * changed; the file is removed), older (lanes forget their position).
 */
#include "common/arena.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/mem.h"
#include "common/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLES = 3, CHUNKS_EACH = 4, STREAM_STEP = 0x10000000, TURN_MS = 50 };

typedef struct Fake {
    Stage *stage;
    const Walferry__Control__Assignment *assignment;
    const char *role;
    uint64_t epoch;
    bool granted, drained, grant_waits;
    Walferry__Model__ModelChunk chunk;
    uint64_t attempt;
    uint64_t resume_lsn;
    uint64_t sent;
} Fake;

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", getenv("WALFERRY_FAKE_DIR"), name);
}

static bool there_is(const char *format, const char *role)
{
    char name[64];

    snprintf(name, sizeof name, "%s%s", format, role);
    CLEANUP(mem_free) char *path = path_of(name);
    return access(path, F_OK) == 0;
}

static void note(const char *file, const char *line)
{
    CLEANUP(mem_free) char *path = path_of(file);
    FILE *out = fopen(path, "a");

    if (!out)
        return;
    fprintf(out, "%s\n", line);
    fclose(out);
}

static uint64_t read_number(const char *name)
{
    CLEANUP(mem_free) char *path = path_of(name);
    FILE *file = fopen(path, "r");
    uint64_t number = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%" SCNu64, &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

static void write_number(const char *name, uint64_t number)
{
    CLEANUP(mem_free) char *path = path_of(name);
    CLEANUP(mem_free) char *other = mem_printf("%s.new", path);
    FILE *file = fopen(other, "w");

    if (!file)
        return;
    fprintf(file, "%" PRIu64, number);
    fclose(file);
    (void)rename(other, path);
}

/* ---- loader: what `stream` says has been applied as soon as it is seen ---- */

static void lane_name(const Fake *fake, char *out, size_t size)
{
    snprintf(out, size, "lane-%u", fake->assignment->number);
}

static void say_ready(Fake *fake)
{
    Walferry__Control__Ready ready = WALFERRY__CONTROL__READY__INIT;
    Walferry__Change__Position position = WALFERRY__CHANGE__POSITION__INIT;
    char lane[32];

    ready.endpoint = (char *)(uintptr_t)stage_endpoint(fake->stage);
    if (strcmp(fake->role, "loader") == 0) {
        lane_name(fake, lane, sizeof lane);
        position.commit_lsn = there_is("older", "") ? 1 : read_number(lane);
        position.ordinal = position.commit_lsn ? 1 : 0;
        ready.position = &position;
        ready.resume_lsn = position.commit_lsn;
        ready.next_record_id = position.commit_lsn;
        ready.epoch = fake->epoch;
    }
    stage_say(fake->stage, &CONTROL_MESSAGE(READY, ready, &ready));
}

static void load(Fake *fake)
{
    Walferry__Control__Progress progress = WALFERRY__CONTROL__PROGRESS__INIT;
    Walferry__Change__Position position = WALFERRY__CHANGE__POSITION__INIT;
    uint64_t at = read_number("stream");
    char lane[32];

    if (at <= fake->sent)
        return;
    lane_name(fake, lane, sizeof lane);
    write_number(lane, at);
    fake->sent = at;
    position.commit_lsn = at;
    position.ordinal = 1;
    progress.epoch = fake->epoch;
    progress.lane = fake->assignment->number;
    progress.position = &position;
    progress.resume_lsn = at;
    progress.next_record_id = at;
    progress.commit_time_us = clock_wall_us();
    stage_say(fake->stage, &CONTROL_MESSAGE(PROGRESS, progress, &progress));
}

/* ---- capture: the stream is a number that grows ---- */

static void request_epoch(Fake *fake)
{
    Walferry__Control__EpochRequest request = WALFERRY__CONTROL__EPOCH_REQUEST__INIT;

    stage_say(fake->stage, &CONTROL_MESSAGE(EPOCH_REQUEST, epoch_request, &request));
}

static void stream(Fake *fake)
{
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;

    if (!fake->granted)
        return;
    if (!stage_draining(fake->stage)) {
        fake->resume_lsn += STREAM_STEP;
        write_number("stream", fake->resume_lsn);
    } else if (!fake->drained) {
        fake->drained = true;
        stage_say(fake->stage, &CONTROL_MESSAGE(DRAINED, drained, &drained));
    }
}

/* ---- copy ---- */

static void copy(Fake *fake)
{
    Walferry__Control__ChunkResult result = WALFERRY__CONTROL__CHUNK_RESULT__INIT;
    CLEANUP(mem_free) char *path = path_of("restart-table");
    char line[96];

    if (!fake->grant_waits)
        return;
    usleep(there_is("slow", "") ? 1000000 : 20000);
    fake->grant_waits = false;
    result.relation_oid = fake->chunk.relation_oid;
    result.chunk = fake->chunk.chunk;
    result.attempt = fake->attempt;
    result.restart_table = unlink(path) == 0;
    result.done = !result.restart_table;
    result.reason = (char *)(uintptr_t)(result.done ? "" : "its file has changed");
    result.rows = 10;
    result.bytes = 1000;
    snprintf(line, sizeof line, "%u %u %" PRIu64 " %s", result.relation_oid, result.chunk,
             result.attempt, result.done ? "done" : "changed");
    note("chunks", line);
    stage_say(fake->stage, &CONTROL_MESSAGE(CHUNK_RESULT, chunk_result, &result));
}

/* ---- schema ---- */

static bool is_asked_for(const Walferry__Control__Job *job, uint32_t oid)
{
    for (size_t i = 0; i < job->n_relation_oids; i++) {
        if (job->relation_oids[i] == oid)
            return true;
    }
    return job->n_relation_oids == 0;
}

static void add_table(Arena *arena, Walferry__Model__Model *model, uint32_t oid)
{
    Walferry__Model__ModelTable *table = ARENA_NEW(arena, Walferry__Model__ModelTable);

    walferry__model__model_table__init(table);
    table->oid = oid;
    table->schema = arena_strdup(arena, "public");
    table->name = arena_printf(arena, "t%u", oid);
    table->bytes = oid * 1000;
    model->tables[model->n_tables++] = table;
    for (uint32_t i = 0; i < CHUNKS_EACH; i++) {
        Walferry__Model__ModelChunk *chunk = ARENA_NEW(arena, Walferry__Model__ModelChunk);

        walferry__model__model_chunk__init(chunk);
        chunk->relation_oid = oid;
        chunk->chunk = i;
        model->chunks[model->n_chunks++] = chunk;
    }
}

static void make_model(Arena *arena, const Walferry__Control__Job *job,
                       Walferry__Model__Model *model)
{
    model->tables = ARENA_ARRAY(arena, Walferry__Model__ModelTable *, TABLES);
    model->chunks = ARENA_ARRAY(arena, Walferry__Model__ModelChunk *, TABLES * CHUNKS_EACH);
    for (uint32_t oid = 1; oid <= TABLES; oid++) {
        if (is_asked_for(job, oid))
            add_table(arena, model, oid);
    }
}

static void do_job(Fake *fake)
{
    const Walferry__Control__Job *job = fake->assignment->job;
    Walferry__Control__JobResult result = WALFERRY__CONTROL__JOB_RESULT__INIT;
    Walferry__Model__Model model = WALFERRY__MODEL__MODEL__INIT;
    CLEANUP(arena_done) Arena arena = {0};
    char line[64];

    snprintf(line, sizeof line, "%d %zu", (int)job->kind, job->n_relation_oids);
    note("jobs", line);
    result.kind = job->kind;
    result.system_identifier = arena_strdup(&arena, "42");
    result.timeline = 1;
    result.slot_lsn = 0x1000;
    make_model(&arena, job, &model);
    if (job->kind == WALFERRY__CONTROL__JOB_KIND__JOB_PLAN)
        result.model = &model;
    stage_say(fake->stage, &CONTROL_MESSAGE(JOB_RESULT, job_result, &result));
}

/* ---- all ---- */

static void hear(void *self, const ControlMessage *message)
{
    Fake *fake = self;
    char line[64];

    switch ((int)message->message_case) {
    case WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_NEW_EPOCH:
        fake->epoch = message->new_epoch->epoch;
        say_ready(fake);
        break;
    case WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_EPOCH_GRANT:
        fake->granted = true;
        fake->resume_lsn = message->epoch_grant->resume_lsn;
        snprintf(line, sizeof line, "%" PRIu64 " %" PRIu64, message->epoch_grant->epoch,
                 message->epoch_grant->resume_lsn);
        note("epochs", line);
        break;
    case WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CONFIRM:
        write_number("confirmed", message->confirm->resume_lsn);
        break;
    case WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CHUNK_GRANT:
        fake->chunk = *message->chunk_grant->chunk;
        fake->attempt = message->chunk_grant->attempt;
        fake->grant_waits = true;
        break;
    default:
        break;
    }
}

static void count(void *self, Stage *stage)
{
    const Fake *fake = self;

    if (strcmp(fake->role, "loader") == 0) {
        stage_counter(stage, "changes_applied", 5);
        stage_counter(stage, "duplicates_dropped", 1);
    } else if (strcmp(fake->role, "capture") == 0) {
        stage_counter(stage, "redelivered_batches", 2);
    }
}

static bool obey_files(const Fake *fake, Error *err)
{
    char name[64], text[256] = "", kind[32] = "";
    int at = 0;

    while (there_is("hang-", fake->role))
        sleep(1);
    if (!there_is("fault-", fake->role))
        return true;
    snprintf(name, sizeof name, "fault-%s", fake->role);
    CLEANUP(mem_free) char *path = path_of(name);
    FILE *file = fopen(path, "r");
    if (file && fgets(text, sizeof text, file))
        (void)!sscanf(text, "%31s %n", kind, &at);
    if (file)
        fclose(file);
    error_set(err, error_kind_of(kind), "%s", text + at);
    error_object(err, "public.t1");
    error_key(err, "id=7");
    return error_hint(err, "take %s away", name);
}

static bool play(Fake *fake, Error *err)
{
    while (obey_files(fake, err) && stage_wait(fake->stage, NULL, 0, TURN_MS, err)) {
        if (strcmp(fake->role, "loader") == 0)
            load(fake);
        else if (strcmp(fake->role, "capture") == 0)
            stream(fake);
        else if (strcmp(fake->role, "copy") == 0)
            copy(fake);
    }
    return false;
}

static Walferry__Control__Role role_of(const char *name)
{
    static const char *const NAMES[] = {"", "capture", "copy", "transform", "loader", "schema"};

    for (size_t i = 1; i < COUNT_OF(NAMES); i++) {
        if (strcmp(NAMES[i], name) == 0)
            return (Walferry__Control__Role)i;
    }
    exit(2);
}

int main(int argc, char **argv)
{
    const char *dash = strrchr(argv[0], '-');
    CLEANUP(stage_close) Stage *stage = NULL;
    Fake fake = {.role = dash ? dash + 1 : ""};
    Error err = {0};

    bool opened = stage_open(&stage, role_of(fake.role), argc, argv, &err);
    fake.stage = stage;
    if (!opened)
        return stage_finish(stage, &err);
    fake.assignment = stage_assignment(fake.stage);
    fake.epoch = fake.assignment->epoch;
    stage_handle(fake.stage, (StageHandlers){.control = hear, .counters = count, .self = &fake});
    if (strcmp(fake.role, "schema") == 0) {
        if (obey_files(&fake, &err))
            do_job(&fake);
        return stage_finish(fake.stage, &err);
    }
    if (strcmp(fake.role, "transform") != 0)
        say_ready(&fake);
    if (strcmp(fake.role, "capture") == 0)
        request_epoch(&fake);
    (void)!play(&fake, &err);
    return stage_finish(fake.stage, &err);
}
