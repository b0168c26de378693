/*
 * error_log - the rows that a load has filtered, and why: what ErrorURL leads to. The file is made
 * with the first of them.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include <stdint.h>

typedef struct ErrorLog ErrorLog;

ErrorLog *error_log_new(const char *directory, int64_t txn);
bool error_log_add(ErrorLog *log, const char *reason, Str source, Error *err);
const char *error_log_name(const ErrorLog *log);  /* "" if nothing was added */
const char *error_log_first(const ErrorLog *log); /* the first line's reason, or "" */
void error_log_free(ErrorLog **log);
