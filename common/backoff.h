/* backoff - pauses that grow from first_ms, doubled each time, up to most_ms. */
#pragma once

typedef struct Backoff {
    int first_ms;
    int most_ms;
    int next_ms; /* 0: start again with first_ms */
} Backoff;

/* The pause to make now; the next one is longer. */
int backoff_grow(Backoff *backoff);
void backoff_reset(Backoff *backoff);
