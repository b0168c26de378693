/*
 * position - how far the lanes are, and what therefore may be confirmed to the source.
 *
 * The least of the lanes counts. Reports come over different ways and in any order, some again and
 * again: nothing ever goes back. Pure: the caller stores first and confirms then.
 */
#pragma once

#include "store/store.h"

typedef struct Positions {
    StoreLane lanes[STAGES_MAX];
    uint32_t count;
} Positions;

/* What a loader says about its lane. True if something became higher. */
bool positions_report(Positions *positions, uint32_t lane, const StoreLane *report);

/*
 * Capture: all that was sent is durable in every lane, and the server has nothing for us before
 * idle->resume_lsn. Its next_record_id goes with that; 0: the highest that a lane has reported.
 * Its position is not looked at: that is what lanes say themselves.
 */
bool positions_idle(Positions *positions, const StoreLane *idle);

/* Each part is the least of its kind; for a task without lanes all is 0. */
StoreLane positions_least(const Positions *positions);
