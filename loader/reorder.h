/*
 * reorder - the parts of one lane, back in the order in which capture numbered them.
 *
 * They come by way of several transforms and some come twice. What is ahead is held until the gap
 * closes; what bounds that is capture, which hands out nothing without credit. After a restart the
 * first number wanted may not be known yet; until reorder_resume() everything is held, up to a
 * limit: what is refused comes again. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Reorder Reorder;

typedef void ReorderDrop(void *item);

typedef enum ReorderVerdict {
    REORDER_HELD,
    REORDER_DUPLICATE, /* had it */
    REORDER_STRAY,     /* of another epoch, or more than may be held */
} ReorderVerdict;

enum { REORDER_UNPLACED_MAX_BYTES = 32 * 1024 * 1024 }; /* held before the resume is known */

/* drop frees an item that nobody takes any more. */
Reorder *reorder_open(ReorderDrop *drop);
void reorder_close(Reorder **reorder);

/* Forgets what is held and counts in this epoch from now on. next 0: not known yet. */
void reorder_start(Reorder *reorder, uint64_t epoch, uint64_t next);

/* The first number wanted, once it is known; ignored when it was known already. */
void reorder_resume(Reorder *reorder, uint64_t next);

/* Takes the item when it answers HELD, else the item stays the caller's. */
ReorderVerdict reorder_put(Reorder *reorder, uint64_t epoch, uint64_t sequence, size_t bytes,
                           void *item);

/* The size of the next one in order, or 0 and NULL if it is not there; then to take it off. */
void *reorder_front(const Reorder *reorder, size_t *bytes);
void *reorder_take(Reorder *reorder);

uint64_t reorder_epoch(const Reorder *reorder);
uint64_t reorder_next(const Reorder *reorder); /* 0: not known */
size_t reorder_held(const Reorder *reorder);
size_t reorder_held_bytes(const Reorder *reorder);
