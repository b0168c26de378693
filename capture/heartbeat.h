/*
 * heartbeat - the row that we change at the source now and then, to see it come by in the stream.
 *
 * Number n is written again and again until it was seen in the stream, then n + 1: so the numbers
 * in a stream without gaps repeat or go up by one. Each also lets the slot go forward on a source
 * where nobody else writes. Here is which number is due when; assembly looks at what comes by.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Heartbeat {
    int64_t every_ms;
    uint64_t number;       /* the one that is being written */
    int64_t next_ms;       /* it is due again */
    int64_t first_sent_ms; /* when this number was written first; -1: not yet */
    int64_t latency_ms;    /* of the last one seen; -1: none yet */
} Heartbeat;

/* From 1 on: the first answer says what stands in the row. */
void heartbeat_start(Heartbeat *heartbeat, int64_t every_ms, int64_t now_ms);

/* Is it to be written now? */
bool heartbeat_due(const Heartbeat *heartbeat, int64_t now_ms);
void heartbeat_sent(Heartbeat *heartbeat, int64_t now_ms);

/* What the row holds after that: a higher number is that of a predecessor, or of one thought dead.
 */
void heartbeat_written(Heartbeat *heartbeat, uint64_t number);

/* The newest number in the stream. */
void heartbeat_seen(Heartbeat *heartbeat, uint64_t number, int64_t now_ms);
