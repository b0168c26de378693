/*
 * slot - the replication slot walferry_<task> at the source, as the schema jobs see it.
 */
#pragma once

#include "common/lsn.h"
#include "schema/job.h"

typedef struct SlotState {
    bool exists;
    bool ours;      /* of this database, for pgoutput */
    int active_pid; /* 0: nobody reads it */
    char database[64], plugin[64];
    Lsn confirmed;
} SlotState;

NODISCARD bool slot_read(Pg *pg, const char *slot, SlotState *out, Error *err);

/*
 * Makes it, which waits until every transaction that runs now has ended; the host is told for
 * which. With fail-over from 17 on.
 */
NODISCARD bool slot_create(Pg *pg, const TaskFile *task, const char *slot, JobHost *host,
                           Error *err);

/* Ends our own walsender first, if there is one. TRANSIENT while a stranger reads it. */
NODISCARD bool slot_drop(Pg *pg, const TaskFile *task, const char *slot, JobHost *host, Error *err);
