/*
 * phases - a task's life as a table: which stages and which job each phase wants, what follows.
 *
 * Pure. A phase is stored when it is entered, together with the result of the one before, and every
 * phase can be begun again: that is all there is to a restart.
 *
 *     check  prepare  snapshot  plan  copy  index  stream  keys  live
 *
 * The snapshot lives in a connection. When that is lost while tables are copied, `restart` empties
 * the unfinished ones, and a new snapshot and plan follow for these only.
 */
#pragma once

#include "common/compiler.h"
#include "control.pb-c.h"
#include <stdbool.h>

typedef enum Phase {
    PHASE_CHECK,
    PHASE_PREPARE,  /* helper objects, identities, publication, slot; schema walferry there */
    PHASE_SNAPSHOT, /* take it, and wait until the source has flushed what it sees */
    PHASE_PLAN,     /* catalog, chunks, the destination's tables */
    PHASE_RESTART,  /* empty unfinished tables after their snapshot was lost */
    PHASE_COPY,
    PHASE_INDEX,
    PHASE_STREAM, /* until the stream has passed the newest snapshot */
    PHASE_KEYS,   /* foreign keys, while it streams on */
    PHASE_LIVE,   /* the destination is a state of the source */
    PHASE_COUNT,
} Phase;

typedef enum PhaseEvent {
    PHASE_DONE,
    PHASE_SNAPSHOT_LOST, /* the connection that held it, or the supervisor, has died */
    PHASE_EVENT_COUNT,
} PhaseEvent;

/* The phase after; the same one if the event does not matter to it. */
Phase phase_after(Phase phase, PhaseEvent event);

bool phase_wants(Phase phase, Walferry__Control__Role role);

/* The job that is this phase's work, or NONE. */
Walferry__Control__JobKind phase_job(Phase phase);

/* Its work begins only when every loader has taken over: whatever a dead one had begun is fenced.
 */
bool phase_waits_for_loaders(Phase phase);

bool phase_holds_snapshot(Phase phase);

const char *phase_name(Phase phase);
NODISCARD bool phase_of(const char *name, Phase *out);
