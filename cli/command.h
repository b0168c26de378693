/*
 * command - what a subcommand of `walferry` is, and what all of them have in common.
 *
 * main.c has the table. A command prints its result to standard output and returns the exit status;
 * what fails is one line on standard error that begins with "error: ".
 */
#pragma once

#include "cli/arguments.h"
#include "common/bytes.h"
#include "common/error.h"
#include "common/task_file.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

typedef struct Invocation {
    const char *state_dir;  /* where the supervisor lives; need not exist */
    const char *supervisor; /* an endpoint, or NULL: the one in state_dir */
    bool json;
    const Arguments *arguments;
} Invocation;

typedef int RunCommand(const Invocation *in);

typedef struct Command {
    const char *name;
    const char *operands; /* "NAME --for WHAT", for the usage line */
    const char *summary;
    const char *help; /* more of it, and examples */
    size_t least_words, most_words;
    bool has_json;
    const Option *options; /* of its own; ends in one without a name; or NULL */
    RunCommand *run;       /* NULL: not supported yet */
} Command;

RunCommand cmd_init, cmd_check, cmd_run, cmd_add, cmd_pause, cmd_resume, cmd_release, cmd_status,
    cmd_tables, cmd_wait, cmd_compare, cmd_sequences, cmd_queue;

extern const Option INIT_OPTIONS[], RUN_OPTIONS[], RELEASE_OPTIONS[], STATUS_OPTIONS[],
    WAIT_OPTIONS[], COMPARE_OPTIONS[], SEQUENCES_OPTIONS[];

/* The i-th word behind the command, or NULL. */
const char *command_word(const Invocation *in, size_t i);
/* NULL: not given. */
const char *command_option(const Invocation *in, const char *name);

/* Prints the one line; gives EXIT_FAILED. */
int command_failed(const Error *err);

/* The same for a wrong use: gives EXIT_WRONG_USE. */
int command_misused(const char *format, ...) PRINTF_LIKE(1, 2);

/* Prints and frees. */
void command_print(Bytes *text);

/* Loads a task file; on failure has printed the error, with the place of a syntax error. */
NODISCARD bool command_load_task(const char *path, Arena *arena, TaskFile *out, Str *text);
