/* supervisor_options - the arguments of walferry-supervisor. */
#pragma once

#include <stddef.h>

typedef struct SupervisorOptions {
    const char *state_dir;
    char *const *files; /* task files */
    size_t file_count;
} SupervisorOptions;

/* Ends the process for --help, --version, --failpoints (0) and for wrong use (2). */
void supervisor_options_parse(SupervisorOptions *out, int argc, char **argv);
