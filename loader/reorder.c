#include "loader/reorder.h"

#include "common/mem.h"

#include <stdlib.h>
#include <uthash.h>

typedef struct Held {
    uint64_t sequence;
    size_t bytes;
    void *item;
    UT_hash_handle hh;
} Held;

struct Reorder {
    ReorderDrop *drop;
    uint64_t epoch;
    uint64_t next;
    Held *held; /* by sequence */
    size_t held_bytes;
};

Reorder *reorder_open(ReorderDrop *drop)
{
    Reorder *reorder = MEM_NEW(Reorder);

    reorder->drop = drop;
    return reorder;
}

static void *take_out(Reorder *reorder, Held *held)
{
    void *item = held->item;

    reorder->held_bytes -= held->bytes;
    HASH_DEL(reorder->held, held);
    free(held);
    return item;
}

static void drop_below(Reorder *reorder, uint64_t sequence)
{
    Held *held, *following;

    HASH_ITER(hh, reorder->held, held, following)
    {
        if (held->sequence < sequence)
            reorder->drop(take_out(reorder, held));
    }
}

void reorder_close(Reorder **reorder)
{
    if (!*reorder)
        return;
    drop_below(*reorder, UINT64_MAX);
    free(*reorder);
    *reorder = NULL;
}

void reorder_start(Reorder *reorder, uint64_t epoch, uint64_t next)
{
    drop_below(reorder, UINT64_MAX);
    reorder->epoch = epoch;
    reorder->next = next;
}

void reorder_resume(Reorder *reorder, uint64_t next)
{
    if (reorder->next != 0)
        return;
    reorder->next = next;
    drop_below(reorder, next);
}

static Held *find(const Reorder *reorder, uint64_t sequence)
{
    Held *held;

    HASH_FIND(hh, reorder->held, &sequence, sizeof sequence, held);
    return held;
}

static bool has_room(const Reorder *reorder, size_t bytes)
{
    return reorder->next != 0 || reorder->held_bytes == 0 ||
           reorder->held_bytes + bytes <= REORDER_UNPLACED_MAX_BYTES;
}

ReorderVerdict reorder_put(Reorder *reorder, uint64_t epoch, uint64_t sequence, size_t bytes,
                           void *item)
{
    if (epoch != reorder->epoch)
        return REORDER_STRAY;
    if (sequence < reorder->next || find(reorder, sequence))
        return REORDER_DUPLICATE;
    if (!has_room(reorder, bytes))
        return REORDER_STRAY;

    Held *held = MEM_NEW(Held);
    held->sequence = sequence;
    held->bytes = bytes;
    held->item = item;
    HASH_ADD(hh, reorder->held, sequence, sizeof held->sequence, held);
    reorder->held_bytes += bytes;
    return REORDER_HELD;
}

void *reorder_front(const Reorder *reorder, size_t *bytes)
{
    const Held *held = reorder->next ? find(reorder, reorder->next) : NULL;

    *bytes = held ? held->bytes : 0;
    return held ? held->item : NULL;
}

void *reorder_take(Reorder *reorder)
{
    Held *held = reorder->next ? find(reorder, reorder->next) : NULL;

    if (!held)
        return NULL;
    reorder->next++;
    return take_out(reorder, held);
}

uint64_t reorder_epoch(const Reorder *reorder)
{
    return reorder->epoch;
}

uint64_t reorder_next(const Reorder *reorder)
{
    return reorder->next;
}

size_t reorder_held(const Reorder *reorder)
{
    return HASH_COUNT(reorder->held);
}

size_t reorder_held_bytes(const Reorder *reorder)
{
    return reorder->held_bytes;
}
