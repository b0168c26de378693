#include "supervisor/console.h"

#include <stdarg.h>
#include <stdio.h>

static void make_one_line(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ')
            *text = ' ';
    }
}

void console_say(const char *task, const char *format, ...)
{
    char line[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    make_one_line(line);
    printf("%s: %s\n", task, line);
    fflush(stdout);
}

void console_error(const char *task, const Error *err)
{
    char line[sizeof(Error) + 128];

    error_format(err, line, sizeof line);
    make_one_line(line);
    if (task)
        fprintf(stderr, "walferry: task %s: %s\n", task, line);
    else
        fprintf(stderr, "walferry: %s\n", line);
}
