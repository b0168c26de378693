#include "capture/outbox.h"

#include "capture/dispatch.h"
#include "capture/replay_window.h"
#include "capture/window_spool.h"
#include "common/arena.h"
#include "common/codec.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HIGH_WATER = 2 * DISPATCH_CAPACITY_MAX, /* above what credit allows: the mark is no limit */
    MESSAGES_A_TURN = 256,
};

/* Who speaks for a lane. After its loader left nobody does until a new one attaches. */
typedef struct OutboxLane {
    char loader[CHANNEL_IDENTITY_MAX];   /* as the topology says; "": nobody, or not known */
    char attached[CHANNEL_IDENTITY_MAX]; /* it was told where to go on: resume */
    uint64_t resume;
    bool must_attach;
    uint64_t durable;
} OutboxLane;

struct Outbox {
    Channel *channel;
    OutboxLimits limits;
    ReplayWindow *window;
    WindowSpool *spool; /* or NULL */
    Dispatch *dispatch;
    Arena arena;
    char *task;
    bool chunk; /* serves a chunk, not an epoch */
    uint64_t epoch;
    uint32_t lanes;
    OutboxLane lane[DISPATCH_LANES];
    CopyRows copy;
    uint32_t copy_relation;
    uint32_t copy_lane;
    bool chunk_done;
    bool gone;
    uint64_t redelivered;
};

bool outbox_open(Outbox **out, const char *endpoint, const OutboxLimits *limits, Error *err)
{
    CLEANUP(outbox_close) Outbox *outbox = MEM_NEW(Outbox);

    outbox->limits = *limits;
    outbox->limits.spool_dir = NULL; /* borrowed during this call only */
    dispatch_open(&outbox->dispatch);
    window_open(&outbox->window, limits->memory_bytes, limits->window_bytes);
    if (limits->spool_dir)
        window_spool_open(&outbox->spool, limits->spool_dir);
    if (!channel_listen(&outbox->channel, endpoint, HIGH_WATER, err))
        return false;
    *out = outbox;
    outbox = NULL; /* handed over */
    return true;
}

void outbox_close(Outbox **outbox)
{
    if (!*outbox)
        return;
    if ((*outbox)->channel)
        channel_close(&(*outbox)->channel);
    window_close(&(*outbox)->window);
    window_spool_close(&(*outbox)->spool);
    dispatch_close(&(*outbox)->dispatch);
    arena_done(&(*outbox)->arena);
    free((*outbox)->task);
    free(*outbox);
    *outbox = NULL;
}

static void forget_batches(Outbox *outbox)
{
    WindowEntry gone;

    while (window_let_go(outbox->window, UINT64_MAX, &gone)) {
        if (gone.state == ENTRY_IN_SPOOL)
            window_spool_release(outbox->spool, &gone.place);
    }
    window_close(&outbox->window);
    window_open(&outbox->window, outbox->limits.memory_bytes, outbox->limits.window_bytes);
}

static void start(Outbox *outbox, const char *task, uint32_t lanes)
{
    forget_batches(outbox);
    dispatch_start(outbox->dispatch, lanes);
    free(outbox->task);
    outbox->task = mem_strdup(task);
    outbox->lanes = lanes;
    outbox->gone = outbox->chunk_done = false;
}

void outbox_start_epoch(Outbox *outbox, const char *task, uint64_t epoch, uint32_t lanes)
{
    start(outbox, task, lanes);
    outbox->chunk = false;
    outbox->epoch = epoch;
    for (uint32_t i = 0; i < lanes; i++) {
        OutboxLane *lane = &outbox->lane[i];

        lane->attached[0] = '\0';
        lane->must_attach = false;
        lane->resume = lane->durable = 0;
    }
}

void outbox_start_chunk(Outbox *outbox, const char *task, uint32_t relation_oid, uint32_t chunk,
                        uint64_t attempt, uint32_t lane)
{
    start(outbox, task, 1);
    outbox->chunk = true;
    outbox->copy_relation = relation_oid;
    outbox->copy_lane = lane;
    outbox->copy = (CopyRows){.chunk = chunk, .attempt = attempt};
    outbox->lane[0] = (OutboxLane){0};
}

/* Moves to the file what should not stay in memory. */
static bool spool_excess(Outbox *outbox, Error *err)
{
    const WindowEntry *entry;

    while (outbox->spool && (entry = window_excess(outbox->window))) {
        SpoolPlace place;

        if (outbox->limits.spool_limit_bytes &&
            window_spool_bytes(outbox->spool) >= outbox->limits.spool_limit_bytes)
            return true;
        (void)FAILPOINT("outbox.spool_write");
        if (!window_spool_write(outbox->spool, frame_str(entry->header), frame_str(entry->body),
                                &place, err))
            return false;
        window_spooled(outbox->window, entry->sequence, place);
    }
    return true;
}

static void complete_header(const Outbox *outbox, BatchHeader *header)
{
    header->sequence = window_next(outbox->window);
    header->epoch = outbox->chunk ? 0 : outbox->epoch;
    header->only_lane = LANE_ALL;
    header->task = str_of(outbox->task);
    if (!outbox->chunk)
        return;
    header->only_lane = (int32_t)outbox->copy_lane;
    header->lane = outbox->copy_lane;
    header->copy.chunk = outbox->copy.chunk;
    header->copy.attempt = outbox->copy.attempt;
}

bool outbox_add(Outbox *outbox, BatchHeader *header, Frame **body, Error *err)
{
    Position last = {0};
    bool open = outbox->chunk;

    complete_header(outbox, header);
    if (header->transaction_count > 0) {
        const Transaction *transaction = &header->transactions[header->transaction_count - 1];

        last = (Position){transaction->commit_lsn, transaction->last_ordinal};
        open = !transaction->ends;
    }
    Frame *packed = codec_pack_header(header);
    window_add(outbox->window, header->sequence, &packed, body, last, open);
    return spool_excess(outbox, err);
}

static size_t unsent_bytes(const Outbox *outbox)
{
    return window_bytes_from(outbox->window, dispatch_cursor(outbox->dispatch));
}

bool outbox_full(const Outbox *outbox)
{
    bool spool_full = outbox->limits.spool_limit_bytes && outbox->spool &&
                      window_over_memory(outbox->window) &&
                      window_spool_bytes(outbox->spool) >= outbox->limits.spool_limit_bytes;

    return spool_full || window_full(outbox->window) ||
           unsent_bytes(outbox) > outbox->limits.memory_bytes / 2;
}

bool outbox_fills(const Outbox *outbox, size_t more_bytes)
{
    WindowTotals totals = window_totals(outbox->window);

    return totals.memory_bytes + totals.spool_bytes + more_bytes >= outbox->limits.window_bytes;
}

/* --- who is there --- */

static bool is_transform(const void *topology, const char *worker)
{
    const Walferry__Control__Topology *message = topology;

    for (size_t i = 0; i < message->n_transforms; i++) {
        if (strcmp(message->transforms[i]->identity, worker) == 0)
            return true;
    }
    return false;
}

static const char *loader_of(const Walferry__Control__Topology *topology, uint32_t lane)
{
    for (size_t i = 0; i < topology->n_loaders; i++) {
        if (topology->loaders[i]->lane == lane)
            return topology->loaders[i]->identity;
    }
    return "";
}

void outbox_topology(Outbox *outbox, const Walferry__Control__Topology *topology)
{
    dispatch_keep(outbox->dispatch, is_transform, topology);
    for (uint32_t i = 0; i < DISPATCH_LANES; i++) {
        OutboxLane *lane = &outbox->lane[i];
        const char *loader = loader_of(topology, i);

        if (strcmp(loader, lane->loader) == 0)
            continue;
        /* Its successor asks for its place. At the start of an epoch all begin with 1. */
        if (lane->loader[0] && strcmp(lane->attached, loader) != 0)
            lane->must_attach = true;
        snprintf(lane->loader, sizeof lane->loader, "%s", loader);
    }
}

/* --- what loaders say --- */

static void answer_attach(const Outbox *outbox, uint32_t lane, const char *peer)
{
    Signal signal = {.kind = SIGNAL_RESUME,
                     .resume = {.epoch = outbox->epoch,
                                .lane = lane,
                                .next_sequence = outbox->lane[lane].resume}};
    ChannelMessage message = {.parts = {codec_pack_signal(&signal)}, .count = 1};

    snprintf(message.peer, sizeof message.peer, "%s", peer);
    /* When it does not arrive the loader asks again. */
    (void)channel_send(outbox->channel, &message);
    channel_message_done(&message);
}

static void attach(Outbox *outbox, uint32_t at, const char *peer, Position durable)
{
    OutboxLane *lane = &outbox->lane[at];

    if (strcmp(lane->attached, peer) != 0) {
        uint64_t next;

        if (!window_find(outbox->window, durable, &next)) {
            outbox->gone = true;
            return;
        }
        snprintf(lane->attached, sizeof lane->attached, "%s", peer);
        lane->must_attach = false;
        lane->resume = next;
        dispatch_rewind(outbox->dispatch, at, next);
        window_taken(outbox->window, dispatch_lowest(outbox->dispatch));
        log_info("loader attached", "lane=%u loader=%s next_sequence=%llu", at, peer,
                 (unsigned long long)next);
    }
    answer_attach(outbox, at, peer);
}

/* Its lane's loader according to the topology, if there was one. */
static bool speaks_for(const OutboxLane *lane, const char *peer)
{
    return !lane->loader[0] || strcmp(lane->loader, peer) == 0;
}

static void hear_ack(Outbox *outbox, const char *peer, const Signal *signal)
{
    uint32_t at = signal->ack.lane;

    if (outbox->chunk || signal->ack.epoch != outbox->epoch || at >= outbox->lanes)
        return;

    OutboxLane *lane = &outbox->lane[at];
    if (!speaks_for(lane, peer))
        return; /* of a loader that has been replaced, or one we hear of in a moment */
    if (signal->ack.attach) {
        attach(outbox, at, peer, signal->ack.durable);
        return;
    }
    if (lane->must_attach)
        return;
    dispatch_taken(outbox->dispatch, at, signal->ack.next_sequence);
    if (signal->ack.durable_sequence > lane->durable &&
        signal->ack.durable_sequence < window_next(outbox->window))
        lane->durable = signal->ack.durable_sequence;
}

static void hear_chunk_ack(Outbox *outbox, const Signal *signal)
{
    if (!outbox->chunk || signal->chunk_ack.attempt != outbox->copy.attempt ||
        signal->chunk_ack.chunk != outbox->copy.chunk ||
        signal->chunk_ack.relation_oid != outbox->copy_relation)
        return;
    dispatch_taken(outbox->dispatch, 0, signal->chunk_ack.next_sequence);
    outbox->chunk_done |= signal->chunk_ack.done;
}

static bool hear(Outbox *outbox, const ChannelMessage *message, Error *err)
{
    Signal signal;

    if (message->count != 1)
        return error_set(err, ERROR_PROTOCOL, "a message of %d parts where one was due",
                         message->count);
    if (!codec_unpack_signal(frame_str(message->parts[0]), &signal, err))
        return false;
    switch (signal.kind) {
    case SIGNAL_CREDIT:
        dispatch_credit(outbox->dispatch, message->peer, signal.credit.capacity);
        break;
    case SIGNAL_ACK:
        hear_ack(outbox, message->peer, &signal);
        break;
    case SIGNAL_CHUNK_ACK:
        hear_chunk_ack(outbox, &signal);
        break;
    case SIGNAL_RESUME:
        return error_set(err, ERROR_PROTOCOL, "a Resume came to its sender");
    }
    return true;
}

/* What a peer says wrongly is its fault: it is left out, and what it says rightly still counts. */
static void hear_all(Outbox *outbox)
{
    ChannelMessage message;

    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        Error problem = {0};

        if (channel_receive(outbox->channel, &message) != CHANNEL_OK)
            return;
        if (!hear(outbox, &message, &problem))
            log_warn("message refused", "peer=%s reason=%s", message.peer, problem.message);
        channel_message_done(&message);
    }
}

static uint64_t durable_in_all_lanes(const Outbox *outbox)
{
    uint64_t durable = UINT64_MAX;

    if (outbox->chunk) /* a loader that loses them loses the chunk: nothing is sent a second time */
        return dispatch_lowest(outbox->dispatch) - 1;
    for (uint32_t i = 0; i < outbox->lanes; i++) {
        if (outbox->lane[i].durable < durable)
            durable = outbox->lane[i].durable;
    }
    return durable;
}

static void let_go(Outbox *outbox)
{
    uint64_t durable = durable_in_all_lanes(outbox);
    WindowEntry entry;

    window_taken(outbox->window, dispatch_lowest(outbox->dispatch));
    while (window_let_go(outbox->window, durable, &entry)) {
        if (entry.state == ENTRY_IN_SPOOL)
            window_spool_release(outbox->spool, &entry.place);
    }
}

/* --- sending --- */

static bool load_batch(const Outbox *outbox, const WindowEntry *entry, ChannelMessage *message,
                       Error *err)
{
    message->count = 2;
    if (entry->state == ENTRY_IN_SPOOL)
        return window_spool_read(outbox->spool, &entry->place, &message->parts[0],
                                 &message->parts[1], err);
    message->parts[0] = frame_ref(entry->header);
    message->parts[1] = frame_ref(entry->body);
    return true;
}

static bool set_only_lane(Outbox *outbox, Frame **header, int32_t lane, Error *err)
{
    BatchHeader batch;

    arena_reset(&outbox->arena);
    if (!codec_unpack_header(frame_str(*header), &outbox->arena, &batch, err))
        return false;
    batch.only_lane = lane;
    frame_unref(header);
    *header = codec_pack_header(&batch);
    return true;
}

static bool send_batch(Outbox *outbox, const DispatchSend *send, int64_t now_ms, Error *err)
{
    const WindowEntry *entry = window_at(outbox->window, send->sequence);
    const char *worker = dispatch_worker(outbox->dispatch, send->worker);
    CLEANUP(channel_message_done) ChannelMessage message = {0};

    if (!entry || entry->state == ENTRY_DROPPED)
        return error_set(err, ERROR_TRANSIENT, "batch %llu is needed and not held",
                         (unsigned long long)send->sequence);
    if (!load_batch(outbox, entry, &message, err) ||
        (send->only_lane != LANE_ALL && !outbox->chunk &&
         !set_only_lane(outbox, &message.parts[0], send->only_lane, err)))
        return error_wrap(err, "batch %llu", (unsigned long long)send->sequence);

    snprintf(message.peer, sizeof message.peer, "%s", worker);
    (void)FAILPOINT("outbox.send_before");
    switch (channel_send(outbox->channel, &message)) {
    case CHANNEL_OK:
        outbox->redelivered += send->again;
        dispatch_sent(outbox->dispatch, send, entry->bytes, now_ms);
        (void)FAILPOINT("outbox.batch_sent");
        break;
    case CHANNEL_AGAIN:
        dispatch_refused(outbox->dispatch, send);
        break;
    case CHANNEL_NO_PEER:
        dispatch_left(outbox->dispatch, message.peer);
        break;
    }
    return true;
}

bool outbox_work(Outbox *outbox, int64_t now_ms, Error *err)
{
    DispatchSend send;

    hear_all(outbox);
    let_go(outbox);
    while (!outbox->gone &&
           dispatch_next(outbox->dispatch, window_next(outbox->window), now_ms, &send)) {
        if (!send_batch(outbox, &send, now_ms, err))
            return false;
    }
    return true;
}

WaitItem outbox_wait_item(Outbox *outbox)
{
    return (WaitItem){.channel = outbox->channel, .read = true};
}

int outbox_timeout_ms(const Outbox *outbox, int64_t now_ms)
{
    return dispatch_timeout_ms(outbox->dispatch, now_ms);
}

bool outbox_waiting(const Outbox *outbox)
{
    return unsent_bytes(outbox) > 0 || dispatch_room(outbox->dispatch) == 0;
}

bool outbox_all_taken(const Outbox *outbox)
{
    return dispatch_lowest(outbox->dispatch) == window_next(outbox->window);
}

bool outbox_all_durable(const Outbox *outbox)
{
    return window_first(outbox->window) == window_next(outbox->window);
}

bool outbox_chunk_done(const Outbox *outbox)
{
    return outbox->chunk_done;
}

bool outbox_gone(const Outbox *outbox)
{
    return outbox->gone;
}

OutboxCounters outbox_counters(const Outbox *outbox)
{
    WindowTotals totals = window_totals(outbox->window);

    return (OutboxCounters){.sequence = window_next(outbox->window) - 1,
                            .taken = dispatch_lowest(outbox->dispatch) - 1,
                            .durable = window_first(outbox->window) - 1,
                            .window_batches = totals.batches,
                            .window_bytes = totals.memory_bytes + totals.spool_bytes,
                            .spool_bytes = outbox->spool ? window_spool_bytes(outbox->spool) : 0,
                            .redelivered = outbox->redelivered,
                            .workers = dispatch_workers(outbox->dispatch),
                            .credit = dispatch_room(outbox->dispatch)};
}
