/* lane_progress - how far a lane is at its destination: what walferry.progress says, and more. */
#pragma once

#include "common/position.h"

typedef struct LaneProgress {
    Position position;
    Lsn resume_lsn;          /* a stream resumed here misses nothing */
    uint64_t next_record_id; /* that goes with resume_lsn */
    int64_t commit_time_us;  /* of the last transaction, at the source; 0: none yet */
} LaneProgress;
