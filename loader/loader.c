#include "loader/loader.h"

#include "common/clock.h"
#include "common/control.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/replica_role.h"
#include "common/task_file.h"
#include "loader/admission.h"
#include "loader/chunk_load.h"
#include "loader/chunk_writer.h"
#include "loader/intake.h"
#include "loader/producers.h"
#include "loader/sink.h"
#include "loader/sink_postgres.h"
#include "loader/sink_selectdb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    REPEAT_MS = 1000,     /* everything said to producers is said again */
    ATTACH_MS = 100,      /* so is the question where to go on, until it is answered */
    PROGRESS_MS = 100,    /* the supervisor hears of a position at most so often */
    CHUNK_ITEMS_MAX = 16, /* as chunk_load.h says */
    TEXT_MAX = 2 * OBJECT_NAME_MAX,
};

typedef struct Loader {
    Stage *stage;
    const Walferry__Control__Assignment *assignment;
    Arena arena; /* for the life of the process */
    TaskFile task;
    uint32_t lane;
    char application[TEXT_MAX];

    Intake *intake;
    Producers producers;
    Sink *sink;
    ChunkLoads *chunks;
    Admission admission;

    /* Noted by the control handler until the loop comes to it. */
    Frame *topology;
    uint64_t new_epoch;
    Lsn new_granted;

    /* While the lane is taken over: in which epoch, and what to go on with. */
    bool taking_over;
    uint64_t epoch;
    uint64_t first_sequence;
    Lsn granted;

    bool news;              /* capture does not know how far we are */
    int64_t repeat_ms;      /* when everything is said again */
    int64_t waits_since_ms; /* for an answer of the destination; 0: it does not */
    int64_t progress_ms;
    Position told; /* the supervisor */
    Lsn told_resume_lsn;

    uint64_t told_sequence; /* capture: durable */
    int64_t duplicates_dropped;
} Loader;

/* --- control --- */

static void hear_control(void *self, const ControlMessage *message)
{
    Loader *l = self;

    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_TOPOLOGY) {
        frame_unref(&l->topology);
        l->topology = control_pack(message);
    } else if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_NEW_EPOCH) {
        l->new_epoch = message->new_epoch->epoch;
        l->new_granted = message->new_epoch->resume_lsn;
    } else if (l->sink) {
        sink_hear(l->sink, message);
    }
}

static void count(void *self, Stage *stage)
{
    const Loader *l = self;
    ChunkCounters chunks = chunk_loads_counters(l->chunks);
    IntakeCounters intake = intake_counters(l->intake);

    stage_counter(stage, "next_sequence", (int64_t)intake.next_sequence);
    stage_counter(stage, "durable_sequence", (int64_t)sink_durable(l->sink).sequence);
    stage_counter(stage, "held_batches", (int64_t)(intake.held_batches + intake.queued_batches));
    stage_counter(stage, "held_bytes", (int64_t)(intake.held_bytes + intake.queued_bytes));
    stage_counter(stage, "duplicates_dropped",
                  l->duplicates_dropped +
                      (int64_t)(intake.duplicates_dropped + chunks.duplicates_dropped));
    stage_counter(stage, "copy_rows", (int64_t)chunks.rows);
    stage_counter(stage, "copy_bytes", (int64_t)chunks.bytes);
    stage_counter(stage, "chunks_done", (int64_t)chunks.chunks_done);
    stage_counter(stage, "destination_wait_ms",
                  l->waits_since_ms ? clock_ms() - l->waits_since_ms : 0);
    sink_count(l->sink, stage);
}

static bool follow_topology(Loader *l, Error *err)
{
    CLEANUP(control_free) ControlMessage *message = NULL;
    const char *copies[PRODUCERS_MAX];

    if (!l->topology)
        return true;
    bool ok = control_unpack(frame_str(l->topology), &message, err);
    frame_unref(&l->topology);
    if (!ok || !producers_follow(&l->producers, message->topology, err))
        return false;
    chunk_loads_producers(l->chunks, copies, producers_copies(&l->producers, copies));
    l->news = true; /* a new capture is to hear from us at once */
    return true;
}

/* --- taking over --- */

static void say_ready(Loader *l, uint64_t epoch, const LaneProgress *progress)
{
    Walferry__Change__Position position = WALFERRY__CHANGE__POSITION__INIT;
    Walferry__Control__Ready ready = WALFERRY__CONTROL__READY__INIT;

    position.commit_lsn = progress->position.commit_lsn;
    position.ordinal = progress->position.ordinal;
    ready.endpoint = (char *)(uintptr_t)stage_endpoint(l->stage);
    ready.epoch = epoch;
    ready.position = &position;
    ready.resume_lsn = progress->resume_lsn;
    ready.next_record_id = progress->next_record_id;
    stage_say(l->stage, &CONTROL_MESSAGE(READY, ready, &ready));
}

/* The lane in a new epoch. first_sequence 0: capture is to be asked. */
static void begin_epoch(Loader *l, uint64_t epoch, uint64_t first_sequence, Lsn granted)
{
    l->taking_over = true;
    l->epoch = epoch;
    l->first_sequence = first_sequence;
    l->granted = granted;
}

static bool take_over(Loader *l, Error *err)
{
    LaneProgress progress;
    bool done = false;

    if (!sink_take_over(l->sink, l->epoch, &progress, &done, err))
        return false;
    if (!done)
        return true;
    l->taking_over = false;
    admission_start(&l->admission, progress, l->granted);
    intake_start(l->intake, l->epoch, l->first_sequence);
    l->told = progress.position;
    l->told_resume_lsn = progress.resume_lsn;
    l->news = true;
    say_ready(l, l->epoch, &progress);
    return true;
}

static bool follow_epoch(Loader *l, Error *err)
{
    uint64_t epoch = l->new_epoch;

    l->new_epoch = 0;
    if (epoch != 0 && epoch != l->epoch)
        begin_epoch(l, epoch, 1, l->new_granted);
    return !l->taking_over || take_over(l, err);
}

/* --- what is said --- */

static void tell_capture(Loader *l, int64_t now)
{
    IntakeCounters intake = intake_counters(l->intake);
    SinkDurable durable = sink_durable(l->sink);
    bool attach = intake.next_sequence == 0;
    Signal signal = {.kind = SIGNAL_ACK,
                     .ack = {.epoch = intake.epoch,
                             .lane = l->lane,
                             .next_sequence = intake.next_sequence,
                             .durable_sequence = durable.sequence,
                             .durable = durable.progress.position,
                             .attach = attach}};

    l->news |= intake_has_news(l->intake);
    l->news |= durable.sequence != l->told_sequence;
    if (!l->news && now < l->repeat_ms)
        return;
    if (!FAILPOINT("loader.before_ack"))
        producers_tell_capture(&l->producers, &signal);
    if (now >= l->repeat_ms)
        chunk_loads_repeat(l->chunks);
    l->told_sequence = durable.sequence;
    l->news = false;
    l->repeat_ms = now + (attach ? ATTACH_MS : REPEAT_MS);
}

static void tell_supervisor(Loader *l, int64_t now)
{
    const LaneProgress durable = sink_durable(l->sink).progress;
    Walferry__Change__Position position = WALFERRY__CHANGE__POSITION__INIT;
    Walferry__Control__Progress progress = WALFERRY__CONTROL__PROGRESS__INIT;

    if (l->taking_over || now < l->progress_ms ||
        (position_compare(durable.position, l->told) == 0 &&
         durable.resume_lsn == l->told_resume_lsn))
        return;
    position.commit_lsn = durable.position.commit_lsn;
    position.ordinal = durable.position.ordinal;
    progress.epoch = intake_counters(l->intake).epoch;
    progress.lane = l->lane;
    progress.position = &position;
    progress.resume_lsn = durable.resume_lsn;
    progress.next_record_id = durable.next_record_id;
    progress.commit_time_us = durable.commit_time_us;
    stage_say(l->stage, &CONTROL_MESSAGE(PROGRESS, progress, &progress));
    l->told = durable.position;
    l->told_resume_lsn = durable.resume_lsn;
    l->progress_ms = now + PROGRESS_MS;
}

/* ChunkHear. */
static void tell_of_chunk(void *self, const ChunkNews *news)
{
    Loader *l = self;
    Signal signal = {.kind = SIGNAL_CHUNK_ACK,
                     .chunk_ack = {.relation_oid = news->relation_oid,
                                   .chunk = news->chunk,
                                   .attempt = news->attempt,
                                   .next_sequence = news->next_sequence,
                                   .done = news->done}};
    Walferry__Control__ChunkResult result = WALFERRY__CONTROL__CHUNK_RESULT__INIT;

    producers_tell(&l->producers, news->producer, &signal);
    if (!news->done || !news->fresh)
        return;
    (void)FAILPOINT("chunk.told");
    result.relation_oid = news->relation_oid;
    result.chunk = news->chunk;
    result.attempt = news->attempt;
    result.done = true;
    result.rows = news->rows;
    result.bytes = news->bytes;
    result.kept = news->kept;
    stage_say(l->stage, &CONTROL_MESSAGE(CHUNK_RESULT, chunk_result, &result));
}

/* --- what comes in --- */

/* Said again and again until it is heard; only the first one counts. */
static void hear_resume(Loader *l, const Signal *signal)
{
    IntakeCounters intake = intake_counters(l->intake);

    if (l->taking_over || signal->kind != SIGNAL_RESUME || signal->resume.lane != l->lane ||
        signal->resume.epoch != intake.epoch || intake.next_sequence != 0 ||
        signal->resume.next_sequence == 0)
        return;
    intake_resume(l->intake, signal->resume.next_sequence);
    sink_resume(l->sink, signal->resume.next_sequence);
    l->news = true; /* what is durable already may be all there is */
}

static bool hear_producers(Loader *l, Error *err)
{
    Signal signal;
    bool found = true;

    while (found) {
        if (!producers_hear(&l->producers, &signal, &found, err))
            return false;
        if (found)
            hear_resume(l, &signal);
    }
    return true;
}

/* Batches of the intake, first in the list, and what chunk loads wait for. */
static size_t input_items(const Loader *l, WaitItem *items)
{
    items[0] = intake_wait_item(l->intake);
    return 1 + chunk_loads_wait_items(l->chunks, items + 1, CHUNK_ITEMS_MAX);
}

/*
 * PgWait. While the destination works batches and chunks come in, and what was said is repeated:
 * else capture would stand still meanwhile, and take us for dead where a lock is waited for.
 */
static bool wait_for_destination(void *self, int fd, bool write, Error *err)
{
    Loader *l = self;
    WaitItem items[2 + CHUNK_ITEMS_MAX];

    l->waits_since_ms = clock_ms();
    for (items[0].ready = false; !items[0].ready;) {
        items[0] = (WaitItem){.fd = fd, .read = true, .write = write};
        if (!l->chunks) { /* still connecting */
            if (!stage_wait(l->stage, items, 1, -1, err))
                return false;
            continue;
        }
        size_t n = 1 + input_items(l, items + 1);
        if (!stage_wait(l->stage, items, n, REPEAT_MS, err) ||
            !intake_receive(l->intake, l->chunks, err) || !chunk_loads_step(l->chunks, err))
            return false;
        tell_capture(l, clock_ms());
    }
    l->waits_since_ms = 0;
    return true;
}

/* --- applying --- */

static bool give_batch(Loader *l, Error *err)
{
    Arena *arena = sink_arena(l->sink);
    Batch *batch = ARENA_NEW(arena, Batch);
    size_t bytes;
    uint32_t first;

    if (!intake_next(l->intake, arena, batch, &bytes, err) ||
        !admission_check(&l->admission, batch, &first, err))
        return false;
    if (first > 0)
        l->duplicates_dropped++;
    return sink_take(l->sink, batch, first, bytes, err);
}

/* One step of what the sink wants, or one batch. *busy: another one may follow at once. */
static bool work(Loader *l, bool *busy, Error *err)
{
    bool waiting = !l->taking_over && intake_has_batch(l->intake);

    if (!sink_step(l->sink, waiting, busy, err))
        return false;
    if (*busy)
        return true;
    *busy = waiting && sink_has_room(l->sink);
    return !*busy || give_batch(l, err);
}

/* --- the loop --- */

static int pause_ms(const Loader *l, int64_t now)
{
    int64_t due = l->repeat_ms - now;
    int sink = sink_timeout_ms(l->sink, now);

    if (sink >= 0 && sink < due)
        due = sink;
    if (l->told_resume_lsn != sink_durable(l->sink).progress.resume_lsn &&
        l->progress_ms - now < due)
        due = l->progress_ms - now;
    return due > 0 ? (int)due : 1;
}

static bool wait_for_work(Loader *l, bool busy, Error *err)
{
    WaitItem items[1 + CHUNK_ITEMS_MAX + PRODUCERS_MAX + SINK_ITEMS_MAX];
    size_t n = input_items(l, items);

    n += sink_wait_items(l->sink, items + n, SINK_ITEMS_MAX);
    n += producers_wait_items(&l->producers, items + n);
    return stage_wait(l->stage, items, busy ? 0 : n, busy ? 0 : pause_ms(l, clock_ms()), err);
}

static bool turn(Loader *l, bool *busy, Error *err)
{
    if (!follow_topology(l, err) || !follow_epoch(l, err) ||
        !intake_receive(l->intake, l->chunks, err) || !hear_producers(l, err) ||
        !chunk_loads_step(l->chunks, err) || !work(l, busy, err))
        return false;
    int64_t now = clock_ms();
    tell_capture(l, now);
    tell_supervisor(l, now);
    return true;
}

/* --- start and end --- */

static bool open_postgres(Loader *l, Error *err)
{
    PgTarget pg = {.side = "destination",
                   .conninfo = l->task.destination.conninfo,
                   .password_file = l->task.destination.password_file};
    SinkTarget target = {.pg = pg,
                         .task = l->task.name,
                         .task_uuid = l->assignment->task_uuid,
                         .lane = l->lane,
                         .lanes = l->assignment->lanes,
                         .application = l->application,
                         .wait = wait_for_destination,
                         .wait_self = l};
    ChunkTarget chunks = {.make = chunk_writer_postgres,
                          .pg = pg,
                          .task = l->task.name,
                          .lane = l->lane,
                          .application = l->application};

    if (!sink_postgres_open(&l->sink, &target, err))
        return false;
    if (sink_postgres_is_replica(l->sink))
        chunks.session_sql = REPLICA_ROLE_SQL;
    else
        log_warn("replica role", "session_replication_role may not be set");
    l->chunks = chunk_loads_open(&chunks, tell_of_chunk, l);
    sink_postgres_chunks(l->sink, l->chunks);
    return true;
}

static bool open_selectdb(Loader *l, Error *err)
{
    SelectdbTarget target = {
        .stage = l->stage, .assignment = l->assignment, .destination = &l->task.destination};
    const Walferry__Control__LaneState *lane = l->assignment->lane;

    if (!sink_selectdb_open(&l->sink, &target, err))
        return false;
    ChunkTarget chunks = {.make = chunk_writer_selectdb,
                          .task = l->task.name,
                          .lane = l->lane,
                          .loads = sink_selectdb_loads(l->sink),
                          .model = l->assignment->model,
                          .first_record_id = lane ? lane->first_record_id : 0,
                          .piece_bytes = (size_t)l->task.destination.reservoir_bytes};
    l->chunks = chunk_loads_open(&chunks, tell_of_chunk, l);
    return true;
}

static bool open_destination(Loader *l, Error *err)
{
    return l->task.destination.type == DESTINATION_SELECTDB ? open_selectdb(l, err)
                                                            : open_postgres(l, err);
}

static bool open_loader(Loader *l, Stage *stage, Error *err)
{
    const Walferry__Control__Assignment *a = stage_assignment(stage);
    Str text = {(const char *)a->file_text.data, a->file_text.len};
    char role[OBJECT_NAME_MAX];

    l->stage = stage;
    l->assignment = a;
    l->lane = a->number;
    l->producers.identity = stage_identity(stage);
    stage_handle(stage, (StageHandlers){.control = hear_control, .self = l});
    snprintf(role, sizeof role, "loader_%" PRIu32, l->lane);
    if (!task_file_parse(a->file_name, text, &l->arena, &l->task, err))
        return false;
    names_application(l->task.name, role, l->application);
    if (!intake_open(&l->intake, stage_endpoint(stage), l->task.name, err) ||
        !open_destination(l, err))
        return false;
    stage_handle(stage, (StageHandlers){.control = hear_control, .counters = count, .self = l});
    begin_epoch(l, a->epoch, 0, a->resume_lsn);
    return take_over(l, err);
}

static void close_loader(Loader *l)
{
    stage_handle(l->stage, (StageHandlers){0});
    chunk_loads_close(&l->chunks);
    sink_close(&l->sink);
    producers_done(&l->producers);
    intake_close(&l->intake);
    frame_unref(&l->topology);
    arena_done(&l->arena);
}

void loader_run(Stage *stage, Error *err)
{
    Loader l = {0};
    bool busy = false;
    bool running = open_loader(&l, stage, err);

    while (running)
        running = wait_for_work(&l, busy, err) && turn(&l, &busy, err);
    close_loader(&l);
}
