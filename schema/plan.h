/*
 * plan - the job under the snapshot: which tables there are, how they are cut into chunks, and the
 * empty tables at the destination.
 *
 * pg_get_*() and the sizes of files show the present, not the snapshot. So the tables are read
 * under the snapshot, as they are now, and once more when all else was read: one that differs, or
 * was rewritten in between, would be copied empty or doubled. Then this is TRANSIENT: it wants a
 * newer snapshot. No table is locked.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/job.h"

typedef struct PlanRequest {
    const char *snapshot_name; /* "": no rows will be copied */
    const uint32_t *only;      /* oids of tables that start again; NULL: all */
    size_t only_count;
    const char *task_uuid;
} PlanRequest;

typedef struct PlanOutcome {
    Walferry__Model__Model *model; /* in the arena; NULL: a newer snapshot is wanted, and why */
    Error newer_snapshot;
} PlanOutcome;

NODISCARD bool plan_task(const TaskFile *task, const PlanRequest *request, JobHost *host,
                         Arena *arena, PlanOutcome *out, Error *err);
