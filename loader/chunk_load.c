#include "loader/chunk_load.h"

#include "common/mem.h"
#include "common/task_file.h"
#include "loader/chunk_order.h"
#include "loader/chunk_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum Phase {
    ENDED,   /* nothing was sent yet, or another attempt has replaced it */
    LOADING, /* rows come in */
    LOADED,  /* committed; said again until the producer goes on */
} Phase;

/* What a producer sends: one chunk at a time. */
typedef struct ChunkLoad {
    char producer[CHANNEL_IDENTITY_MAX]; /* empty: a free seat */
    Phase phase;
    uint32_t relation_oid;
    uint32_t chunk;
    uint64_t attempt; /* what bears a lower one came late */
    ChunkOrder order;
    uint64_t told; /* the next_sequence that was said last */
    ChunkWriter *writer;
} ChunkLoad;

struct ChunkLoads {
    ChunkTarget target;
    ChunkHear *hear;
    void *self;
    int64_t generation;
    ChunkCounters counters;
    ChunkLoad loads[STAGES_MAX]; /* the supervisor runs no more copy processes */
};

ChunkLoads *chunk_loads_open(const ChunkTarget *target, ChunkHear *hear, void *self)
{
    ChunkLoads *loads = MEM_NEW(ChunkLoads);

    loads->target = *target;
    loads->hear = hear;
    loads->self = self;
    return loads;
}

/* What is not committed is rolled back: its connection is closed. */
static void end_load(ChunkLoad *load)
{
    chunk_order_start(&load->order);
    if (load->phase == LOADING)
        chunk_writer_free(&load->writer);
    load->phase = ENDED;
}

static void leave_seat(ChunkLoad *load)
{
    end_load(load);
    chunk_writer_free(&load->writer);
    *load = (ChunkLoad){0};
}

void chunk_loads_close(ChunkLoads **loads)
{
    if (!*loads)
        return;
    for (ChunkLoad *load = (*loads)->loads; load < (*loads)->loads + STAGES_MAX; load++)
        leave_seat(load);
    free(*loads);
    *loads = NULL;
}

void chunk_loads_generation(ChunkLoads *loads, int64_t generation)
{
    loads->generation = generation;
}

static ChunkLoad *seat_of(ChunkLoads *loads, Str producer)
{
    for (ChunkLoad *load = loads->loads; load < loads->loads + STAGES_MAX; load++) {
        if (str_equal(str_of(load->producer), producer))
            return load;
    }
    return NULL;
}

static bool is_among(const char *producer, const char *const *identities, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(producer, identities[i]) == 0)
            return true;
    }
    return false;
}

static void give_seat(ChunkLoads *loads, const char *producer)
{
    ChunkLoad *free_seat = seat_of(loads, (Str){0});

    if (seat_of(loads, str_of(producer)) || !free_seat)
        return;
    snprintf(free_seat->producer, sizeof free_seat->producer, "%s", producer);
    chunk_order_start(&free_seat->order);
}

void chunk_loads_producers(ChunkLoads *loads, const char *const *identities, size_t count)
{
    for (ChunkLoad *load = loads->loads; load < loads->loads + STAGES_MAX; load++) {
        if (!is_among(load->producer, identities, count))
            leave_seat(load);
    }
    for (size_t i = 0; i < count; i++)
        give_seat(loads, identities[i]);
}

static bool same_chunk(const ChunkLoad *load, const BatchHeader *header)
{
    return load->relation_oid == header->relations[0].oid && load->chunk == header->copy.chunk;
}

/*
 * A chunk that was granted again is the newer grantee's. The marks would keep two of them from
 * counting, but the older would wait in the newer's way.
 */
static bool is_newest_attempt(ChunkLoads *loads, const ChunkLoad *load, const BatchHeader *header)
{
    for (ChunkLoad *other = loads->loads; other < loads->loads + STAGES_MAX; other++) {
        if (other == load || !same_chunk(other, header))
            continue;
        if (other->attempt > header->copy.attempt)
            return false;
        if (other->phase == LOADING)
            end_load(other);
    }
    return true;
}

static void start_load(ChunkLoads *loads, ChunkLoad *load, const BatchHeader *header)
{
    end_load(load);
    load->relation_oid = header->relations[0].oid;
    load->chunk = header->copy.chunk;
    load->attempt = header->copy.attempt;
    load->told = load->order.next;
    if (!is_newest_attempt(loads, load, header))
        return;
    if (!load->writer)
        load->writer = loads->target.make(&loads->target);
    chunk_writer_start(load->writer, header);
    load->phase = LOADING;
}

static void hold(ChunkLoads *loads, ChunkLoad *load, const BatchHeader *header, Frame *body)
{
    ChunkPart part = {body, header->copy.rows, header->copy.last};

    if (load->phase != LOADING ||
        chunk_order_offer(&load->order, header->sequence, part) == CHUNK_DUPLICATE)
        loads->counters.duplicates_dropped++;
}

bool chunk_loads_take(ChunkLoads *loads, const BatchHeader *header, Frame *body, Error *err)
{
    if (header->relation_count != 1 || header->sequence == 0 || header->copy.producer.len == 0)
        return error_set(err, ERROR_PROTOCOL,
                         "a batch of copied rows that names no table, "
                         "sequence or producer");

    ChunkLoad *load = seat_of(loads, header->copy.producer);
    if (!load || header->copy.attempt < load->attempt) {
        loads->counters.duplicates_dropped++;
        return true;
    }
    if (header->copy.attempt > load->attempt)
        start_load(loads, load, header);
    if (!same_chunk(load, header))
        return error_set(err, ERROR_PROTOCOL, "attempt %" PRIu64 " of a copy is for two chunks",
                         load->attempt);
    hold(loads, load, header, body);
    return true;
}

static void tell(ChunkLoads *loads, ChunkLoad *load, bool fresh)
{
    ChunkNews news = {
        .producer = load->producer,
        .relation_oid = load->relation_oid,
        .chunk = load->chunk,
        .attempt = load->attempt,
        .next_sequence = load->order.next,
        .done = load->phase == LOADED,
        .fresh = fresh,
    };

    if (news.done) {
        ChunkWritten written = chunk_writer_written(load->writer);

        news.rows = written.rows;
        news.bytes = written.bytes;
        news.kept = written.kept;
    }
    load->told = load->order.next;
    loads->hear(loads->self, &news);
}

static void finish(ChunkLoads *loads, ChunkLoad *load, const ChunkWritten *written)
{
    uint64_t next = load->order.next;

    chunk_order_start(&load->order); /* a chunk that was found done leaves batches behind */
    load->order.next = next;
    load->phase = LOADED;
    loads->counters.chunks_done++;
    if (!written->found_done) {
        loads->counters.rows += written->rows;
        loads->counters.bytes += written->bytes;
    }
    tell(loads, load, true);
}

static bool step_load(ChunkLoads *loads, ChunkLoad *load, Error *err)
{
    if (!chunk_writer_step(load->writer, &load->order, loads->generation, err))
        return false;

    ChunkWritten written = chunk_writer_written(load->writer);
    if (written.done)
        finish(loads, load, &written);
    else if (load->order.next != load->told)
        tell(loads, load, true);
    return true;
}

bool chunk_loads_step(ChunkLoads *loads, Error *err)
{
    for (ChunkLoad *load = loads->loads; load < loads->loads + STAGES_MAX; load++) {
        if (load->phase == LOADING && !step_load(loads, load, err))
            return false;
    }
    return true;
}

void chunk_loads_repeat(ChunkLoads *loads)
{
    for (ChunkLoad *load = loads->loads; load < loads->loads + STAGES_MAX; load++) {
        if (load->phase != ENDED)
            tell(loads, load, false);
    }
}

size_t chunk_loads_wait_items(const ChunkLoads *loads, WaitItem *items, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < STAGES_MAX && count < most; i++) {
        const ChunkLoad *load = &loads->loads[i];

        if (load->phase == LOADING &&
            chunk_writer_wait_item(load->writer, &load->order, &items[count]))
            count++;
    }
    return count;
}

bool chunk_loads_busy(const ChunkLoads *loads)
{
    for (size_t i = 0; i < STAGES_MAX; i++) {
        if (loads->loads[i].phase == LOADING)
            return true;
    }
    return false;
}

size_t chunk_loads_pids(const ChunkLoads *loads, int *pids, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < STAGES_MAX && count < most; i++) {
        const ChunkWriter *writer = loads->loads[i].writer;
        int pid = writer ? chunk_writer_pid(writer) : 0;

        if (pid)
            pids[count++] = pid;
    }
    return count;
}

ChunkCounters chunk_loads_counters(const ChunkLoads *loads)
{
    return loads->counters;
}
