/*
 * watch - what capture does on its normal connection while the stream runs: writes heartbeats, and
 * looks every few seconds whether the publication and the partitions are still those of the model.
 *
 * A statement at a time, none waited for: a lock on our row must not stall the stream. A changed or
 * dropped publication is a fault of CONFIG: PostgreSQL 18 only warns of a missing one, and leaves
 * out rows in silence. So is a changed partition: partitions.h.
 */
#pragma once

#include "capture/heartbeat.h"
#include "capture/partitions.h"
#include "common/channel.h"
#include "common/pg.h"

typedef struct Watch Watch;

typedef struct WatchPlan {
    Pg *session; /* borrowed, as is task */
    const char *task;
    int64_t heartbeat_ms;
    const Walferry__Model__Model *model;
} WatchPlan;

/* Compares partitions and publication once, and blocks for that. Borrows the model. */
NODISCARD bool watch_open(Watch **out, const WatchPlan *plan, int64_t now_ms, Error *err);
void watch_close(Watch **watch);

/* Sends what is due, reads what has come. */
NODISCARD bool watch_work(Watch *watch, int64_t now_ms, Error *err);
WaitItem watch_wait_item(const Watch *watch);
int watch_timeout_ms(const Watch *watch, int64_t now_ms);

Heartbeat *watch_heartbeat(Watch *watch);
