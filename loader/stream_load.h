/*
 * stream_load - one HTTP load of Stream Load: where to, the request, what came of it.
 *
 * Two hops, so that no body is ever at risk at the first: an FE is asked by an empty PUT and names
 * a BE; the body goes there, unless the grant has run out meanwhile. The body is made while it is
 * sent, and made again when it must be. Nothing blocks.
 *
 * Strict mode and no filtered row, always: else a value that does not fit would become NULL or be
 * cut without a word.
 */
#pragma once

#include "common/selectdb.h"
#include "loader/load.h"
#include "loader/load_life.h"

typedef struct StreamLoad StreamLoad;

typedef struct StreamLoadRequest {
    const Walferry__Model__SelectdbTable *table;
    const char *label;
    const LoadPart *part; /* its columns, and whether it is a partial update */
    uint64_t first_row, rows;
    const char *timezone;
    LoadBody *body;
    int64_t good_until_ms; /* the grant */
} StreamLoadRequest;

typedef struct StreamLoadEnd {
    LifeEvent event; /* LOADED, UNSENT, DOUBTFUL, HOPELESS */
    LifeSaid said;
    bool visible;     /* LOADED: it can be read already */
    bool miscounted;  /* HOPELESS: it says it took other rows than these; err says it */
    uint64_t bytes;   /* of the body that were sent */
    Error err;        /* unless LOADED: why */
    char reason[512]; /* of the first refused row, without values; "": not said */
    char *error_url;  /* where it is said; NULL: nowhere */
} StreamLoadEnd;

/* Borrows request's parts until it is freed. */
StreamLoad *stream_load_start(Selectdb *selectdb, const StreamLoadRequest *request);
void stream_load_free(StreamLoad **load);

/* To be called after each selectdb_step(). True once it has ended. */
bool stream_load_step(StreamLoad *load);
const StreamLoadEnd *stream_load_end(const StreamLoad *load);
