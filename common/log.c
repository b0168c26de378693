#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

static struct {
    const char *program;
    LogLevel level;
} settings = {.program = "walferry", .level = LOG_INFO};

void log_open(const char *program)
{
    const char *wanted = getenv("WALFERRY_LOG");

    settings.program = program;
    for (size_t i = 0; wanted && i < COUNT_OF(LEVELS); i++) {
        if (strcmp(LEVELS[i], wanted) == 0)
            settings.level = (LogLevel)i;
    }
}

static void replace_control_characters(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
    }
}

static size_t put_time(char *line, size_t size)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t used = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
    return used + (size_t)snprintf(line + used, size - used, ".%03ldZ", now.tv_nsec / 1000000);
}

void log_event(LogLevel level, const char *event, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;

    if (level < settings.level)
        return;
    size_t used = put_time(line, sizeof line);
    used += (size_t)snprintf(line + used, sizeof line - used, " %s %s[%d] %s ", LEVELS[level],
                             settings.program, (int)getpid(), event);
    va_start(arguments, format);
    vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    replace_control_characters(line);
    size_t length = strlen(line); /* a byte was kept for the newline */
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nowhere left to say it */
}
