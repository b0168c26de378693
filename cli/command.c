#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>

const char *command_word(const Invocation *in, size_t i)
{
    return i < in->arguments->word_count ? in->arguments->words[i] : NULL;
}

const char *command_option(const Invocation *in, const char *name)
{
    return arguments_value(in->arguments, name);
}

int command_failed(const Error *err)
{
    char line[sizeof *err + 128];

    error_format(err, line, sizeof line);
    fflush(stdout);
    fprintf(stderr, "error: %s\n", line);
    return EXIT_FAILED;
}

int command_misused(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("error: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
    return EXIT_WRONG_USE;
}

void command_print(Bytes *text)
{
    fwrite(text->data, 1, text->len, stdout);
    fflush(stdout);
    bytes_done(text);
}

bool command_load_task(const char *path, Arena *arena, TaskFile *out, Str *text)
{
    Error err = {0};
    const char *place;

    if (task_file_load(path, arena, out, text, &err))
        return true;
    command_failed(&err);
    place = text->data ? task_file_syntax_place(*text, arena) : NULL;
    if (place)
        fputs(place, stderr);
    return false;
}
