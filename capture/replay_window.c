#include "capture/replay_window.h"

#include "common/mem.h"

#include <assert.h>
#include <stdlib.h>

struct ReplayWindow {
    size_t memory_limit;
    size_t window_limit;
    WindowEntry *ring;
    size_t capacity; /* a power of two */
    uint64_t first;  /* sequence of the oldest entry */
    uint64_t next;   /* behind the newest */
    uint64_t taken;  /* all below are taken */
    uint64_t spill;  /* no entry below is both taken and in memory */
    uint64_t open;   /* the first one with a part of the transaction that has not ended; 0: none */
    uint64_t drop;   /* no entry below can be dropped any more */
    uint64_t last_dropped;
    Position floor; /* the last position that was let go as durable */
    size_t memory_bytes;
    size_t spool_bytes;
    uint64_t added_bytes; /* ever */
};

void window_open(ReplayWindow **out, size_t memory_limit, size_t window_limit)
{
    ReplayWindow *window = MEM_NEW(ReplayWindow);

    window->memory_limit = memory_limit;
    window->window_limit = window_limit;
    window->first = window->next = window->taken = window->spill = window->drop = 1;
    *out = window;
}

static WindowEntry *slot(const ReplayWindow *window, uint64_t sequence)
{
    return &window->ring[sequence & (window->capacity - 1)];
}

static void let_frames_go(WindowEntry *entry)
{
    frame_unref(&entry->header);
    frame_unref(&entry->body);
}

void window_close(ReplayWindow **window)
{
    if (!*window)
        return;
    for (uint64_t at = (*window)->first; at < (*window)->next; at++)
        let_frames_go(slot(*window, at));
    free((*window)->ring);
    free(*window);
    *window = NULL;
}

static void grow(ReplayWindow *window)
{
    ReplayWindow old = *window;

    window->capacity = old.capacity ? old.capacity * 2 : 64;
    window->ring = mem_resize(NULL, window->capacity, sizeof *window->ring);
    for (uint64_t at = old.first; at < old.next; at++)
        *slot(window, at) = *slot(&old, at);
    free(old.ring);
}

/* Of an ended transaction no part is dropped: it can become durable. */
static void note_open(ReplayWindow *window, const WindowEntry *newest)
{
    const WindowEntry *before = window_at(window, newest->sequence - 1);

    if (!newest->open)
        window->open = 0;
    else if (!window->open || !before || before->last.commit_lsn != newest->last.commit_lsn)
        window->open = newest->sequence;
}

void window_add(ReplayWindow *window, uint64_t sequence, Frame **header, Frame **body,
                Position last, bool open)
{
    assert(sequence == window->next);
    if (window->next - window->first == window->capacity)
        grow(window);

    size_t bytes = (*header)->len + (*body)->len + WINDOW_ENTRY_ALLOWANCE;
    *slot(window, sequence) = (WindowEntry){.sequence = sequence,
                                            .state = ENTRY_IN_MEMORY,
                                            .open = open,
                                            .last = last,
                                            .header = *header,
                                            .body = *body,
                                            .bytes = bytes,
                                            .before = window->added_bytes};
    window->memory_bytes += bytes;
    window->added_bytes += bytes;
    note_open(window, slot(window, sequence));
    window->next++;
    *header = *body = NULL;
}

const WindowEntry *window_at(const ReplayWindow *window, uint64_t sequence)
{
    if (sequence < window->first || sequence >= window->next)
        return NULL;
    return slot(window, sequence);
}

uint64_t window_first(const ReplayWindow *window)
{
    return window->first;
}

uint64_t window_next(const ReplayWindow *window)
{
    return window->next;
}

/*
 * First the oldest that was taken, for it is needed only when a loader dies. Else the newest, which
 * is sent last; but not when it stands alone, since it would be read back at once.
 */
const WindowEntry *window_excess(ReplayWindow *window)
{
    if (!window_over_memory(window))
        return NULL;
    if (window->spill < window->first)
        window->spill = window->first;
    while (window->spill < window->taken && slot(window, window->spill)->state != ENTRY_IN_MEMORY)
        window->spill++;
    if (window->spill < window->taken)
        return slot(window, window->spill);

    const WindowEntry *newest = window_at(window, window->next - 1);
    if (!newest || newest->state != ENTRY_IN_MEMORY || newest->bytes == window->memory_bytes)
        return NULL;
    return newest;
}

void window_spooled(ReplayWindow *window, uint64_t sequence, SpoolPlace place)
{
    WindowEntry *entry = slot(window, sequence);

    let_frames_go(entry);
    entry->state = ENTRY_IN_SPOOL;
    entry->place = place;
    window->memory_bytes -= entry->bytes;
    window->spool_bytes += entry->bytes;
}

void window_taken(ReplayWindow *window, uint64_t next)
{
    window->taken = next < window->next ? next : window->next;
    if (window->spill > window->taken)
        window->spill = window->taken;
    if (window->drop > window->taken)
        window->drop = window->taken;
}

/* A dropped entry counts for nothing: there is one for a megabyte of a transaction. */
static void take_off_account(ReplayWindow *window, const WindowEntry *entry)
{
    if (entry->state == ENTRY_IN_MEMORY)
        window->memory_bytes -= entry->bytes;
    else if (entry->state == ENTRY_IN_SPOOL)
        window->spool_bytes -= entry->bytes;
}

static size_t total_bytes(const ReplayWindow *window)
{
    return window->memory_bytes + window->spool_bytes;
}

static bool let_oldest_go(ReplayWindow *window, WindowEntry *out)
{
    WindowEntry *entry = slot(window, window->first);

    take_off_account(window, entry);
    let_frames_go(entry);
    window->floor = entry->last;
    window->first++;
    *out = *entry;
    return true;
}

static bool drop_part(ReplayWindow *window, WindowEntry *out)
{
    if (!window->open || total_bytes(window) <= window->window_limit / 2)
        return false;
    if (window->drop < window->open)
        window->drop = window->open;
    if (window->drop < window->first)
        window->drop = window->first;
    for (; window->drop < window->taken; window->drop++) {
        WindowEntry *entry = slot(window, window->drop);

        if (entry->state == ENTRY_DROPPED)
            continue;
        take_off_account(window, entry);
        let_frames_go(entry);
        *out = *entry;
        entry->state = ENTRY_DROPPED;
        window->last_dropped = entry->sequence;
        return true;
    }
    return false;
}

bool window_let_go(ReplayWindow *window, uint64_t durable, WindowEntry *out)
{
    if (window->first <= durable && window->first < window->next)
        return let_oldest_go(window, out);
    return drop_part(window, out);
}

/* The first sequence whose batch ends behind the position; next if there is none. */
static uint64_t first_behind(const ReplayWindow *window, Position position)
{
    uint64_t low = window->first, high = window->next;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (position_compare(slot(window, middle)->last, position) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static Position position_before(const ReplayWindow *window, uint64_t sequence)
{
    return sequence > window->first ? slot(window, sequence - 1)->last : window->floor;
}

bool window_find(const ReplayWindow *window, Position durable, uint64_t *sequence)
{
    uint64_t found = first_behind(window, durable);

    if (position_compare(durable, window->floor) < 0)
        return false;
    /* A commit that stands alone ends where its last part ended: nobody knows which one he has. */
    while (found > window->first && position_compare(slot(window, found - 1)->last, durable) == 0 &&
           position_compare(position_before(window, found - 1), durable) == 0)
        found--;
    if (found <= window->last_dropped)
        return false;
    *sequence = found;
    return true;
}

bool window_full(const ReplayWindow *window)
{
    return total_bytes(window) >= window->window_limit;
}

bool window_over_memory(const ReplayWindow *window)
{
    return window->memory_bytes > window->memory_limit;
}

size_t window_bytes_from(const ReplayWindow *window, uint64_t sequence)
{
    const WindowEntry *entry = window_at(window, sequence);

    return entry ? (size_t)(window->added_bytes - entry->before) : 0;
}

WindowTotals window_totals(const ReplayWindow *window)
{
    return (WindowTotals){.memory_bytes = window->memory_bytes,
                          .spool_bytes = window->spool_bytes,
                          .batches = window->next - window->first};
}
