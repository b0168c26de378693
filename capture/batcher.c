#include "capture/batcher.h"

#include "common/bytes.h"
#include "common/codec.h"
#include "common/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { COPIED_BYTES = 64 * 1024 }; /* a smaller body is copied: its buffer is used again */

/* Which relation of the batch a slot of the cache is. */
typedef struct SlotUse {
    uint64_t batch; /* number of the batch that this is true for */
    uint32_t index;
} SlotUse;

struct Batcher {
    BatcherLimits limits;
    Bytes body;
    size_t usual_bytes; /* of the bodies so far */
    BatchHeader header;
    size_t relation_capacity, transaction_capacity;
    uint64_t batch;
    SlotUse *slots;
    size_t slot_count;
    uint32_t *truncated;
    size_t truncated_capacity;
    struct {
        bool open;
        bool listed; /* it has a part in this batch */
        bool traced; /* it has something to deliver */
        uint32_t xid;
        Lsn commit_lsn;
        int64_t commit_time_us;
        uint64_t ordinal;
    } now;
    Position last; /* of what was listed last */
    uint64_t next_record_id;
    uint64_t changes, transactions;
};

void batcher_open(Batcher **out, BatcherLimits limits)
{
    *out = MEM_NEW(Batcher);
    (*out)->limits = limits;
    (*out)->batch = 1;
}

void batcher_close(Batcher **batcher)
{
    if (!*batcher)
        return;
    bytes_done(&(*batcher)->body);
    free((*batcher)->header.relations);
    free((*batcher)->header.transactions);
    free((*batcher)->slots);
    free((*batcher)->truncated);
    free(*batcher);
    *batcher = NULL;
}

static void begin_batch(Batcher *batcher)
{
    BatchHeader *header = &batcher->header;

    header->change_count = header->relation_count = header->transaction_count = 0;
    header->next_record_id = 0;
    header->flush = false;
    batcher->now.listed = false;
    batcher->batch++;
}

void batcher_start(Batcher *batcher, Lsn stream_start, uint64_t next_record_id)
{
    begin_batch(batcher);
    bytes_clear(&batcher->body);
    batcher->header.stream_start = stream_start;
    batcher->next_record_id = next_record_id;
    batcher->now.open = batcher->now.traced = false;
    batcher->last = (Position){0};
}

void batcher_begin(Batcher *batcher, uint32_t xid, Lsn commit_lsn, int64_t commit_time_us)
{
    assert(!batcher->now.open);
    batcher->now.open = true;
    batcher->now.listed = batcher->now.traced = false;
    batcher->now.xid = xid;
    batcher->now.commit_lsn = commit_lsn;
    batcher->now.commit_time_us = commit_time_us;
    batcher->now.ordinal = 0;
}

/* The transaction's part of this batch. */
static Transaction *part(Batcher *batcher)
{
    BatchHeader *header = &batcher->header;

    if (batcher->now.listed)
        return &header->transactions[header->transaction_count - 1];
    if (header->transaction_count == batcher->transaction_capacity) {
        batcher->transaction_capacity = batcher->transaction_capacity * 2 + 16;
        header->transactions = mem_resize(header->transactions, batcher->transaction_capacity,
                                          sizeof *header->transactions);
    }
    batcher->now.listed = batcher->now.traced = true;
    header->transactions[header->transaction_count] =
        (Transaction){.commit_lsn = batcher->now.commit_lsn,
                      .commit_time_us = batcher->now.commit_time_us,
                      .xid = batcher->now.xid,
                      .first_record_id = batcher->next_record_id,
                      .predecessor = batcher->last};
    return &header->transactions[header->transaction_count++];
}

static void note_progress(Batcher *batcher, Transaction *transaction)
{
    transaction->last_ordinal = batcher->now.ordinal;
    batcher->last = batcher_position(batcher);
}

static SlotUse *slot_of(Batcher *batcher, uint32_t slot)
{
    if (slot >= batcher->slot_count) {
        size_t count = (slot + 1) * 2;

        batcher->slots = mem_resize(batcher->slots, count, sizeof *batcher->slots);
        memset(batcher->slots + batcher->slot_count, 0,
               (count - batcher->slot_count) * sizeof *batcher->slots);
        batcher->slot_count = count;
    }
    return &batcher->slots[slot];
}

static uint32_t relation_index(Batcher *batcher, const CachedRelation *relation)
{
    BatchHeader *header = &batcher->header;
    SlotUse *use = slot_of(batcher, relation->slot);

    if (use->batch == batcher->batch)
        return use->index;
    if (header->relation_count == batcher->relation_capacity) {
        batcher->relation_capacity = batcher->relation_capacity * 2 + 16;
        header->relations =
            mem_resize(header->relations, batcher->relation_capacity, sizeof *header->relations);
    }
    use->batch = batcher->batch;
    use->index = header->relation_count;
    header->relations[header->relation_count++] = relation->relation;
    return use->index;
}

static void add(Batcher *batcher, Change *change)
{
    batcher->now.ordinal++;

    Transaction *transaction = part(batcher);
    change->transaction = batcher->header.transaction_count - 1;
    change->ordinal = batcher->now.ordinal;
    if (batcher->body.capacity == 0)
        (void)bytes_reserve(&batcher->body, batcher->usual_bytes);
    codec_pack_change(&batcher->body, change);
    batcher->header.change_count++;
    batcher->changes++;
    note_progress(batcher, transaction);
}

void batcher_row(Batcher *batcher, const CachedRelation *relation, Change *change)
{
    change->relation = relation_index(batcher, relation);
    add(batcher, change);
}

void batcher_truncate(Batcher *batcher, const CachedRelation *const *relations, uint32_t count,
                      bool restart_identity)
{
    Change change = {
        .kind = CHANGE_TRUNCATE, .truncated_count = count, .restart_identity = restart_identity};

    assert(count > 0);
    if (count > batcher->truncated_capacity) {
        batcher->truncated = mem_resize(batcher->truncated, count, sizeof(uint32_t));
        batcher->truncated_capacity = count;
    }
    for (uint32_t i = 0; i < count; i++)
        batcher->truncated[i] = relation_index(batcher, relations[i]);
    change.truncated = batcher->truncated;
    change.relation = batcher->truncated[0];
    add(batcher, &change);
}

void batcher_gated(Batcher *batcher)
{
    batcher->now.ordinal++;
    note_progress(batcher, part(batcher));
}

void batcher_heartbeat(Batcher *batcher)
{
    batcher->now.ordinal++;
    if (batcher->now.listed)
        note_progress(batcher, part(batcher));
}

void batcher_commit(Batcher *batcher, Lsn end_lsn)
{
    batcher->now.open = false;
    if (!batcher->now.traced)
        return;

    Transaction *transaction = part(batcher);
    note_progress(batcher, transaction);
    transaction->ends = true;
    transaction->end_lsn = end_lsn;
    batcher->next_record_id += batcher->now.ordinal;
    batcher->header.next_record_id = batcher->next_record_id;
    batcher->now.listed = false;
    batcher->transactions++;
}

bool batcher_in_transaction(const Batcher *batcher)
{
    return batcher->now.open;
}

bool batcher_empty(const Batcher *batcher)
{
    return batcher->header.transaction_count == 0;
}

bool batcher_due(const Batcher *batcher, size_t more_bytes)
{
    if (batcher_empty(batcher))
        return false;
    return batcher->body.len + more_bytes > batcher->limits.body_bytes ||
           batcher->header.change_count >= batcher->limits.changes ||
           batcher->header.relation_count >= batcher->limits.relations ||
           batcher->header.transaction_count >= batcher->limits.changes;
}

size_t batcher_bytes(const Batcher *batcher)
{
    return batcher->body.len;
}

uint64_t batcher_next_record_id(const Batcher *batcher)
{
    return batcher->next_record_id;
}

Position batcher_position(const Batcher *batcher)
{
    return (Position){batcher->now.commit_lsn, batcher->now.ordinal};
}

uint64_t batcher_changes(const Batcher *batcher)
{
    return batcher->changes;
}

uint64_t batcher_transactions(const Batcher *batcher)
{
    return batcher->transactions;
}

static Frame *take_body(Batcher *batcher)
{
    Bytes *body = &batcher->body;
    Frame *frame;

    if (body->len <= COPIED_BYTES) {
        frame = frame_copy(bytes_str(body));
        bytes_clear(body);
        return frame;
    }
    /* Room that the next body will need as well, but not that of a single large row. */
    batcher->usual_bytes =
        body->len < batcher->limits.body_bytes * 2 ? body->len + body->len / 8 : 0;
    frame = frame_take(mem_resize(body->data, body->len, 1), body->len);
    *body = (Bytes){0};
    return frame;
}

void batcher_take(Batcher *batcher, bool flush, BatchHeader *header, Frame **body)
{
    *header = batcher->header;
    header->kind = BATCH_CHANGES;
    header->flush = flush;
    *body = take_body(batcher);
    begin_batch(batcher);
}
