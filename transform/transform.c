#include "transform/transform.h"

#include "common/clock.h"
#include "common/codec.h"
#include "common/failpoint.h"
#include "common/log.h"
#include "common/mem.h"
#include "transform/peers.h"
#include "transform/rules.h"
#include "transform/split.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    CREDIT_BATCHES = 4, /* being worked on, waiting here, and on the way */
    CREDIT_MS = 1000,
};

struct Transform {
    Stage *stage;
    Frame *topology; /* the newest one heard of, still packed, until it is followed */
    Peers peers;
    size_t next_producer; /* whose turn it is to be read from */
    Arena arena;          /* everything that belongs to the batch in hand */
    int64_t batches_in, batches_out, bytes_out;
};

static void hear(void *self, const ControlMessage *message)
{
    Transform *t = self;

    if (message->message_case != WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_TOPOLOGY)
        return;
    frame_unref(&t->topology);
    t->topology = control_pack(message);
}

static void count(void *self, Stage *stage)
{
    const Transform *t = self;

    stage_counter(stage, "batches_in", t->batches_in);
    stage_counter(stage, "batches_out", t->batches_out);
    stage_counter(stage, "bytes_out", t->bytes_out);
    stage_counter(stage, "held", (int64_t)peers_held(&t->peers));
    stage_counter(stage, "dropped", (int64_t)t->peers.dropped);
}

bool transform_open(Transform **out, Stage *stage, Error *err)
{
    uint32_t lanes = stage_assignment(stage)->lanes;

    if (lanes < 1 || lanes > LANES_MAX)
        return error_set(err, ERROR_PROTOCOL, "assigned to %u loaders, 1 to %d can be served",
                         lanes, LANES_MAX);
    Transform *t = MEM_NEW(Transform);
    t->stage = stage;
    t->peers = (Peers){.identity = stage_identity(stage), .lanes = lanes};
    stage_handle(stage, (StageHandlers){.control = hear, .counters = count, .self = t});
    *out = t;
    return true;
}

void transform_close(Transform **transform)
{
    Transform *t = *transform;

    if (!t)
        return;
    stage_handle(t->stage, (StageHandlers){0});
    peers_done(&t->peers);
    frame_unref(&t->topology);
    arena_done(&t->arena);
    free(t);
    *transform = NULL;
}

static bool follow_topology(Transform *t, Error *err)
{
    CLEANUP(control_free) ControlMessage *message = NULL;

    if (!t->topology)
        return true;
    bool ok = control_unpack(frame_str(t->topology), &message, err);
    frame_unref(&t->topology);
    return ok && peers_follow(&t->peers, message->topology, err);
}

/* No credit while a lane has no loader: its parts would only be dropped and sent again later. */
static void give_credit(Transform *t)
{
    Signal signal = {.kind = SIGNAL_CREDIT, .credit = {.capacity = CREDIT_BATCHES}};
    int64_t now = clock_ms();

    for (size_t i = 0; i < t->peers.producer_count && peers_complete(&t->peers); i++) {
        Peer *producer = &t->peers.producers[i];

        if (now < producer->next_credit_ms)
            continue;
        ChannelMessage message = {.parts = {codec_pack_signal(&signal)}, .count = 1};
        (void)channel_send(producer->channel, &message); /* repeated, so a lost one is no matter */
        channel_message_done(&message);
        producer->next_credit_ms = now + CREDIT_MS;
    }
}

/* Tries once. What the queue refuses is held; what has no loader is dropped: it comes again. */
static void send_part(Transform *t, uint32_t lane)
{
    ChannelMessage *part = &t->peers.held[lane];
    Channel *loader = t->peers.loaders[lane].channel;

    if (part->count == 0)
        return;
    if (!loader)
        t->peers.dropped++;
    else if (FAILPOINT("transform.before_send"))
        t->peers.dropped++;
    else if (channel_send(loader, part) == CHANNEL_AGAIN)
        return;
    else {
        t->batches_out++;
        t->bytes_out += (int64_t)part->parts[1]->len;
    }
    channel_message_done(part);
    (void)FAILPOINT("transform.after_send");
}

static void send_parts(Transform *t)
{
    for (uint32_t lane = 0; lane < t->peers.lanes; lane++)
        send_part(t, lane);
}

static void hold_part(Transform *t, uint32_t lane, Frame *header, Frame *body)
{
    t->peers.held[lane] = (ChannelMessage){.parts = {header, body}, .count = 2};
}

/* The body stays as it is; the header too, unless it has names to be changed or another lane. */
static void pass_on(Transform *t, const BatchHeader *header, uint32_t lane,
                    const ChannelMessage *message)
{
    BatchHeader for_lane = *header;
    bool is_mapped = rules_there_are(header);
    Frame *packed;

    for_lane.lane = lane;
    if (is_mapped)
        rules_apply_to_relations(&for_lane, &t->arena);
    packed = header->lane == lane && !is_mapped ? frame_ref(message->parts[0])
                                                : codec_pack_header(&for_lane);
    hold_part(t, lane, packed, frame_ref(message->parts[1]));
}

static void done_with_parts(SplitPart (*parts)[LANES_MAX])
{
    for (int lane = 0; lane < LANES_MAX; lane++)
        bytes_done(&(*parts)[lane].body);
}

static void hold_split_part(Transform *t, const BatchHeader *header, uint32_t lane, SplitPart *part)
{
    BatchHeader for_lane = *header;

    for_lane.lane = lane;
    for_lane.change_count = part->change_count;
    hold_part(t, lane, codec_pack_header(&for_lane), frame_take(part->body.data, part->body.len));
    part->body = (Bytes){0}; /* handed over */
}

static bool split(Transform *t, const BatchHeader *header, Str body, Error *err)
{
    CLEANUP(done_with_parts) SplitPart parts[LANES_MAX] = {0};
    Batch batch = {.header = *header};

    for (uint32_t lane = 0; lane < t->peers.lanes; lane++)
        parts[lane].body.limit = FRAME_MAX_BYTES;
    if (!codec_unpack_changes(body, header, &t->arena, &batch.changes, err))
        return false;
    if (rules_touch_rows(header))
        rules_apply_to_rows(&batch);
    rules_apply_to_relations(&batch.header, &t->arena);
    if (!split_changes(&batch, t->peers.lanes, &t->arena, parts, err))
        return false;
    for (uint32_t lane = 0; lane < t->peers.lanes; lane++) {
        if (header->only_lane == LANE_ALL || header->only_lane == (int32_t)lane)
            hold_split_part(t, &batch.header, lane, &parts[lane]);
    }
    return true;
}

static bool take_batch(Transform *t, const ChannelMessage *message, Error *err)
{
    BatchHeader header;

    if (message->count != 2)
        return error_set(err, ERROR_PROTOCOL, "a batch of %d parts instead of 2", message->count);
    if (!codec_unpack_header(frame_str(message->parts[0]), &t->arena, &header, err))
        return false;
    if (header.only_lane >= (int32_t)t->peers.lanes)
        return error_set(err, ERROR_PROTOCOL, "batch %" PRIu64 " is for lane %d of %u",
                         header.sequence, header.only_lane, t->peers.lanes);
    if (header.kind == BATCH_COPY_ROWS || (t->peers.lanes == 1 && !rules_touch_rows(&header))) {
        pass_on(t, &header, header.only_lane < 0 ? 0 : (uint32_t)header.only_lane, message);
        return true;
    }
    return split(t, &header, frame_str(message->parts[1]), err);
}

/* One batch of the next producer that has one. */
static bool receive_batch(Transform *t, bool *received, Error *err)
{
    *received = false;
    for (size_t i = 0; i < t->peers.producer_count && !*received; i++) {
        Peer *producer = &t->peers.producers[t->next_producer++ % t->peers.producer_count];
        CLEANUP(channel_message_done) ChannelMessage message = {0};

        if (channel_receive(producer->channel, &message) != CHANNEL_OK)
            continue;
        *received = true;
        t->batches_in++;
        if (FAILPOINT("transform.received"))
            continue;
        bool ok = take_batch(t, &message, err);
        arena_reset(&t->arena); /* at once: it may hold a row of 1 GB */
        if (!ok) {
            error_wrap(err, "from %s", producer->identity);
            return error_hint(err, "nothing of it was passed on: run the task again, with all "
                                   "stages from one version of walferry");
        }
    }
    return true;
}

/* While something is held nothing is read: wait for that queue, else for any producer. */
static size_t what_to_wait_for(const Transform *t, WaitItem items[])
{
    bool holding = peers_held(&t->peers) > 0;
    size_t n = 0;

    for (uint32_t lane = 0; holding && lane < t->peers.lanes; lane++) {
        if (t->peers.held[lane].count > 0)
            items[n++] = (WaitItem){.channel = t->peers.loaders[lane].channel, .write = true};
    }
    for (size_t i = 0; !holding && i < t->peers.producer_count; i++)
        items[n++] = (WaitItem){.channel = t->peers.producers[i].channel, .read = true};
    return n;
}

static bool wait_for_work(Transform *t, bool busy, Error *err)
{
    WaitItem items[PRODUCERS_MAX + LANES_MAX];
    size_t n = busy ? 0 : what_to_wait_for(t, items);

    return stage_wait(t->stage, items, n, busy ? 0 : CREDIT_MS, err);
}

static bool step(Transform *t, bool *busy, Error *err)
{
    *busy = false;
    if (!follow_topology(t, err))
        return false;
    give_credit(t);
    send_parts(t);
    if (peers_held(&t->peers) > 0)
        return true;
    if (!receive_batch(t, busy, err))
        return false;
    send_parts(t);
    return true;
}

void transform_run(Transform *t, Error *err)
{
    bool busy = false;

    while (wait_for_work(t, busy, err) && step(t, &busy, err))
        continue;
}
