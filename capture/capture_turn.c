/* One turn of capture's loop: read, batch, send, answer, wait. Only stage_wait() waits. */
#include "capture/capture_state.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/failpoint.h"
#include "common/log.h"

#include <time.h>

enum {
    TURN_BYTES = 512 * 1024, /* of the stream, before the sockets are looked at again */
    TURN_MESSAGES = 4000,
    REPORT_MS = 10000,
    SILENCE_MS = 60000, /* where the server has no wal_sender_timeout */
    IDLE_MS = 500,
    /*
     * An open batch is closed at once when nothing is under way, so that a lone transaction is not
     * held up; else it gathers for so long, and as long as it could not be sent anyway, so that a
     * busy stream does not go out in crumbs.
     */
    GATHER_MS = 2,
    /*
     * What is late already, of a backlog, may gather for a part of that time more: every batch
     * wakes three processes, and at the destination makes a group.
     */
    LATE_MS = 100,
    LATE_PART = 10,
    GATHER_LATE_MS = 25,
    /*
     * The server hands over each message by itself. Where nothing is to be answered yet, a pause
     * lets many come together; to wake for each of them takes more than to decode it.
     */
    PAUSE_US = 200,
    LARGE_BYTES = 16 * 1024, /* of a transaction that is worth a pause */
};

typedef enum Pull {
    PULL_MORE,    /* there may be more to read */
    PULL_EMPTY,   /* the socket has nothing */
    PULL_BLOCKED, /* nothing may be read now */
} Pull;

static bool close_batch(Capture *capture, bool flush, Error *err)
{
    CLEANUP(frame_unref) Frame *body = NULL;
    BatchHeader header;

    batcher_take(assembly_batcher(capture->assembly), flush, &header, &body);
    header.flush = flush || outbox_fills(capture->outbox, body->len);
    (void)FAILPOINT("capture.batch_closed");
    capture->batch_ms = capture->open_ms = 0;
    return outbox_add(capture->outbox, &header, &body, err);
}

/* --- reading --- */

static bool cross_barrier(Capture *capture, bool *blocked, Error *err)
{
    if (!batcher_empty(assembly_batcher(capture->assembly)) && !close_batch(capture, true, err))
        return false;
    *blocked = !outbox_all_durable(capture->outbox);
    return *blocked || assembly_pass(capture->assembly, err);
}

/* What was begun is read to its end, so that a drained stream ends with a whole transaction. */
static bool may_read(const Capture *capture)
{
    const Batcher *batcher = assembly_batcher(capture->assembly);

    return !outbox_full(capture->outbox) &&
           (!stage_draining(capture->stage) || batcher_in_transaction(batcher));
}

static bool take_message(Capture *capture, const ReplicationMessage *message, Error *err)
{
    Batcher *batcher = assembly_batcher(capture->assembly);

    capture->told = true;
    if (capture->received < message->end)
        capture->received = message->end;
    if (message->kind == REPLICATION_KEEPALIVE) {
        capture->reply_due |= message->reply;
        return true;
    }
    if (batcher_due(batcher, message->data.len) && !close_batch(capture, false, err))
        return false;
    return assembly_message(capture->assembly, message->data, err);
}

/* One message of the stream, or of a transaction that is read back. */
static bool pull_one(Capture *capture, size_t *bytes, Pull *pull, Error *err)
{
    ReplicationMessage message;
    bool blocked = false;

    *pull = PULL_MORE;
    if (assembly_barrier(capture->assembly) != BARRIER_NONE) {
        if (!cross_barrier(capture, &blocked, err))
            return false;
        *pull = blocked ? PULL_BLOCKED : PULL_MORE;
        return true;
    }
    if (!may_read(capture)) {
        *pull = PULL_BLOCKED;
        return true;
    }
    if (assembly_busy(capture->assembly)) {
        if (batcher_due(assembly_batcher(capture->assembly), 0) &&
            !close_batch(capture, false, err))
            return false;
        *bytes += 256; /* a guess: what is read from a file is not waited for */
        return assembly_step(capture->assembly, err);
    }
    if (!replication_receive(capture->replication, &message, err))
        return false;
    if (message.kind == REPLICATION_NOTHING) {
        *pull = PULL_EMPTY;
        return true;
    }
    *bytes += message.data.len;
    return take_message(capture, &message, err);
}

static bool pull_some(Capture *capture, Pull *pull, Error *err)
{
    size_t bytes = 0;

    *pull = PULL_MORE;
    for (int i = 0; i < TURN_MESSAGES && bytes < TURN_BYTES && *pull == PULL_MORE; i++) {
        if (!pull_one(capture, &bytes, pull, err))
            return false;
    }
    return true;
}

/* --- sending --- */

static void watch_growth(Capture *capture, int64_t now_ms)
{
    size_t bytes = batcher_bytes(assembly_batcher(capture->assembly));

    if (capture->open_ms && bytes == capture->grown_bytes)
        return;
    if (!capture->open_ms)
        capture->open_ms = now_ms;
    capture->grown_ms = now_ms;
    capture->grown_bytes = bytes;
}

/* How long the open batch may gather in all. By two clocks: where they differ it is a little. */
static int64_t gather_ms(const Capture *capture)
{
    int64_t late_ms = (clock_wall_us() - assembly_commit_time_us(capture->assembly)) / 1000;
    int64_t part_ms = late_ms / LATE_PART;

    if (late_ms < LATE_MS)
        return 0;
    return part_ms < GATHER_LATE_MS ? part_ms : GATHER_LATE_MS;
}

static bool is_ripe(const Capture *capture, int64_t now_ms)
{
    if (now_ms - capture->grown_ms < GATHER_MS && now_ms - capture->open_ms < gather_ms(capture))
        return false;
    return outbox_all_taken(capture->outbox) ||
           (now_ms - capture->batch_ms >= GATHER_MS && !outbox_waiting(capture->outbox));
}

static bool close_when_ripe(Capture *capture, int64_t now_ms, Error *err)
{
    const Batcher *batcher = assembly_batcher(capture->assembly);
    bool draining = stage_draining(capture->stage);

    if (batcher_empty(batcher))
        capture->open_ms = 0;
    else
        watch_growth(capture, now_ms);
    if (batcher_empty(batcher) || batcher_in_transaction(batcher)) {
        /* A part of a transaction goes out when it is large enough. */
        if (!batcher_due(batcher, 0)) {
            capture->batch_ms = 0;
            return true;
        }
        return close_batch(capture, false, err);
    }
    if (capture->batch_ms == 0)
        capture->batch_ms = now_ms;
    if (draining || batcher_due(batcher, 0) || is_ripe(capture, now_ms))
        return close_batch(capture, draining, err);
    return true;
}

/* --- answering --- */

static int64_t report_every_ms(const Capture *capture)
{
    int third = replication_timeout_ms(capture->replication) / 3;

    return third > 0 && third < REPORT_MS ? third : REPORT_MS;
}

static bool report(Capture *capture, int64_t now_ms, Error *err)
{
    bool confirm = capture->heard.confirm > capture->confirmed;

    if (!confirm && !capture->reply_due && !capture->ask_due && now_ms < capture->report_ms)
        return true;
    if (confirm)
        (void)FAILPOINT("capture.feedback_before");
    if (!replication_report(capture->replication, capture->received, capture->heard.confirm,
                            clock_wall_us(), capture->ask_due, err))
        return error_wrap(err, "report to the source");
    if (confirm)
        (void)FAILPOINT("capture.feedback_after");
    capture->confirmed = capture->heard.confirm;
    capture->reply_due = false;
    capture->ask_due = false;
    capture->report_ms = now_ms + report_every_ms(capture);
    return true;
}

/*
 * A network that lost its way leaves the connection open. The server answers when it is asked,
 * whatever it does, within the time after which it would take us for dead.
 */
static bool check_silence(Capture *capture, Pull pull, int64_t now_ms, Error *err)
{
    int64_t limit_ms = replication_timeout_ms(capture->replication);
    int64_t silent_ms = now_ms - capture->told_ms;

    if (limit_ms <= 0)
        limit_ms = SILENCE_MS;
    if (capture->told || pull != PULL_EMPTY) {
        capture->told_ms = now_ms;
        capture->told = capture->asked = false;
    } else if (silent_ms >= limit_ms) {
        error_set(err, ERROR_CONNECTION, "the source does not answer: nothing came for %d s",
                  (int)(silent_ms / 1000));
        return error_hint(err, "check that the server is up and reachable from here");
    } else if (silent_ms >= limit_ms / 2 && !capture->asked) {
        capture->ask_due = capture->asked = true;
    }
    return true;
}

/* Nothing that was sent waits for a loader, nothing that came waits to be sent. */
static bool is_idle(const Capture *capture)
{
    const Batcher *batcher = assembly_batcher(capture->assembly);

    return outbox_all_durable(capture->outbox) && batcher_empty(batcher) &&
           !batcher_in_transaction(batcher);
}

static void say_idle(Capture *capture, int64_t now_ms)
{
    Walferry__Control__IdlePosition position = WALFERRY__CONTROL__IDLE_POSITION__INIT;
    Lsn finished = assembly_finished_lsn(capture->assembly);
    Lsn idle = capture->received > finished ? capture->received : finished;

    if (now_ms < capture->idle_ms || idle <= capture->idle)
        return;
    position.epoch = capture->heard.epoch;
    position.resume_lsn = idle;
    position.next_record_id = batcher_next_record_id(assembly_batcher(capture->assembly));
    position.commit_time_us = assembly_commit_time_us(capture->assembly);
    stage_say(capture->stage, &CONTROL_MESSAGE(IDLE_POSITION, idle_position, &position));
    capture->idle = idle;
    capture->idle_ms = now_ms + IDLE_MS;
}

static void say_drained(Capture *capture)
{
    Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;

    if (capture->drained || !stage_draining(capture->stage))
        return;
    stage_say(capture->stage, &CONTROL_MESSAGE(DRAINED, drained, &drained));
    capture->drained = true;
}

/* --- waiting --- */

static void at_most(int *timeout_ms, int64_t other_ms)
{
    if (other_ms >= 0 && (*timeout_ms < 0 || other_ms < *timeout_ms))
        *timeout_ms = (int)other_ms;
}

static int time_to_wait(const Capture *capture, int64_t now_ms)
{
    int timeout_ms = IDLE_MS;

    at_most(&timeout_ms, capture->report_ms > now_ms ? capture->report_ms - now_ms : 0);
    at_most(&timeout_ms, watch_timeout_ms(capture->watch, now_ms));
    at_most(&timeout_ms, outbox_timeout_ms(capture->outbox, now_ms));
    if (capture->batch_ms)
        at_most(&timeout_ms, GATHER_MS);
    return timeout_ms;
}

/* Reads again in a moment anyway: in the middle of a large transaction, while a batch gathers. */
static bool can_pause(const Capture *capture)
{
    const Batcher *batcher = assembly_batcher(capture->assembly);

    if (capture->batch_ms)
        return !outbox_waiting(capture->outbox);
    if (assembly_in_block(capture->assembly))
        return true;
    return batcher_in_transaction(batcher) && batcher_bytes(batcher) > LARGE_BYTES;
}

static void pause_shortly(void)
{
    struct timespec time = {.tv_nsec = PAUSE_US * 1000};

    nanosleep(&time, NULL);
}

static bool wait_for_work(Capture *capture, Pull pull, int64_t now_ms, Error *err)
{
    bool write = replication_wants_write(capture->replication);
    WaitItem items[3] = {outbox_wait_item(capture->outbox), watch_wait_item(capture->watch)};
    size_t count = 2;

    if (pull == PULL_EMPTY && can_pause(capture)) {
        pause_shortly();
        pull = PULL_MORE;
    }
    if (pull == PULL_MORE)
        return stage_wait(capture->stage, NULL, 0, 0, err);
    /* An open batch that waits for credit is added to now and then, not message by message. */
    if (capture->batch_ms)
        pull = PULL_BLOCKED;
    if (pull == PULL_EMPTY || write)
        items[count++] = (WaitItem){.fd = replication_socket(capture->replication),
                                    .read = pull == PULL_EMPTY,
                                    .write = write};
    return stage_wait(capture->stage, items, count, time_to_wait(capture, now_ms), err);
}

static bool work(Capture *capture, Pull *pull, int64_t now_ms, Error *err)
{
    if (!pull_some(capture, pull, err) || !close_when_ripe(capture, now_ms, err) ||
        !outbox_work(capture->outbox, now_ms, err))
        return false;
    heartbeat_seen(watch_heartbeat(capture->watch), assembly_heartbeat(capture->assembly), now_ms);
    if (!watch_work(capture->watch, now_ms, err) || !check_silence(capture, *pull, now_ms, err) ||
        !report(capture, now_ms, err))
        return false;
    if (is_idle(capture) && assembly_between(capture->assembly))
        say_idle(capture, now_ms);
    if (is_idle(capture))
        say_drained(capture);
    return !replication_wants_write(capture->replication) ||
           replication_flush(capture->replication, err);
}

/* Unfinished transactions fill the disk: from now on the server keeps them. */
static bool stream_spool_full(const Capture *capture)
{
    uint64_t limit = (uint64_t)capture->task.spool_limit_bytes;

    return limit > 0 && !assembly_busy(capture->assembly) &&
           assembly_spool_bytes(capture->assembly) > limit;
}

static bool must_start_anew(Capture *capture)
{
    if (outbox_gone(capture->outbox)) {
        log_info("new epoch", "reason=a loader needs what the window holds no more");
        return true;
    }
    if (stream_spool_full(capture)) {
        log_warn("new epoch", "reason=spool_limit is reached by transactions in progress; they are "
                              "left to the server from now on");
        capture->streaming_off = true;
        return true;
    }
    return false;
}

Turn capture_turn(Capture *capture, Error *err)
{
    int64_t now_ms = clock_ms();
    Pull pull;

    if (!work(capture, &pull, now_ms, err))
        return TURN_FAILED;
    if (must_start_anew(capture))
        return TURN_START_ANEW;
    return wait_for_work(capture, pull, now_ms, err) ? TURN_GO_ON : TURN_FAILED;
}
