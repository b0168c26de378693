/*
 * log - one line an event, to standard error: time level program event key=value ...
 *
 * Control characters become spaces, so that an event can never become two lines. No row's values
 * and no secrets are ever given to it.
 */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;

/* program is kept, not copied. WALFERRY_LOG=debug|info|warn|error sets the level, else info. */
void log_open(const char *program);

/* event is a short fixed text; the rest is a printf format of key=value pairs or prose. */
void log_event(LogLevel level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_debug(...) log_event(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_event(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_event(LOG_ERROR, __VA_ARGS__)
