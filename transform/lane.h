/*
 * lane - which loader gets a change.
 *
 * A table keeps to one lane unless its relation says lane_by_key; then each row goes by the bytes
 * of its key. The map is part of the durable positions: what one lane has applied and another one
 * has not is told by lane, so the same change must find the same lane again after any restart.
 * LANE_MAP_VERSION names this function; whoever changes it must raise it, and a task with positions
 * under another version must not go on.
 *
 * Pure.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"

enum { LANE_MAP_VERSION = 1, LANES_MAX = 16 };

uint32_t lane_of_relation(const Relation *relation, uint32_t lanes);

/*
 * The lane of the row whose key columns stand in `tuple`; one that is unchanged there is taken
 * from `old`. False when it is not there either.
 */
NODISCARD bool lane_of_row(const Relation *relation, const Tuple *tuple, const Tuple *old,
                           uint32_t lanes, uint32_t *out);
