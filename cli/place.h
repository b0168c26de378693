/*
 * place - where the state directory is: --state-dir, WALFERRY_STATE_DIR, $XDG_STATE_HOME/walferry,
 * ~/.local/state/walferry, the first that is there. And where our own programs are.
 */
#pragma once

#include "common/error.h"

/* given: the option's value or NULL. Absolute, malloc'ed; need not exist. */
NODISCARD bool place_state_dir(const char *given, char **out, Error *err);

/* A program of ours, which stands beside this one. malloc'ed. */
NODISCARD bool place_program(const char *name, char **out, Error *err);

/* An absolute path, malloc'ed; also of what does not exist. */
char *place_absolute(const char *path);

/* given, else WALFERRY_SUPERVISOR, else NULL. Borrowed. */
const char *place_supervisor(const char *given);
