/*
 * group - which batches of a lane become one transaction of the destination, and what of them.
 *
 * When to do what: changes are gathered until a piece is large enough to apply, pieces are applied
 * into one open transaction, which is committed when it is large or old or nothing waits, but only
 * where a transaction of the source ends. Inside a huge one
 * its pieces are applied into the transaction that stays open. With several lanes a barrier
 * (TRUNCATE) splits a transaction of the source: there a flush commits inside of it.
 *
 * A commit need not be durable at once (synchronous_commit=off): it becomes so with the next one
 * that is, at the latest DURABLE_MS later, or when nothing has come for IDLE_MS. No I/O; time comes
 * as an argument, in milliseconds.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"
#include "loader/lane_progress.h"

/* Limits of a group, and of a piece that is applied at once. */
enum {
    GROUP_CHANGES = 100 * 1000,
    GROUP_BYTES = 32 * 1024 * 1024,
    GROUP_TABLES = 256, /* each with its indexes holds locks to the end of the transaction */
    GROUP_AGE_MS = 250,
    PIECE_CHANGES = 100 * 1000,
    PIECE_BYTES = 24 * 1024 * 1024,
    PIECE_INSERT_BYTES = 4 * 1024 * 1024, /* of INSERTs only: folding more of them gains nothing */
    DURABLE_MS = 200,
    IDLE_MS = 20,
    EMPTY_MS = 1000, /* a position that only moves, without changes, is written as rarely */
};

typedef struct Group {
    LaneProgress taken_over;
    bool may_split; /* of several lanes: a flush commits inside a transaction of the source too */

    LaneProgress reached;   /* by what was admitted, at the last end of a transaction */
    LaneProgress committed; /* written at the destination */
    LaneProgress durable;   /* and there to stay */
    bool inside;            /* a transaction of the source is not complete */
    bool flush;             /* asked for: durable as soon as may be */

    uint64_t piece_changes; /* gathered, not applied */
    size_t piece_bytes;
    size_t piece_tables;
    bool piece_only_inserts;
    uint64_t changes; /* applied into the open transaction */
    size_t bytes;
    size_t tables; /* at most: one of several pieces counts for each */
    bool open;     /* it holds changes, applied or gathered */
    int64_t opened_ms;

    uint64_t sequence;         /* the last one admitted */
    uint64_t durable_sequence; /* the last one that left nothing that is not durable */
    bool undurable;            /* commits that are not known to be durable */
    int64_t undurable_since_ms, last_commit_ms;
} Group;

typedef enum GroupStep {
    GROUP_GATHER, /* take the next batch, or wait for it */
    GROUP_APPLY,  /* what is gathered, into the open transaction */
    GROUP_COMMIT, /* apply what is gathered, write the position, commit */
} GroupStep;

/* After a takeover. */
void group_start(Group *group, LaneProgress taken_over, bool may_split);

/* The first batch to come is `next`: what is before it ends at or below the position taken over. */
void group_resume(Group *group, uint64_t next);

/* A batch has come, and what of it is new is gathered next. */
void group_admit(Group *group, const BatchHeader *header);

/*
 * The changes of a batch that were gathered, before the next group_step(). tables: of the whole
 * piece so far.
 */
void group_gathered(Group *group, uint64_t changes, size_t bytes, size_t tables, bool only_inserts,
                    int64_t now_ms);

/* waiting: the next batch is there already. */
GroupStep group_step(const Group *group, bool waiting, int64_t now_ms);

/* The commit that is due must be durable when it returns. */
bool group_must_be_durable(const Group *group, int64_t now_ms);

void group_applied(Group *group);
void group_committed(Group *group, bool durable, int64_t now_ms);

/* Until group_step() may answer differently without a new batch; -1: never. */
int group_timeout_ms(const Group *group, int64_t now_ms);
