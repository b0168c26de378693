/* supervisor_options - the arguments of walferry-supervisor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct SupervisorOptions {
    const char *state_dir;
    unsigned external;  /* roles (1 << role) whose processes attach; see host.h */
    char *const *files; /* task files */
    size_t file_count;
} SupervisorOptions;

/* "capture,transform,loader" to roles. False: it names something else. */
bool supervisor_options_roles(const char *text, unsigned *out);

/* Ends the process for --help, --version, --failpoints (0) and for wrong use (2). */
void supervisor_options_parse(SupervisorOptions *out, int argc, char **argv);
