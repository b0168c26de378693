/*
 * retry - whether and when a place that failed is filled again.
 *
 * Failures form a series until there is progress. In a series pauses grow, and each kind has its
 * window: connection failures may go on for connection_ms, others for other_ms, from the first of
 * that kind without another kind in between; a series of mixed kinds ends with connection_ms, too.
 * A process that was killed without a word (kill -9, out of memory) is replaced at once; when that
 * becomes a habit it counts like any other failure. Pure: time comes in.
 */
#pragma once

#include "common/backoff.h"
#include "common/error.h"
#include <stdint.h>

enum {
    RETRY_FIRST_MS = 100,
    RETRY_MOST_MS = 10000,
    RETRY_HEALTHY_MS = 30000, /* so long without a failure counts as progress */
    RETRY_DEATHS_AT_ONCE = 3, /* replaced without a pause, per minute */
    RETRY_DEATHS_MAX = 10,    /* then they are failures */
};

typedef struct RetryLimits {
    int64_t connection_ms, other_ms;
} RetryLimits;

/* A zeroed one is ready for use. */
typedef struct Retry {
    bool failing;
    ErrorKind kind;        /* of the last failure of the series */
    int64_t since_ms;      /* when the series began */
    int64_t kind_since_ms; /* when its kind was first seen without another in between */
    Backoff backoff;
    int64_t deaths[RETRY_DEATHS_MAX + 1]; /* a ring of the last times */
    unsigned death_count;
} Retry;

typedef struct RetryVerdict {
    bool give_up;
    int pause_ms;
} RetryVerdict;

/* A failure that may pass (CONNECTION or TRANSIENT). */
RetryVerdict retry_failed(Retry *retry, ErrorKind kind, int64_t now_ms, const RetryLimits *limits);

/* The process was killed by a signal and said nothing. */
RetryVerdict retry_killed(Retry *retry, int64_t now_ms, const RetryLimits *limits);

/* There was progress: the series is over. */
void retry_progress(Retry *retry);
