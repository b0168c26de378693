/*
 * config_syntax - is it libconfig's language at all; and if not, where and why not.
 *
 * Stricter than libconfig: no @include (what a task is stands in one file, which travels to other
 * processes), no NUL byte, no comment that is never closed.
 */
#pragma once

#include "common/arena.h"
#include "common/compiler.h"
#include "common/str.h"
#include <stdbool.h>

typedef struct ConfigFlaw {
    int line, column; /* from 1 */
    const char *what, *hint;
} ConfigFlaw;

/* False: *out says what is wrong; its texts are constants or in the arena. */
NODISCARD bool config_syntax_check(Str text, Arena *arena, ConfigFlaw *out);
