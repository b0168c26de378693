/*
 * assembly - the stream's messages into batches: whole transactions in commit order, or parts of
 * large ones.
 *
 * Joins decoder, relation cache, spool and batcher. Streamed blocks go to the spool undecoded; at a
 * Stream Commit the transaction is read back from there, a message a call (assembly_busy). Gates
 * and heartbeats are taken out here, drift is found here.
 *
 * The caller gives it one message after the other, takes batches when they are due, and stops when
 * it is told of a barrier: with several lanes a TRUNCATE waits until all before it is durable, and
 * all behind it waits for the TRUNCATE. It does no I/O but the spool's, and no waiting.
 */
#pragma once

#include "capture/batcher.h"
#include "capture/relation_cache.h"
#include "capture/transaction_spool.h"
#include "common/error.h"

typedef struct Assembly Assembly;

typedef struct AssemblyPlan {
    const Walferry__Model__Model *model; /* borrowed */
    Walferry__Model__TableGate *const *gates;
    size_t gate_count;
    const char *task;      /* whose heartbeats are ours; borrowed */
    bool barriers;         /* TRUNCATE is one: more than one lane */
    const char *spool_dir; /* is there, and this process's own */
    BatcherLimits limits;
} AssemblyPlan;

/* What an open barrier waits for before assembly_pass() may be called. */
typedef enum AssemblyBarrier {
    BARRIER_NONE = 0,
    BARRIER_BEFORE, /* everything so far durable */
    BARRIER_AFTER,  /* the TRUNCATE durable */
} AssemblyBarrier;

void assembly_open(Assembly **out, const AssemblyPlan *plan);
void assembly_close(Assembly **assembly);

/* A new epoch: forgets everything of the stream so far. */
void assembly_start(Assembly *assembly, Lsn stream_start, uint64_t next_record_id);

/* One message of the stream; not while it is busy or stands before a barrier. */
NODISCARD bool assembly_message(Assembly *assembly, Str message, Error *err);

/* A streamed transaction is being read back: call assembly_step() until it is not. */
bool assembly_busy(const Assembly *assembly);
NODISCARD bool assembly_step(Assembly *assembly, Error *err);

AssemblyBarrier assembly_barrier(const Assembly *assembly);
NODISCARD bool assembly_pass(Assembly *assembly, Error *err);

/* To take batches from, and to ask what it asks. */
Batcher *assembly_batcher(Assembly *assembly);

/* End of the last finished transaction, delivered or not; 0: none in this epoch. */
Lsn assembly_finished_lsn(const Assembly *assembly);
/* Commit time of the last finished transaction, µs since 1970. */
int64_t assembly_commit_time_us(const Assembly *assembly);
/* Of no transaction's messages more is to come: no block or transaction is half received. */
bool assembly_between(const Assembly *assembly);

/* In a block of a streamed transaction: nothing is waited for before its end. */
bool assembly_in_block(const Assembly *assembly);

/* The number in the newest heartbeat of ours, 0: none came; a jump is a fault of DATA. */
uint64_t assembly_heartbeat(const Assembly *assembly);
uint64_t assembly_spool_bytes(const Assembly *assembly);
