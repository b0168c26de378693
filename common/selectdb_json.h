/*
 * selectdb_json - SelectDB's JSON as jansson's tree, with every number as the text that it was.
 *
 * A front end writes a DECIMAL or LARGEINT as a JSON number of any length, which neither int64_t
 * nor double holds; and some words that are no JSON (NaN). Bytes that are no UTF-8 become '?'.
 * Pure.
 */
#pragma once

#include "common/str.h"

struct json_t;

/* NULL: it is no JSON, or cut off. The caller gives it back with json_decref(). */
struct json_t *selectdb_json_read(Str text);

/* The text of a member that is one (or a number, true, false); "" otherwise. */
const char *selectdb_json_text(const struct json_t *object, const char *key);
