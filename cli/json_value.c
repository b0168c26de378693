#include "cli/json_value.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* JsonValue is never defined: it is json_t under a name that a header may show. */
static const json_t *json_of(const JsonValue *value)
{
    return (const json_t *)value;
}

static json_t *own(JsonValue *value)
{
    return (json_t *)value;
}

static JsonValue *made(json_t *json)
{
    if (!json)
        abort(); /* out of memory */
    return (JsonValue *)json;
}

bool json_value_parse(const char *text, JsonValue **out, Error *err)
{
    json_error_t why;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &why);

    if (!json)
        return error_set(err, ERROR_PROTOCOL, "the supervisor's answer is no JSON: %s", why.text);
    *out = (JsonValue *)json;
    return true;
}

void json_value_done(JsonValue **value)
{
    json_decref(own(*value));
    *value = NULL;
}

/* ---- reading ---- */

const JsonValue *json_value_at(const JsonValue *value, const char *path)
{
    const json_t *json = json_of(value);
    char key[64];

    while (json && *path) {
        size_t length = strcspn(path, ".");

        if (length >= sizeof key)
            return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        json = json_object_get(json, key);
        path += length + (path[length] == '.');
    }
    return (const JsonValue *)json;
}

const char *json_value_text(const JsonValue *value, const char *path, const char *fallback)
{
    const json_t *json = json_of(json_value_at(value, path));

    return json_is_string(json) ? json_string_value(json) : fallback;
}

int64_t json_value_int(const JsonValue *value, const char *path, int64_t fallback)
{
    const json_t *json = json_of(json_value_at(value, path));

    return json_is_integer(json) ? json_integer_value(json) : fallback;
}

bool json_value_bool(const JsonValue *value, const char *path)
{
    return json_is_true(json_of(json_value_at(value, path)));
}

size_t json_value_count(const JsonValue *value)
{
    const json_t *json = json_of(value);

    return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

const JsonValue *json_value_item(const JsonValue *array, size_t i)
{
    return (const JsonValue *)json_array_get(json_of(array), i);
}

const char *json_value_key(const JsonValue *object, size_t i)
{
    json_t *json = own((JsonValue *)(uintptr_t)object); /* jansson's iterators want no const */
    void *at = json_object_iter(json);

    while (at && i-- > 0)
        at = json_object_iter_next(json, at);
    return json_object_iter_key(at);
}

/* ---- building ---- */

JsonValue *json_value_object(void)
{
    return made(json_object());
}

JsonValue *json_value_array(void)
{
    return made(json_array());
}

/* What is no UTF-8 cannot be said in JSON, and becomes null. */
JsonValue *json_value_string(const char *text)
{
    json_t *json = json_string(text ? text : "");

    return made(json ? json : json_null());
}

void json_value_put_text(JsonValue *object, const char *key, const char *text)
{
    json_object_set_new(own(object), key, own(json_value_string(text)));
}

void json_value_put_int(JsonValue *object, const char *key, int64_t number)
{
    json_object_set_new(own(object), key, json_integer(number));
}

void json_value_put_bool(JsonValue *object, const char *key, bool value)
{
    json_object_set_new(own(object), key, json_boolean(value));
}

void json_value_put(JsonValue *object, const char *key, JsonValue **value)
{
    json_object_set_new(own(object), key, own(*value));
    *value = NULL;
}

void json_value_add(JsonValue *array, JsonValue **value)
{
    json_array_append_new(own(array), own(*value));
    *value = NULL;
}

void json_value_write(const JsonValue *value, FILE *file)
{
    char *text = json_dumps(json_of(value), JSON_COMPACT);

    if (!text)
        abort();
    fprintf(file, "%s\n", text);
    free(text);
}
