/* walferry run: looks at the files, so that a bad one is refused at once, and becomes the
 * supervisor. */
#include "cli/command.h"
#include "cli/place.h"
#include "common/mem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

int cmd_run(const Invocation *in)
{
    size_t count = in->arguments->word_count;
    char **arguments = mem_alloc((count + 4) * sizeof *arguments);
    Error err = {0};

    if (in->supervisor)
        return command_misused("run starts a supervisor of its own; what to do: leave --supervisor "
                               "(WALFERRY_SUPERVISOR) out, or use `walferry add FILE`");
    if (!look_at_files(in))
        return EXIT_FAILED;
    if (!place_program("walferry-supervisor", &arguments[0], &err))
        return command_failed(&err);
    arguments[1] = mem_strdup("--state-dir");
    arguments[2] = mem_strdup(in->state_dir);
    for (size_t i = 0; i < count; i++)
        arguments[3 + i] = place_absolute(command_word(in, i));
    fflush(NULL);
    execv(arguments[0], arguments);
    error_set(&err, ERROR_CONFIG, "%s: %s", arguments[0], strerror(errno));
    error_hint(&err, "walferry's programs must stand in one folder");
    return command_failed(&err);
}
