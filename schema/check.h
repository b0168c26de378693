/*
 * check - the look before the start: does everything that a task needs hold at both ends?
 *
 * Items come in a fixed order with stable ids (docs/check.md lists them). An item says what was
 * found and, if that is not right, what to do: the statement itself where there is one. A
 * connection that cannot be had is an item that FAILs, and what depends on it is left out. A
 * warning that the task's check.ignore names is given as ok. Nothing is changed at either end.
 */
#pragma once

#include "common/error.h"
#include "common/task_file.h"
#include "schema/job.h"

typedef enum CheckLevel { CHECK_OK, CHECK_WARN, CHECK_FAIL } CheckLevel;

typedef struct CheckItem {
    CheckLevel level;
    const char *id;     /* source.wal_level */
    const char *object; /* what it is about: a table, a setting; may be empty */
    const char *what;   /* what was found */
    const char *to_do;  /* empty if nothing */
} CheckItem;

/* Its texts live until it returns. */
typedef void CheckSink(void *self, const CheckItem *item);

/* host may be NULL: then statements block. False only for our own trouble. */
NODISCARD bool check_task(const TaskFile *task, JobHost *host, CheckSink *sink, void *self,
                          Error *err);

/* "ok", "warn", "FAIL" */
const char *check_level_name(CheckLevel level);
