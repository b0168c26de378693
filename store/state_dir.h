/*
 * state_dir - the folder (0700) that a supervisor lives in, and its lock.
 *
 *     store.sqlite  control.sock  lock  run/ (stages' sockets)  spool/TASK/  log/TASK.log
 *
 * Who writes the store holds the lock: a supervisor, or a command while none runs. The lock is the
 * kernel's and ends with the process, however it ends.
 */
#pragma once

#include "common/error.h"
#include <sys/types.h>

typedef struct StateDir StateDir;

/* Makes the folders that are missing and takes the lock. CONFIG, naming the pid, if it is held. */
NODISCARD bool state_dir_open(StateDir **out, const char *path, Error *err);
void state_dir_close(StateDir **dir);

/* Sockets of stages that were killed stay behind; nobody of an earlier supervisor's listens. */
void state_dir_forget_sockets(const StateDir *dir);

/* The process that holds the lock, 0: none (or no such folder). */
pid_t state_dir_holder(const char *path);

const char *state_dir_path(const StateDir *dir); /* absolute */

/* "PATH/name", malloc'ed. */
char *state_dir_file(const char *path, const char *name);
