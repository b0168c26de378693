/*
 * prepare - the job before the snapshot: everything at both ends that copy and stream rest on.
 *
 * Each step is committed before the next, in this order: our objects at both ends, identities,
 * publication, slot. A publication made after the slot loses rows. Killed anywhere and run again it
 * ends in the same state.
 */
#pragma once

#include "common/lsn.h"
#include "schema/job.h"

typedef struct Prepared {
    char system_identifier[32];
    uint32_t timeline;
    Lsn slot_lsn; /* from where the slot streams */
} Prepared;

NODISCARD bool prepare_task(const TaskFile *task, const char *task_uuid, int64_t lanes,
                            JobHost *host, Prepared *out, Error *err);
