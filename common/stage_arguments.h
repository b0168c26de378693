/*
 * stage_arguments - the command line of a stage process, and the names that go with its role.
 * Private to stage.c.
 */
#pragma once

#include "control.pb-c.h"

typedef struct StageArguments {
    const char *supervisor; /* borrowed from argv, as the rest */
    const char *task;
} StageArguments;

/* "loader", "walferry-loader". */
const char *stage_role_name(Walferry__Control__Role role);
const char *stage_program_name(Walferry__Control__Role role);

/* --help, --version, --failpoints and wrong use end the process. */
void stage_arguments_parse(StageArguments *out, Walferry__Control__Role role, int argc,
                           char **argv);
