/*
 * admission - what of a batch is new, and that none is missing before it.
 *
 * What lies at or below the position taken over was applied by a predecessor and is dropped. Each
 * part of a transaction names the position before it, so that a hole in the stream is seen. No I/O.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"
#include "loader/lane_progress.h"

typedef struct Admission {
    LaneProgress taken_over;
    Lsn granted; /* the supervisor's store: the stream may start here at most */
    Position seen;
    bool in_sequence; /* `seen` is known */
} Admission;

/* After a takeover. granted: the supervisor's resume_lsn, 0 if not known. */
void admission_start(Admission *admission, LaneProgress taken_over, Lsn granted);

/*
 * What of a batch is new: its changes from *first on. Checks that it follows what was seen. Errors:
 * DATA, "hole in the stream".
 */
NODISCARD bool admission_check(Admission *admission, const Batch *batch, uint32_t *first,
                               Error *err);
