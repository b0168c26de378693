/*
 * json_value - JSON to read from and to build; the only header of cli/ that stands for jansson.
 *
 * Reading never fails: a path ("source.slot") that is not there, or is null or of another type,
 * gives the fallback. What is built is owned by its maker (json_value_done, also a CLEANUP) until
 * it is put into another one.
 */
#pragma once

#include "common/error.h"
#include <stdint.h>
#include <stdio.h>

typedef struct JsonValue JsonValue;

NODISCARD bool json_value_parse(const char *text, JsonValue **out, Error *err);
void json_value_done(JsonValue **value);

/* NULL when it is not there. Borrowed. */
const JsonValue *json_value_at(const JsonValue *value, const char *path);
const char *json_value_text(const JsonValue *value, const char *path, const char *fallback);
int64_t json_value_int(const JsonValue *value, const char *path, int64_t fallback);
bool json_value_bool(const JsonValue *value, const char *path);

/* Of an array; or, with keys, of an object in its order. 0: neither, or empty. */
size_t json_value_count(const JsonValue *value);
const JsonValue *json_value_item(const JsonValue *array, size_t i);
const char *json_value_key(const JsonValue *object, size_t i);

JsonValue *json_value_object(void);
JsonValue *json_value_array(void);
JsonValue *json_value_string(const char *text);
void json_value_put_text(JsonValue *object, const char *key, const char *text);
void json_value_put_int(JsonValue *object, const char *key, int64_t number);
void json_value_put_bool(JsonValue *object, const char *key, bool value);
/* Both take the value and set the caller's pointer to NULL. */
void json_value_put(JsonValue *object, const char *key, JsonValue **value);
void json_value_add(JsonValue *array, JsonValue **value);

/* On one line, with a newline. */
void json_value_write(const JsonValue *value, FILE *file);
