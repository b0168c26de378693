/*
 * batcher - changes into batches: numbers them, packs them, and says when a batch should close.
 *
 * Every change of a transaction is counted, also those that are not delivered, so that the same WAL
 * gives the same positions whatever the gates are. A transaction that holds nothing but heartbeats,
 * or nothing at all, leaves no trace: neither positions nor record ids go on. Changes are packed
 * straight into the body. Pure.
 */
#pragma once

#include "capture/relation_cache.h"
#include "common/change.h"
#include "common/frame.h"

typedef struct Batcher Batcher;

typedef struct BatcherLimits {
    size_t body_bytes;
    uint32_t changes;
    uint32_t relations; /* each is a table that the destination locks */
} BatcherLimits;

void batcher_open(Batcher **out, BatcherLimits limits);
void batcher_close(Batcher **batcher);

/* An epoch: the stream was resumed at stream_start; the next transaction's first change gets this
 * record id. */
void batcher_start(Batcher *batcher, Lsn stream_start, uint64_t next_record_id);

void batcher_begin(Batcher *batcher, uint32_t xid, Lsn commit_lsn, int64_t commit_time_us);

/* Borrow during the call only. Set ordinal, transaction and relation of the change themselves. */
void batcher_row(Batcher *batcher, const CachedRelation *relation, Change *change);
void batcher_truncate(Batcher *batcher, const CachedRelation *const *relations, uint32_t count,
                      bool restart_identity);

/* Counted, and not delivered: a gate has it. */
void batcher_gated(Batcher *batcher);
void batcher_heartbeat(Batcher *batcher);

void batcher_commit(Batcher *batcher, Lsn end_lsn);

/* Between begin and commit. */
bool batcher_in_transaction(const Batcher *batcher);
/* There is nothing to deliver. */
bool batcher_empty(const Batcher *batcher);
/* It should close before more_bytes are added. */
bool batcher_due(const Batcher *batcher, size_t more_bytes);

size_t batcher_bytes(const Batcher *batcher);

/* Of the next transaction. */
uint64_t batcher_next_record_id(const Batcher *batcher);
/* Where the last change that was counted stands. */
Position batcher_position(const Batcher *batcher);
/* Delivered, since it was opened. */
uint64_t batcher_changes(const Batcher *batcher);
uint64_t batcher_transactions(const Batcher *batcher);

/*
 * The batch so far; a new one begins. The header's arrays are valid until the next call; sequence
 * and epoch are the outbox's. The caller owns the body.
 */
void batcher_take(Batcher *batcher, bool flush, BatchHeader *header, Frame **body);
