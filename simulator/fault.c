#include "simulator/fault.h"

#include "common/mem.h"
#include "simulator/fault_kinds.h"
#include "simulator/json_text.h"
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* pattern_matches of common/ is the task file's; labels and tables here need no more than this. */
static bool matches(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return matches(pattern + 1, text) || (*text && matches(pattern, text + 1));
    if (*text == '\0' || *pattern == '\0')
        return *pattern == *text;
    return (*pattern == '?' || *pattern == *text) && matches(pattern + 1, text + 1);
}

enum { FAULTS_MAX = 256 };

struct Faults {
    Fault armed[FAULTS_MAX];
    size_t count;
    int64_t last_id;
    pthread_mutex_t lock;
};

void faults_open(Faults **out)
{
    *out = MEM_NEW(Faults);
    pthread_mutex_init(&(*out)->lock, NULL);
}

void faults_close(Faults **faults)
{
    if (!*faults)
        return;
    pthread_mutex_destroy(&(*faults)->lock);
    free(*faults);
    *faults = NULL;
}

/* ---- arming ---- */

typedef enum FieldKind { FIELD_TEXT, FIELD_NUMBER } FieldKind;

/* clang-format off */
static const struct Field {
    const char *name;
    FieldKind kind;
    size_t at;
    size_t size;
} FIELDS[] = {
    {"db",     FIELD_TEXT,   offsetof(Fault, database), FAULT_NAME_MAX},
    {"table",  FIELD_TEXT,   offsetof(Fault, table),    FAULT_NAME_MAX},
    {"label",  FIELD_TEXT,   offsetof(Fault, label),    FAULT_NAME_MAX},
    {"nth",    FIELD_NUMBER, offsetof(Fault, nth),      0},
    {"count",  FIELD_NUMBER, offsetof(Fault, count),    0},
    {"ms",     FIELD_NUMBER, offsetof(Fault, ms),       0},
    {"bytes",  FIELD_NUMBER, offsetof(Fault, bytes),    0},
    {"status", FIELD_NUMBER, offsetof(Fault, status),   0},
    {"text",   FIELD_TEXT,   offsetof(Fault, text),     FAULT_TEXT_MAX},
};
/* clang-format on */

static const struct Field *find_field(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
        if (strcmp(FIELDS[i].name, name) == 0)
            return &FIELDS[i];
    return NULL;
}

static bool set_field(Fault *fault, const char *name, const json_t *value, Error *err)
{
    const struct Field *field = find_field(name);

    if (!field)
        return error_set(err, ERROR_CONFIG, "a fault has no member '%s'", name);
    if (field->kind == FIELD_NUMBER) {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return error_set(err, ERROR_CONFIG, "'%s' is a number from 0", name);
        *(int64_t *)(void *)((char *)fault + field->at) = json_integer_value(value);
        return true;
    }
    if (!json_is_string(value) || json_string_length(value) >= field->size)
        return error_set(err, ERROR_CONFIG, "'%s' is a text of less than %zu bytes", name,
                         field->size);
    memcpy((char *)fault + field->at, json_string_value(value), json_string_length(value) + 1);
    return true;
}

static bool set_kind(Fault *fault, const json_t *root, Error *err)
{
    const char *kind = json_string_value(json_object_get(root, "fault"));
    const char *moment = json_string_value(json_object_get(root, "moment"));
    const FaultKindInfo *info;

    if (!kind || !fault_kind_parse(kind, &fault->kind))
        return error_set(err, ERROR_CONFIG, "no fault is named '%s'", kind ? kind : "");
    info = fault_kind_info(fault->kind);
    fault->moment = info->usually;
    fault->ms = info->ms;
    if (moment && !fault_moment_parse(moment, &fault->moment))
        return error_set(err, ERROR_CONFIG, "no moment is named '%s'", moment);
    if (!(info->moments & (1U << fault->moment)))
        return error_set(err, ERROR_CONFIG, "'%s' does not occur at '%s'", kind, moment);
    return true;
}

static bool read_fault(const json_t *root, Fault *fault, Error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(root))
        return error_set(err, ERROR_CONFIG, "a fault is a JSON object");
    *fault = (Fault){.nth = 1, .count = 1, .status = 502};
    if (!set_kind(fault, root, err))
        return false;
    json_object_foreach((json_t *)(uintptr_t)root, name, value)
    {
        if (strcmp(name, "fault") == 0 || strcmp(name, "moment") == 0)
            continue;
        if (!set_field(fault, name, value, err))
            return false;
    }
    return true;
}

bool faults_arm(Faults *faults, Str json, int64_t *id, Error *err)
{
    json_t *root = json_loadb(json.data, json.len, 0, NULL);
    Fault fault;
    bool ok = read_fault(root, &fault, err);

    json_decref(root);
    if (!ok)
        return false;
    pthread_mutex_lock(&faults->lock);
    ok = faults->count < FAULTS_MAX;
    if (ok) {
        fault.id = *id = ++faults->last_id;
        faults->armed[faults->count++] = fault;
    }
    pthread_mutex_unlock(&faults->lock);
    return ok || error_set(err, ERROR_CONFIG, "%d faults are armed: clear them first", FAULTS_MAX);
}

void faults_clear(Faults *faults)
{
    pthread_mutex_lock(&faults->lock);
    faults->count = 0;
    pthread_mutex_unlock(&faults->lock);
}

/* ---- striking ---- */

static bool fits(const char *pattern, const char *text)
{
    return *pattern == '\0' || (text && matches(pattern, text));
}

static bool strikes(Fault *fault, FaultMoment moment, const FaultWhere *where)
{
    if (fault->moment != moment || !fits(fault->database, where->database) ||
        !fits(fault->table, where->table) || !fits(fault->label, where->label))
        return false;
    fault->seen++;
    if (fault->seen < fault->nth || fault->fired >= fault->count)
        return false;
    fault->fired++;
    return true;
}

bool faults_take(Faults *faults, FaultMoment moment, const FaultWhere *where, Fault *out)
{
    bool found = false;

    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; !found && i < faults->count; i++)
        if (strikes(&faults->armed[i], moment, where)) {
            *out = faults->armed[i];
            found = true;
        }
    pthread_mutex_unlock(&faults->lock);
    return found;
}

/* ---- the list ---- */

static json_t *moments_json(const FaultKindInfo *info)
{
    json_t *list = json_array();

    json_array_append_new(list, json_string(fault_moment_name(info->usually)));
    for (size_t i = 0; i < FAULT_MOMENT_COUNT; i++)
        if ((info->moments & (1U << i)) && i != info->usually)
            json_array_append_new(list, json_string(fault_moment_name((FaultMoment)i)));
    return list;
}

static json_t *armed_json(const Fault *fault)
{
    json_t *one = json_pack("{s:I, s:s, s:s, s:I, s:I}", "id", (json_int_t)fault->id, "fault",
                            fault_name(fault->kind), "moment", fault_moment_name(fault->moment),
                            "seen", (json_int_t)fault->seen, "fired", (json_int_t)fault->fired);

    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        const void *at = (const char *)fault + FIELDS[i].at;

        json_object_set_new(one, FIELDS[i].name,
                            FIELDS[i].kind == FIELD_TEXT ? json_string(at)
                                                         : json_integer(*(const int64_t *)at));
    }
    return one;
}

void faults_list(Faults *faults, Bytes *out)
{
    json_t *kinds = json_array();
    json_t *armed = json_array();
    json_t *root = json_pack("{s:o, s:o}", "kinds", kinds, "armed", armed);
    char *text;

    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        const FaultKindInfo *info = fault_kind_info((FaultKind)i);

        json_array_append_new(kinds, json_pack("{s:s, s:o, s:s}", "fault", info->name, "moments",
                                               moments_json(info), "is", info->is));
    }
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count; i++)
        json_array_append_new(armed, armed_json(&faults->armed[i]));
    pthread_mutex_unlock(&faults->lock);
    text = json_dumps(root, JSON_INDENT(1));
    json_add_text(out, text);
    json_add_text(out, "\n");
    free(text);
    json_decref(root);
}
