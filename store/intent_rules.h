/*
 * intent_rules - may this be written about a cut and its loads?
 *
 * What a loader asks for (IntentWrite) is held against what the store knows of its lane and table.
 * It is the last place where a zombie, a second load of the same rows and a label with other rows
 * are kept from the destination. No I/O.
 */
#pragma once

#include "common/position.h"
#include "control.pb-c.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct StoreIntent {
    uint32_t lane;
    Walferry__Control__Intent intent;
} StoreIntent;

typedef struct IntentFacts {
    uint32_t lane;
    uint64_t generation;      /* of the lane, now */
    bool duplicate;           /* the table: its rows are not told apart by key */
    const StoreIntent *known; /* of the table, of all lanes */
    size_t known_count;
    Position reached;  /* the lane's or the table's position, whichever is further */
    bool chunk_exists; /* copy */
    bool chunk_done;
} IntentFacts;

typedef enum IntentRuling {
    INTENT_ALLOWED,
    INTENT_LATER,      /* another cut of the table is not finished */
    INTENT_CHUNK_DONE, /* the chunk was finished before */
    INTENT_NEVER,
} IntentRuling;

enum { INTENT_REASON_MAX = 320 };

/* reason is filled for INTENT_NEVER. */
IntentRuling intent_rules_judge(const IntentFacts *facts,
                                const Walferry__Control__IntentWrite *write,
                                char reason[INTENT_REASON_MAX]);

/* The two are loads of one cut. */
bool intent_same_cut(const Walferry__Control__Intent *a, const Walferry__Control__Intent *b);
