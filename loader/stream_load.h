/*
 * stream_load - one HTTP load of Stream Load: where to, the request, what came of it.
 *
 * Two hops, so that no body is ever at risk at the first: an FE is asked by an empty PUT and names
 * a BE (307); the body goes there. Between the two the caller looks whether its grant is still
 * good. The body is made while it is sent, and made again when it must be sent again. Nothing
 * blocks.
 *
 * What comes of it is told apart only as far as bytes say it: whether the data is at the
 * destination is load.c's question.
 */
#pragma once

#include "common/error.h"
#include "loader/load.h"

typedef struct StreamLoad StreamLoad;

typedef struct StreamLoadRequest {
    const Walferry__Model__SelectdbTable *table;
    const char *label;
    const char *columns;
    bool partial;
    const char *timezone;
    LoadBody *body;
    uint64_t first_row, rows;
} StreamLoadRequest;
