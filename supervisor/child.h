/*
 * child - starts, signals and reaps stage processes. What to do when is child_state's business.
 *
 * A child is in a process group of its own, so that Ctrl-C reaches the supervisor only, which then
 * ends things in order; and it is killed by the kernel when the supervisor dies. Its standard error
 * goes to the task's log file.
 */
#pragma once

#include "common/error.h"
#include <sys/types.h>

typedef struct ChildSpec {
    const char *program; /* full path */
    const char *endpoint;
    const char *task;
    const char *log_file; /* appended to; NULL: our own standard error */
} ChildSpec;

NODISCARD bool child_spawn(const ChildSpec *spec, pid_t *out, Error *err);

/* The next child that has ended, with its wait status; false: none. */
bool child_reap(pid_t *pid, int *wait_status);

/* The exit status says a kind; ERROR_NONE for 0 and for statuses that say none. */
ErrorKind child_exit_kind(int wait_status);

/* Resident anonymous memory in bytes, -1 when it cannot be known. */
long long child_rss(pid_t pid);
