/*
 * snapshot_holder - the source transaction whose snapshot all copies of a task share.
 *
 * The supervisor holds it, so that it outlives every copy process. It is usable when the source has
 * flushed what it sees: a commit that the snapshot saw could otherwise be lost in a crash of the
 * source, and would then be in the copy but never in the stream. Nothing here waits: step it.
 */
#pragma once

#include "common/lsn.h"
#include "model.pb-c.h"
#include "supervisor/source_link.h"

typedef struct SnapshotHolder SnapshotHolder;

typedef enum HolderEvent {
    HOLDER_NOTHING,
    HOLDER_READY, /* once: the snapshot may be used */
    HOLDER_LOST,  /* *err says why; close it */
} HolderEvent;

NODISCARD bool snapshot_holder_open(SnapshotHolder **out, const PgTarget *target, const char *task,
                                    int64_t now_ms, Error *err);
void snapshot_holder_close(SnapshotHolder **holder);

HolderEvent snapshot_holder_step(SnapshotHolder *holder, int64_t now_ms, Error *err);
WaitItem snapshot_holder_wait(const SnapshotHolder *holder);

/* Of a holder that was READY. */
const char *snapshot_holder_name(const SnapshotHolder *holder);
const Walferry__Model__Snapshot *snapshot_holder_snapshot(const SnapshotHolder *holder);

/* "xmin:xmax:xip,xip" as pg_current_snapshot() prints it; xip becomes malloc'ed. */
NODISCARD bool snapshot_parse(const char *text, Walferry__Model__Snapshot *out);

/* Has the source flushed all before lsn? See the .c for why that is not just a comparison. */
bool snapshot_is_flushed(Lsn lsn, Lsn flushed);
