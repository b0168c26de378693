#include "loader/intake.h"

#include "common/codec.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "loader/reorder.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    HIGH_WATER = 64,   /* messages in the socket; credit keeps them far below it */
    RECEIVE_MOST = 64, /* at a turn */
    QUEUE_BYTES = 16 * 1024 * 1024,
};

/* A batch as it came. */
typedef struct Parcel {
    struct Parcel *next; /* in the queue */
    Frame *header, *body;
    size_t bytes;
} Parcel;

struct Intake {
    Channel *channel;
    const char *task;
    Reorder *reorder;
    Parcel *first, **end; /* the queue */
    size_t queued, queued_bytes;
    Arena scratch;
    bool news;
    uint64_t duplicates;
};

static void drop_parcel(void *item)
{
    Parcel *parcel = item;

    frame_unref(&parcel->header);
    frame_unref(&parcel->body);
    free(parcel);
}

bool intake_open(Intake **out, const char *endpoint, const char *task, Error *err)
{
    CLEANUP(intake_close) Intake *intake = MEM_NEW(Intake);

    intake->task = task;
    intake->reorder = reorder_open(drop_parcel);
    intake->end = &intake->first;
    if (!channel_listen(&intake->channel, endpoint, HIGH_WATER, err))
        return false;
    *out = intake;
    intake = NULL; /* handed over */
    return true;
}

static Parcel *leave_queue(Intake *intake)
{
    Parcel *parcel = intake->first;

    intake->first = parcel->next;
    if (!intake->first)
        intake->end = &intake->first;
    intake->queued--;
    intake->queued_bytes -= parcel->bytes;
    return parcel;
}

static void empty_queue(Intake *intake)
{
    while (intake->first)
        drop_parcel(leave_queue(intake));
}

void intake_close(Intake **intake)
{
    if (!*intake)
        return;
    empty_queue(*intake);
    reorder_close(&(*intake)->reorder);
    channel_close(&(*intake)->channel);
    arena_done(&(*intake)->scratch);
    free(*intake);
    *intake = NULL;
}

/* Takes what is next in order as long as there is room: a single one, however large, always is. */
static void fill_queue(Intake *intake)
{
    size_t bytes;

    while (reorder_front(intake->reorder, &bytes) &&
           (intake->queued == 0 || intake->queued_bytes + bytes <= QUEUE_BYTES)) {
        Parcel *parcel = reorder_take(intake->reorder);

        parcel->next = NULL;
        *intake->end = parcel;
        intake->end = &parcel->next;
        intake->queued++;
        intake->queued_bytes += bytes;
        intake->news = true;
    }
}

void intake_start(Intake *intake, uint64_t epoch, uint64_t next)
{
    empty_queue(intake);
    reorder_start(intake->reorder, epoch, next);
    intake->news = true;
}

void intake_resume(Intake *intake, uint64_t next)
{
    reorder_resume(intake->reorder, next);
    fill_queue(intake);
}

static void take_changes(Intake *intake, const BatchHeader *header, const ChannelMessage *message)
{
    Parcel *parcel = MEM_NEW(Parcel);

    parcel->header = frame_ref(message->parts[0]);
    parcel->body = frame_ref(message->parts[1]);
    parcel->bytes = parcel->header->len + parcel->body->len;
    ReorderVerdict verdict =
        reorder_put(intake->reorder, header->epoch, header->sequence, parcel->bytes, parcel);
    if (verdict == REORDER_HELD)
        return;
    drop_parcel(parcel);
    if (verdict == REORDER_DUPLICATE) {
        intake->duplicates++;
        intake->news = true; /* capture has missed what we said */
    }
}

static bool take_message(Intake *intake, ChunkLoads *chunks, const ChannelMessage *message,
                         Error *err)
{
    BatchHeader header;

    if (message->count != 2)
        return error_set(err, ERROR_PROTOCOL, "a batch of %d frames instead of 2", message->count);
    arena_reset(&intake->scratch);
    if (!codec_unpack_header(frame_str(message->parts[0]), &intake->scratch, &header, err))
        return false;
    if (FAILPOINT("loader.batch_received") || !str_equal(header.task, str_of(intake->task)))
        return true;
    if (header.kind == BATCH_COPY_ROWS)
        return chunk_loads_take(chunks, &header, message->parts[1], err);
    take_changes(intake, &header, message);
    return true;
}

bool intake_receive(Intake *intake, ChunkLoads *chunks, Error *err)
{
    for (int i = 0; i < RECEIVE_MOST; i++) {
        CLEANUP(channel_message_done) ChannelMessage message = {0};

        if (channel_receive(intake->channel, &message) != CHANNEL_OK)
            break;
        if (!take_message(intake, chunks, &message, err)) {
            error_wrap(err, "from %s", message.peer);
            return error_hint(err, "nothing of it was applied: run the task again, with all stages "
                                   "from one version of walferry");
        }
    }
    fill_queue(intake);
    return true;
}

bool intake_has_batch(const Intake *intake)
{
    return intake->first != NULL;
}

static void done_with_parcel(Parcel **parcel)
{
    drop_parcel(*parcel);
}

bool intake_next(Intake *intake, Arena *arena, Batch *out, size_t *bytes, Error *err)
{
    CLEANUP(done_with_parcel) Parcel *parcel = leave_queue(intake);

    fill_queue(intake);
    *bytes = parcel->bytes;
    *out = (Batch){0};
    if (!codec_unpack_header(frame_str(parcel->header), arena, &out->header, err))
        return false;
    return codec_unpack_changes(frame_str(parcel->body), &out->header, arena, &out->changes, err) ||
           error_wrap(err, "batch %" PRIu64, out->header.sequence);
}

bool intake_has_news(Intake *intake)
{
    bool news = intake->news;

    intake->news = false;
    return news;
}

WaitItem intake_wait_item(const Intake *intake)
{
    return (WaitItem){.channel = intake->channel, .read = true};
}

IntakeCounters intake_counters(const Intake *intake)
{
    return (IntakeCounters){
        .epoch = reorder_epoch(intake->reorder),
        .next_sequence = reorder_next(intake->reorder),
        .held_batches = reorder_held(intake->reorder),
        .held_bytes = reorder_held_bytes(intake->reorder),
        .queued_batches = intake->queued,
        .queued_bytes = intake->queued_bytes,
        .duplicates_dropped = intake->duplicates,
    };
}
