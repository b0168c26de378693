/*
 * release - takes away what walferry has put at both ends; the user's tables and rows stay.
 *
 * At the source: slot (our own walsender is ended first), publication, replica identities that we
 * changed, the task's heartbeat row, and the schema walferry when no other task uses it. At the
 * destination: the task's rows in schema walferry, and the schema when it is empty. Every step
 * stands alone and may be repeated. What cannot be taken away, a side that cannot be reached
 * included, is handed over as SQL, with a comment that says where to run it.
 */
#pragma once

#include "common/error.h"
#include "common/task_file.h"
#include "schema/job.h"

typedef void ReleaseLeftover(void *self, const char *sql);

/* host may be NULL. False only for our own trouble or when the host gives up. */
NODISCARD bool release_task(const TaskFile *task, JobHost *host, ReleaseLeftover *leftover,
                            void *self, Error *err);
