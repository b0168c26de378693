/*
 * status_view - the answers to status and tables (store/status_json.h) as text for people. Pure.
 */
#pragma once

#include "cli/json_value.h"
#include "common/bytes.h"

/*
 * All tasks of a status. before: the one of ms ago, for rates; or NULL.
 */
void status_view(const JsonValue *now, const JsonValue *before, int64_t ms, Bytes *out);

void tables_view(const JsonValue *tables, Bytes *out);

/* The task of that name in a status, or NULL. */
const JsonValue *status_task(const JsonValue *status, const char *name);

/* One line: what error there is ("kind: message; object: ..."), as error_format has it. */
void status_error(const JsonValue *task, Error *out);
