/*
 * replay_window - batches that were made and are not durable yet, in sequence order.
 *
 * A batch is in memory, in the spool file, or dropped. The window says which one should move to the
 * file next (window_excess); its owner moves it and says where to. Until a loader has taken a batch
 * the window never drops it. What was taken is needed only when a loader dies: it goes to the file
 * first, and the parts of an unfinished transaction are dropped once the window is half full, since
 * they cannot become durable before the transaction's end and would block a transaction larger than
 * the window for ever. A loader that dies then finds its place gone.
 *
 * Bytes are those of both frames and an allowance for the entry itself, so that very many small
 * batches are bounded too. Pure.
 */
#pragma once

#include "common/frame.h"
#include "common/position.h"
#include <stdint.h>

typedef struct ReplayWindow ReplayWindow;

/* Where a spool file keeps a batch: window_spool.h fills and reads it. */
typedef struct SpoolPlace {
    uint64_t offset;
    uint64_t body_bytes;
    uint32_t segment;
    uint32_t header_bytes;
    uint32_t checksum;
} SpoolPlace;

typedef enum EntryState { ENTRY_DROPPED = 0, ENTRY_IN_MEMORY, ENTRY_IN_SPOOL } EntryState;

typedef struct WindowEntry {
    uint64_t sequence;
    EntryState state;
    bool open;     /* it ends in the middle of a transaction */
    Position last; /* of its last change */
    Frame *header; /* in memory */
    Frame *body;
    SpoolPlace place; /* in the spool */
    size_t bytes;
    uint64_t before; /* bytes of all that were added before it */
} WindowEntry;

typedef struct WindowTotals {
    size_t memory_bytes;
    size_t spool_bytes;
    uint64_t batches;
} WindowTotals;

enum { WINDOW_ENTRY_ALLOWANCE = 256 };

void window_open(ReplayWindow **out, size_t memory_limit, size_t window_limit);
void window_close(ReplayWindow **window);

/* Takes both frames. Sequences start from 1 and have no holes. */
void window_add(ReplayWindow *window, uint64_t sequence, Frame **header, Frame **body,
                Position last, bool open);

/* NULL: not there (any more, or yet). */
const WindowEntry *window_at(const ReplayWindow *window, uint64_t sequence);
uint64_t window_first(const ReplayWindow *window); /* the oldest, or the next one if empty */
uint64_t window_next(const ReplayWindow *window);  /* the sequence of the next one added */

/* The batch that should leave memory now, or NULL. Until it was spooled the answer is the same. */
const WindowEntry *window_excess(ReplayWindow *window);
void window_spooled(ReplayWindow *window, uint64_t sequence, SpoolPlace place);

/* All below `next` are taken by every lane. It may go back, when a loader attached. */
void window_taken(ReplayWindow *window, uint64_t next);

/*
 * Lets go of one batch that is not needed: durable up to `durable`, or a part that may be dropped.
 * True if there was one; *out is what it was, for its place in the spool; frames are given back.
 */
bool window_let_go(ReplayWindow *window, uint64_t durable, WindowEntry *out);

/*
 * Where a loader that is durable up to this position goes on: the first batch that ends behind it.
 * False: the window does not hold all from there on.
 */
bool window_find(const ReplayWindow *window, Position durable, uint64_t *sequence);

/* As much as was allowed, or more. */
bool window_full(const ReplayWindow *window);
bool window_over_memory(const ReplayWindow *window);
/* Of this batch and all behind it. */
size_t window_bytes_from(const ReplayWindow *window, uint64_t sequence);
WindowTotals window_totals(const ReplayWindow *window);
