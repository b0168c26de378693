/*
 * task_state - how tasks are: from the supervisor, or from the store when none runs.
 *
 * A supervisor that does not answer in time (it starts, or is being replaced) is no reason to know
 * nothing: the store is read then, too, unless an endpoint was named.
 */
#pragma once

#include "cli/command.h"
#include "cli/json_value.h"

/* name NULL: all tasks. */
NODISCARD bool task_state_status(const Invocation *in, const char *name, JsonValue **out,
                                 Error *err);
NODISCARD bool task_state_tables(const Invocation *in, const char *name, JsonValue **out,
                                 Error *err);

/* Path of the task's file, as the store has it. */
NODISCARD bool task_state_file(const Invocation *in, const char *name, Arena *arena,
                               const char **out, Error *err);
