/*
 * console - what a supervisor in the foreground says to people: a line an event on standard output,
 * and one line per error on standard error.
 */
#pragma once

#include "common/error.h"

/* "orders: text" */
void console_say(const char *task, const char *format, ...) PRINTF_LIKE(2, 3);

/* "walferry: task orders: message; object: ...; what to do: ..."; task may be NULL. */
void console_error(const char *task, const Error *err);
