/*
 * task_settings - what of a task file cannot change while the task lives, as text for the store.
 *
 * A line "key=value" each. What says where the servers are is not among it: a fail-over moves them,
 * and whether they are the right ones is asked of the servers (system identifier, task uuid), not
 * of the file. Nothing secret is ever part of it.
 */
#pragma once

#include "common/task_file.h"

/* Into the arena. */
const char *task_settings_text(const TaskFile *task, Arena *arena);

/* CONFIG, naming the first key that differs. */
NODISCARD bool task_settings_check(const char *known, const char *now, const char *task_name,
                                   Error *err);
