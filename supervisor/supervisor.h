/*
 * supervisor - tasks, the control socket, signals, and the one loop that serves them.
 *
 * It never waits for a database or a stage: one that hangs must not make the others look hung. It
 * is crash-only like its stages: what must survive is in the store.
 */
#pragma once

#include "supervisor/supervisor_options.h"

/* The exit status: 0, or 1 when a task (or the supervisor itself) has failed. */
int supervisor_run(const SupervisorOptions *options);
