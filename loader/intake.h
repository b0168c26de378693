/*
 * intake - what transforms send to this lane: batches of changes put in order and queued until they
 * are applied, rows of table copies passed on to where chunks are loaded.
 *
 * A batch is taken, which gives credit back to capture, when it goes from the reordering to the
 * queue; the queue is bounded, so what is taken and not applied is. While the destination works the
 * intake goes on: nothing here waits or touches the destination's stream.
 *
 * A batch waits as the frames that it came in. Its header is decoded when it comes, to place it,
 * and again when its turn has come: structs take a multiple of the bytes.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"
#include "common/channel.h"
#include "loader/chunk_load.h"

typedef struct Intake Intake;

/* Listens. Borrows task; what is for another one is dropped. */
NODISCARD bool intake_open(Intake **out, const char *endpoint, const char *task, Error *err);
void intake_close(Intake **intake);

/* Forgets all batches; counts in this epoch from `next`. 0: not known before intake_resume(). */
void intake_start(Intake *intake, uint64_t epoch, uint64_t next);
void intake_resume(Intake *intake, uint64_t next);

/* Reads what is there, up to a limit, and queues. Errors: PROTOCOL. */
NODISCARD bool intake_receive(Intake *intake, ChunkLoads *chunks, Error *err);

/* There is a batch to be had. */
bool intake_has_batch(const Intake *intake);
/* Decodes it into the arena; *bytes is its size on the wire. */
NODISCARD bool intake_next(Intake *intake, Arena *arena, Batch *out, size_t *bytes, Error *err);

/* True once after something changed of which capture should hear. */
bool intake_has_news(Intake *intake);

WaitItem intake_wait_item(const Intake *intake);

typedef struct IntakeCounters {
    uint64_t epoch;
    uint64_t next_sequence; /* all before it are taken; 0: the first is not known */
    size_t held_batches, held_bytes;
    size_t queued_batches, queued_bytes;
    uint64_t duplicates_dropped;
} IntakeCounters;

IntakeCounters intake_counters(const Intake *intake);
