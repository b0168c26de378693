#include "capture/capture.h"

#include "capture/capture_state.h"
#include "capture/spool_file.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    BODY_BYTES = 1024 * 1024,
    BODY_CHANGES = 10000,
    BODY_RELATIONS = 128,
    /*
     * Of the window this much stays in memory, the rest goes to its file: batches are taken within
     * milliseconds while all goes well, so what is in memory is what is under way; and the file is
     * the page cache's business, not ours.
     */
    WINDOW_MEMORY_BYTES = 32 * 1024 * 1024,
};

static void hear_grant(Capture *capture, const Walferry__Control__EpochGrant *grant)
{
    capture->heard.granted = true;
    capture->heard.epoch = grant->epoch;
    capture->heard.resume = grant->resume_lsn;
    capture->heard.next_record_id = grant->next_record_id;
}

static void hear(void *self, const ControlMessage *message)
{
    Capture *capture = self;
    Walferry__Control__ControlMessage__MessageCase what = message->message_case;

    if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_TOPOLOGY)
        outbox_topology(capture->outbox, message->topology);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_EPOCH_GRANT)
        hear_grant(capture, message->epoch_grant);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CONFIRM &&
             capture->heard.confirm < message->confirm->resume_lsn)
        capture->heard.confirm = message->confirm->resume_lsn;
}

static void count(void *self, Stage *stage)
{
    const Capture *capture = self;
    OutboxCounters outbox = outbox_counters(capture->outbox);
    const Batcher *batcher = assembly_batcher(capture->assembly);

    stage_counter(stage, "sequence", (int64_t)outbox.sequence);
    stage_counter(stage, "taken", (int64_t)outbox.taken);
    stage_counter(stage, "durable", (int64_t)outbox.durable);
    stage_counter(stage, "window_batches", (int64_t)outbox.window_batches);
    stage_counter(stage, "window_bytes", (int64_t)outbox.window_bytes);
    stage_counter(stage, "spool_bytes", (int64_t)outbox.spool_bytes);
    stage_counter(stage, "stream_spool_bytes", (int64_t)assembly_spool_bytes(capture->assembly));
    stage_counter(stage, "redelivered_batches", (int64_t)outbox.redelivered);
    stage_counter(stage, "workers", (int64_t)outbox.workers);
    stage_counter(stage, "credit", (int64_t)outbox.credit);
    stage_counter(stage, "received_lsn", (int64_t)capture->received);
    stage_counter(stage, "transactions", (int64_t)batcher_transactions(batcher));
    stage_counter(stage, "changes", (int64_t)batcher_changes(batcher));
    stage_counter(stage, "last_commit_time_us", assembly_commit_time_us(capture->assembly));
    if (capture->watch)
        stage_counter(stage, "heartbeat_seen", watch_heartbeat(capture->watch)->latency_ms);
}

static void say_ready(const Capture *capture, uint32_t timeline)
{
    Walferry__Control__Ready ready = WALFERRY__CONTROL__READY__INIT;
    CLEANUP(mem_free) char *endpoint = mem_strdup(stage_endpoint(capture->stage));

    ready.endpoint = endpoint;
    ready.timeline = timeline;
    stage_say(capture->stage, &CONTROL_MESSAGE(READY, ready, &ready));
}

static bool open_outbox(Capture *capture, Error *err)
{
    size_t window = (size_t)capture->task.window_bytes;
    OutboxLimits limits = {.memory_bytes =
                               window < WINDOW_MEMORY_BYTES ? window : WINDOW_MEMORY_BYTES,
                           .window_bytes = window,
                           .spool_dir = capture->spool_dir,
                           .spool_limit_bytes = (uint64_t)capture->task.spool_limit_bytes};

    return outbox_open(&capture->outbox, stage_endpoint(capture->stage), &limits, err);
}

static void open_assembly(Capture *capture)
{
    const Walferry__Control__Assignment *assignment = capture->assignment;
    AssemblyPlan plan = {
        .model = assignment->model,
        .gates = assignment->gates,
        .gate_count = assignment->n_gates,
        .task = assignment->task,
        .barriers = assignment->lanes > 1,
        .spool_dir = capture->spool_dir,
        .limits = {.body_bytes = BODY_BYTES, .changes = BODY_CHANGES, .relations = BODY_RELATIONS}};

    assembly_open(&capture->assembly, &plan);
}

static bool read_assignment(Capture *capture, Error *err)
{
    const Walferry__Control__Assignment *assignment = capture->assignment;
    Str text = {(const char *)assignment->file_text.data, assignment->file_text.len};

    if (!assignment->model)
        return error_set(err, ERROR_PROTOCOL, "assigned without a model of the source");
    return task_file_parse(assignment->file_name, text, &capture->arena, &capture->task, err);
}

bool capture_open(Capture **out, Stage *stage, Error *err)
{
    CLEANUP(capture_close) Capture *capture = MEM_NEW(Capture);

    capture->stage = stage;
    capture->assignment = stage_assignment(stage);
    if (!read_assignment(capture, err) ||
        !spool_dir_make(capture->assignment->spool_dir, stage_identity(stage), &capture->spool_dir,
                        err) ||
        !open_outbox(capture, err))
        return false;
    open_assembly(capture);
    stage_handle(stage, (StageHandlers){.control = hear, .counters = count, .self = capture});
    say_ready(capture, 0);
    *out = capture;
    capture = NULL; /* handed over */
    return true;
}

static void end_stream(Capture *capture)
{
    watch_close(&capture->watch);
    replication_close(&capture->replication);
}

void capture_close(Capture **out)
{
    Capture *capture = *out;

    if (!capture)
        return;
    stage_handle(capture->stage, (StageHandlers){0});
    end_stream(capture);
    assembly_close(&capture->assembly);
    outbox_close(&capture->outbox);
    spool_dir_remove(&capture->spool_dir);
    arena_done(&capture->arena);
    free(capture);
    *out = NULL;
}

/* --- the start of a stream --- */

static bool wait_for_socket(void *self, int fd, bool write, Error *err)
{
    WaitItem item = {.fd = fd, .read = true, .write = write};

    /* Returns early when the supervisor says something: libpq then finds nothing, and waits on. */
    return stage_wait(((Capture *)self)->stage, &item, 1, -1, err);
}

static bool connect_source(Capture *capture, Error *err)
{
    const Walferry__Control__Assignment *assignment = capture->assignment;
    ReplicationPlan plan = {
        .source = {.side = "source",
                   .conninfo = capture->task.source.conninfo,
                   .password_file = capture->task.source.password_file,
                   .time_zone = task_file_time_zone(&capture->task)},
        .task = assignment->task,
        .system_identifier = assignment->system_identifier,
        .timeline = assignment->timeline,
        .snapshot_lsn = assignment->snapshot_lsn,
        .binary = assignment->model->binary,
        .streaming = !capture->streaming_off,
        .wait = wait_for_socket,
        .wait_self = capture,
    };

    return replication_connect(&capture->replication, &plan, err);
}

static bool await_epoch(Capture *capture, Error *err)
{
    Walferry__Control__EpochRequest request = WALFERRY__CONTROL__EPOCH_REQUEST__INIT;
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;

    capture->heard.granted = false;
    stage_say(capture->stage, &CONTROL_MESSAGE(EPOCH_REQUEST, epoch_request, &request));
    while (!capture->heard.granted) {
        if (!stage_wait(capture->stage, NULL, 0, -1, err))
            return false;
        if (stage_draining(capture->stage) && !capture->drained) {
            stage_say(capture->stage, &CONTROL_MESSAGE(DRAINED, drained, &drained));
            capture->drained = true;
        }
    }
    (void)FAILPOINT("capture.epoch_granted");
    return true;
}

static bool open_watch(Capture *capture, Error *err)
{
    WatchPlan plan = {.session = replication_session(capture->replication),
                      .task = capture->assignment->task,
                      .heartbeat_ms = capture->task.source.heartbeat_ms,
                      .model = capture->assignment->model};

    return watch_open(&capture->watch, &plan, clock_ms(), err);
}

static void begin_epoch(Capture *capture)
{
    Lsn resume = capture->heard.resume;

    outbox_start_epoch(capture->outbox, capture->assignment->task, capture->heard.epoch,
                       capture->assignment->lanes);
    assembly_start(capture->assembly, resume, capture->heard.next_record_id);
    capture->received = capture->confirmed = capture->idle = capture->heard.confirm = resume;
    capture->batch_ms = capture->open_ms = capture->report_ms = capture->idle_ms = 0;
    capture->reply_due = capture->asked = capture->ask_due = false;
    capture->told_ms = clock_ms();
}

static bool start_stream(Capture *capture, Error *err)
{
    char resume[LSN_TEXT_MAX];

    if (!connect_source(capture, err) || !await_epoch(capture, err))
        return false;
    begin_epoch(capture);
    /* The publication first: a server that does not know it says so late, or never. */
    if (!open_watch(capture, err) ||
        !replication_start(capture->replication, capture->heard.resume, err))
        return false;
    if (capture->assignment->timeline &&
        replication_timeline(capture->replication) != capture->assignment->timeline)
        say_ready(capture, replication_timeline(capture->replication));
    log_info("streaming", "epoch=%" PRIu64 " resume_lsn=%s next_record_id=%" PRIu64 " timeline=%u",
             capture->heard.epoch, lsn_format(capture->heard.resume, resume),
             capture->heard.next_record_id, replication_timeline(capture->replication));
    return true;
}

void capture_run(Capture *capture, Error *err)
{
    Turn turn = TURN_START_ANEW;

    while (turn == TURN_START_ANEW) {
        if (!start_stream(capture, err))
            return;
        while ((turn = capture_turn(capture, err)) == TURN_GO_ON)
            continue;
        end_stream(capture);
    }
}
