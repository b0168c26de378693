#include "loader/lane_window.h"

#include "common/mem.h"

#include <stdlib.h>

enum { SPARE_MAX = 16 };

static void free_batch(LaneBatch *batch)
{
    if (!batch)
        return;
    arena_done(&batch->arena);
    free(batch);
}

static void keep_spare(LaneWindow *window, LaneBatch *batch)
{
    if (window->spare_count == SPARE_MAX) {
        free_batch(batch);
        return;
    }
    arena_reset(&batch->arena);
    batch->next = window->spare;
    window->spare = batch;
    window->spare_count++;
}

static LaneBatch *pop(LaneWindow *window)
{
    LaneBatch *batch = window->first;

    window->first = batch->next;
    if (!window->first)
        window->end = &window->first;
    batch->in_window = false;
    return batch;
}

void lane_window_start(LaneWindow *window, LaneProgress taken_over)
{
    while (window->first) {
        LaneBatch *batch = pop(window);
        if (batch->holders == 0)
            keep_spare(window, batch);
    }
    window->end = &window->first;
    window->durable = (SinkDurable){.progress = taken_over};
    window->reached = window->durable;
}

void lane_window_resume(LaneWindow *window, uint64_t next)
{
    if (window->reached.sequence < next - 1)
        window->reached.sequence = next - 1;
    if (window->durable.sequence < next - 1)
        window->durable.sequence = next - 1;
}

void lane_window_done(LaneWindow *window)
{
    while (window->first)
        free_batch(pop(window));
    while (window->spare) {
        LaneBatch *batch = window->spare;
        window->spare = batch->next;
        free_batch(batch);
    }
    free_batch(window->next);
    *window = (LaneWindow){0};
}

Arena *lane_window_arena(LaneWindow *window)
{
    if (!window->next && window->spare) {
        window->next = window->spare;
        window->spare = window->next->next;
        window->spare_count--;
    }
    if (!window->next)
        window->next = MEM_NEW(LaneBatch);
    return &window->next->arena;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Never back: what lies below the position taken over comes again and means nothing. */
static void reach(LaneProgress *reached, const Transaction *part)
{
    Position end = {part->commit_lsn, part->last_ordinal};

    if (position_compare(end, reached->position) < 0)
        return;
    reached->position = end;
    if (!part->ends)
        return;
    reached->resume_lsn = greater(reached->resume_lsn, part->end_lsn);
    reached->next_record_id =
        greater(reached->next_record_id, part->first_record_id + part->last_ordinal);
    reached->commit_time_us = part->commit_time_us;
}

LaneBatch *lane_window_take(LaneWindow *window, const Batch *made)
{
    const BatchHeader *header = &made->header;
    LaneBatch *batch = window->next;

    window->next = NULL;
    for (uint32_t i = 0; i < header->transaction_count; i++)
        reach(&window->reached.progress, &header->transactions[i]);
    window->reached.sequence = header->sequence;
    batch->next = NULL;
    batch->batch = made;
    batch->end = window->reached;
    batch->bytes = batch->arena.bytes;
    batch->holders = 1;
    batch->in_window = true;
    window->bytes += batch->bytes;
    *window->end = batch;
    window->end = &batch->next;
    return batch;
}

void lane_batch_hold(LaneBatch *batch)
{
    batch->holders++;
}

/* Its memory is of no use any more, though it may have to wait for others before it. */
static void let_go(LaneWindow *window, LaneBatch *batch)
{
    window->bytes -= batch->bytes;
    batch->bytes = 0;
    arena_reset(&batch->arena);
    if (!batch->in_window)
        keep_spare(window, batch);
}

void lane_window_release(LaneWindow *window, LaneBatch *batch)
{
    if (--batch->holders > 0)
        return;
    let_go(window, batch);
    while (window->first && window->first->holders == 0) {
        window->durable = window->first->end;
        keep_spare(window, pop(window));
    }
}
