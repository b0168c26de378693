/*
 * plan - the job under the snapshot: which tables there are, how they are cut into chunks, and the
 * empty tables at the destination.
 *
 * pg_get_*() and the sizes of files show the present, not the snapshot. So the catalog is read
 * twice, under the snapshot and, with all tables locked against changes, as it is now: a table that
 * differs, or was rewritten in between, would be copied empty or doubled. Then this is TRANSIENT:
 * it wants a newer snapshot.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/job.h"

typedef struct PlanRequest {
    const char *snapshot_name; /* "": no rows will be copied */
    const uint32_t *only;      /* oids of tables that start again; NULL: all */
    size_t only_count;
} PlanRequest;

typedef struct PlanOutcome {
    Walferry__Model__Model *model; /* in the arena; NULL: a newer snapshot is wanted, and why */
    Error newer_snapshot;
} PlanOutcome;

NODISCARD bool plan_task(const TaskFile *task, const PlanRequest *request, JobHost *host,
                         Arena *arena, PlanOutcome *out, Error *err);
