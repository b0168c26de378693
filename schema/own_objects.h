/*
 * own_objects - the schema walferry at both ends: made by PREPARE, taken away by release, and the
 * proof of whose a slot is.
 *
 * The uuid of the task, which only the supervisor's store knows, stands in walferry.heartbeat at
 * the source before there is a slot, and in walferry.progress at the destination. A slot or
 * progress that is there under another uuid, or a slot under none, is that of a state directory
 * that was lost: it is refused.
 */
#pragma once

#include "schema/job.h"
#include "schema/slot.h"

typedef enum Owner { OWNER_NONE, OWNER_US, OWNER_OTHER } Owner;

typedef struct Found {
    Owner heartbeat; /* at the source */
    Owner progress;  /* at the destination */
    bool moved;      /* some lane's position is not 0/0 */
    SlotState slot;
} Found;

/* What is there under the task's name. destination NULL: it keeps nothing of ours. */
NODISCARD bool own_objects_find(Pg *source, Pg *destination, const TaskFile *task,
                                const char *task_uuid, Found *out, Error *err);

/* May the task be prepared? Pure. CONFIG with what is there and what to do if not. */
NODISCARD bool own_objects_judge(const Found *found, const char *task, Error *err);

NODISCARD bool own_objects_make_source(Pg *pg, const TaskFile *task, const char *task_uuid,
                                       Error *err);
NODISCARD bool own_objects_make_destination(Pg *pg, const TaskFile *task, const char *task_uuid,
                                            int64_t lanes, Error *err);

/* The task's rows; tables and schema too when nothing else is in them. */
NODISCARD bool own_objects_drop_source(Pg *pg, const TaskFile *task, Error *err);
NODISCARD bool own_objects_drop_destination(Pg *pg, const TaskFile *task, Error *err);

/* *exists: "walferry.progress" or another of ours is there. */
NODISCARD bool own_objects_exist(Pg *pg, const char *table, bool *exists, Error *err);
