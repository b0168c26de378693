/*
 * split - the changes of a batch, parted by the lane of the loader that they go to.
 *
 * Each part keeps the batch's order. An UPDATE that takes a row to another lane becomes a DELETE in
 * the old one and an INSERT in the new one, both at the UPDATE's position. A TRUNCATE goes to lane
 * 0; capture makes it a barrier, so nothing of its tables is under way in another lane.
 *
 * Pure.
 */
#pragma once

#include "common/arena.h"
#include "common/bytes.h"
#include "common/change.h"
#include "common/error.h"

typedef struct SplitPart {
    Bytes body; /* packed changes; the caller's to free */
    uint32_t change_count;
} SplitPart;

/*
 * Adds the batch's changes to parts[lanes]. DATA when a row moves to another lane and cannot be
 * inserted there because a value is unchanged and not known.
 */
NODISCARD bool split_changes(const Batch *batch, uint32_t lanes, Arena *arena, SplitPart *parts,
                             Error *err);
