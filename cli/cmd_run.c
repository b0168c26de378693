/* walferry run: looks at the files, so that a bad one is refused at once, and becomes the
 * supervisor. */
#include "cli/command.h"
#include "cli/place.h"
#include "common/mem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const Option RUN_OPTIONS[] = {
    {"--external", NULL, "ROLES", "roles whose stages somebody else starts: capture,loader"},
    {NULL, NULL, NULL, NULL},
};

static bool is_taken(const Invocation *in, const TaskFile *tasks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        Error err;

        if (strcmp(tasks[i].name, name) != 0)
            continue;
        error_set(&err, ERROR_CONFIG, "%s and %s are both named '%s'", command_word(in, i),
                  command_word(in, count), name);
        error_hint(&err, "give one of them another name = \"...\"");
        command_failed(&err);
        return true;
    }
    return false;
}

static bool look_at_files(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    TaskFile *tasks = ARENA_ARRAY(&arena, TaskFile, in->arguments->word_count);
    Str text;

    for (size_t i = 0; i < in->arguments->word_count; i++) {
        if (!command_load_task(command_word(in, i), &arena, &tasks[i], &text) ||
            is_taken(in, tasks, i, tasks[i].name))
            return false;
    }
    return true;
}

/* Comes back only when it fails. */
static int become_supervisor(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(mem_free) char *program = NULL;
    const char *external = command_option(in, "--external");
    size_t words = in->arguments->word_count, count = 0;
    char **arguments = ARENA_ARRAY(&arena, char *, words + 6);
    Error err = {0};

    if (!place_program("walferry-supervisor", &program, &err))
        return command_failed(&err);
    arguments[count++] = program;
    arguments[count++] = arena_strdup(&arena, "--state-dir");
    arguments[count++] = arena_strdup(&arena, in->state_dir);
    if (external) {
        arguments[count++] = arena_strdup(&arena, "--external");
        arguments[count++] = arena_strdup(&arena, external);
    }
    for (size_t i = 0; i < words; i++) {
        CLEANUP(mem_free) char *path = place_absolute(command_word(in, i));

        arguments[count++] = arena_strdup(&arena, path);
    }
    fflush(NULL);
    execv(program, arguments);
    error_set(&err, ERROR_CONFIG, "%s: %s", program, strerror(errno));
    error_hint(&err, "walferry's programs must stand in one folder");
    return command_failed(&err);
}

int cmd_run(const Invocation *in)
{
    if (in->supervisor)
        return command_misused("run starts a supervisor of its own; what to do: leave --supervisor "
                               "(WALFERRY_SUPERVISOR) out, or use `walferry add FILE`");
    return look_at_files(in) ? become_supervisor(in) : EXIT_FAILED;
}
