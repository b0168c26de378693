#include "common/settings_reader.h"

#include "common/config_tokens.h"
#include "common/nearest.h"
#include "common/settings_table.h"
#include "common/size_text.h"
#include <inttypes.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Parse {
    const char *file;
    Arena *arena;
    SettingLines *lines;
    const TaskFile *task; /* the one that is filled */
    Error *err;
} Parse;

/* ---- errors ---- */

static bool refuse(Parse *p, unsigned line, const char *key, const char *format, ...)
    PRINTF_LIKE(4, 5);

static bool refuse(Parse *p, unsigned line, const char *key, const char *format, ...)
{
    char what[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(p->err, ERROR_CONFIG, "%s:%u: %s: %s", p->file, line, key, what);
}

static unsigned line_of(const config_setting_t *node)
{
    unsigned line = config_setting_source_line(node);

    return line > 0 ? line : 1; /* the root has none */
}

static bool refuse_type(Parse *p, const config_setting_t *node, const Setting *setting)
{
    static const char *const EXPECTED[] = {
        [SETTING_TEXT] = "a text in double quotes",
        [SETTING_NUMBER] = "a whole number",
        [SETTING_SIZE] = "a size in double quotes, with a unit",
        [SETTING_FLAG] = "true or false",
        [SETTING_CHOICE] = "a text in double quotes",
        [SETTING_TEXTS] = "an array of texts",
        [SETTING_GROUP] = "a group, { ... }",
        [SETTING_GROUPS] = "a list of groups, ( { ... }, { ... } )",
    };
    static const char *const FOUND[] = {
        [CONFIG_TYPE_NONE] = "nothing",          [CONFIG_TYPE_GROUP] = "a group",
        [CONFIG_TYPE_INT] = "a number",          [CONFIG_TYPE_INT64] = "a number",
        [CONFIG_TYPE_FLOAT] = "a broken number", [CONFIG_TYPE_STRING] = "a text",
        [CONFIG_TYPE_BOOL] = "true or false",    [CONFIG_TYPE_ARRAY] = "an array",
        [CONFIG_TYPE_LIST] = "a list",
    };
    const char *example = setting->type == SETTING_SIZE ? "\"256MB\"" : setting->fallback;

    refuse(p, line_of(node), setting->path, "%s is expected, this is %s", EXPECTED[setting->type],
           FOUND[config_setting_type(node)]);
    if (example && strcmp(example, "\"\"") != 0)
        return error_hint(p->err, "write it as in %s = %s", setting_name(setting), example);
    return error_hint(p->err, "write %s as %s", setting_name(setting), EXPECTED[setting->type]);
}

static bool refuse_not_built(Parse *p, const config_setting_t *node, const Setting *setting)
{
    refuse(p, line_of(node), setting->path, "not supported yet");
    if (setting->type == SETTING_CHOICE && setting->values)
        return error_hint(p->err, "leave the key out, or write %s = \"%s\"", setting_name(setting),
                          setting->values[0]);
    if (setting->fallback)
        return error_hint(p->err, "leave the key out; only its default works: %s",
                          setting->fallback);
    return error_hint(p->err, "leave the key out");
}

static bool refuse_value(Parse *p, const config_setting_t *node, const Setting *setting)
{
    char values[256] = "";

    for (size_t i = 0; setting->values && setting->values[i]; i++) {
        size_t used = strlen(values);
        snprintf(values + used, sizeof values - used, "%s\"%s\"", i > 0 ? ", " : "",
                 setting->values[i]);
    }
    refuse(p, line_of(node), setting->path, "there is no such value");
    return error_hint(p->err, "use %s%s", setting->type == SETTING_CHOICE ? "one of " : "", values);
}

static bool refuse_empty(Parse *p, const config_setting_t *node, const Setting *setting)
{
    refuse(p, line_of(node), setting->path, "is empty");
    return error_hint(p->err, "%s", setting->help);
}

static bool hint_similar_key(Parse *p, const char *group, const char *name)
{
    const char *names[SETTINGS_MAX + 1] = {NULL};
    const Setting *table, *elsewhere = NULL;
    const char *similar;
    size_t count, used = 0;

    table = settings_table(&count);
    for (size_t i = 0; i < count && used < SETTINGS_MAX; i++) {
        if (setting_is_in(&table[i], group))
            names[used++] = setting_name(&table[i]);
        else if (strcmp(setting_name(&table[i]), name) == 0)
            elsewhere = &table[i];
    }
    similar = nearest_of(name, names);
    if (similar)
        return error_hint(p->err, "did you mean '%s'?", similar);
    if (elsewhere)
        return error_hint(p->err, "did you mean '%s'?", elsewhere->path);
    return error_hint(p->err, "remove it; `walferry init` prints every key that there is");
}

/* ---- fields ---- */

static void *field_of(const Setting *setting, void *target)
{
    return setting->width > 0 ? (char *)target + setting->offset : NULL;
}

static void store_text(const Setting *setting, void *target, const char *value)
{
    if (setting->width > 0)
        *(const char **)field_of(setting, target) = value;
}

static void store_number(const Setting *setting, void *target, int64_t value)
{
    if (setting->width > 0)
        *(int64_t *)field_of(setting, target) = value;
}

static void store_choice(const Setting *setting, void *target, size_t value)
{
    unsigned number = (unsigned)value; /* what an enum is */

    if (setting->width == sizeof(bool))
        *(bool *)field_of(setting, target) = value != 0;
    else if (setting->width == sizeof number)
        memcpy(field_of(setting, target), &number, sizeof number);
}

static void store_flag(const Setting *setting, void *target, bool value)
{
    if (setting->width > 0)
        *(bool *)field_of(setting, target) = value;
}

static void store_texts(const Setting *setting, void *target, const char **value)
{
    if (setting->width > 0)
        *(const char ***)field_of(setting, target) = value;
}

/* "\"UTC\"" -> "UTC" */
static const char *bare(const char *quoted, Arena *arena)
{
    return arena_copy(arena, (Str){quoted + 1, strlen(quoted) - 2}).data;
}

static int64_t default_number(const Setting *setting, Arena *arena)
{
    int64_t bytes = 0;

    if (setting->type == SETTING_NUMBER) /* "auto" is none, and gives 0 */
        return strtoll(setting->fallback, NULL, 10);
    return size_parse(bare(setting->fallback, arena), &bytes) ? bytes : 0;
}

static void store_default(const Setting *setting, void *target, Arena *arena)
{
    switch (setting->type) {
    case SETTING_TEXT:
        store_text(setting, target, bare(setting->fallback, arena));
        break;
    case SETTING_NUMBER:
    case SETTING_SIZE:
        store_number(setting, target, default_number(setting, arena));
        break;
    case SETTING_CHOICE:
        store_choice(setting, target, 0);
        break;
    case SETTING_TEXTS: /* of a list to choose from, NULL says that nothing was said */
        store_texts(setting, target, setting->values ? NULL : ARENA_ARRAY(arena, const char *, 1));
        break;
    case SETTING_FLAG:
        store_flag(setting, target, strcmp(setting->fallback, "true") == 0);
        break;
    case SETTING_GROUP:
    case SETTING_GROUPS:
        break;
    }
}

/* The lists of groups: where the items, their number and the line of each have their places. */
#define LIST(path, owner, items, count, item)                                                      \
    {                                                                                              \
        path, sizeof(item), offsetof(owner, items), offsetof(owner, count), offsetof(item, line)   \
    }

typedef struct List {
    const char *path;
    size_t item_size, items_at, count_at, line_at;
} List;

static const List LISTS[] = {
    LIST("objects.columns", TaskObject, columns, column_count, TaskColumn),
    LIST("objects.properties", TaskObject, properties, property_count, TaskProperty),
    LIST("objects", TaskFile, objects, object_count, TaskObject),
    LIST("destination.redirect_map", TaskFile, destination.redirects, destination.redirect_count,
         TaskRedirect),
};

static const List *list_at(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
        if (strcmp(LISTS[i].path, path) == 0)
            return &LISTS[i];
    }
    return NULL;
}

/* Whose struct a field belongs to; an inner list comes before the outer one. */
static const char *list_of(const Setting *setting)
{
    for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
        size_t length = strlen(LISTS[i].path);

        if (strncmp(setting->path, LISTS[i].path, length) == 0 && setting->path[length] == '.')
            return LISTS[i].path;
    }
    return "";
}

static void store_defaults(void *target, const char *list, Arena *arena)
{
    size_t count;
    const Setting *table = settings_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(list_of(&table[i]), list) == 0)
            store_default(&table[i], target, arena);
    }
}

/* ---- one setting of each type ---- */

typedef bool ReadSetting(Parse *p, const config_setting_t *node, const Setting *setting,
                         void *target);

static bool read_text(Parse *p, const config_setting_t *node, const Setting *setting, void *target)
{
    const char *value = config_setting_get_string(node);

    if (config_setting_type(node) != CONFIG_TYPE_STRING)
        return refuse_type(p, node, setting);
    if (setting->rule == RULE_NOT_BUILT && strcmp(value, bare(setting->fallback, p->arena)) != 0)
        return refuse_not_built(p, node, setting);
    if (setting->rule == RULE_REQUIRED && value[0] == '\0')
        return refuse_empty(p, node, setting);
    store_text(setting, target, arena_strdup(p->arena, value));
    return true;
}

static bool read_number(Parse *p, const config_setting_t *node, const Setting *setting,
                        void *target)
{
    int type = config_setting_type(node);
    int64_t value = config_setting_get_int64(node);

    if (type == CONFIG_TYPE_STRING && setting->fallback[0] == '"' &&
        strcmp(config_setting_get_string(node), bare(setting->fallback, p->arena)) == 0) {
        store_number(setting, target, 0);
        return true;
    }
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return refuse_type(p, node, setting);
    if (value < setting->least || value > setting->most) {
        refuse(p, line_of(node), setting->path, "%" PRId64 " is out of range", value);
        return error_hint(p->err, "write a number from %" PRId64 " to %" PRId64, setting->least,
                          setting->most);
    }
    if (setting->rule == RULE_NOT_BUILT && value != default_number(setting, p->arena))
        return refuse_not_built(p, node, setting);
    store_number(setting, target, value);
    return true;
}

static bool hint_size_range(Parse *p, const Setting *setting)
{
    char least[SIZE_TEXT_MAX], most[SIZE_TEXT_MAX];

    size_print(setting->least, least);
    if (setting->most == INT64_MAX)
        return error_hint(p->err, "write a size of \"%s\" or more", least);
    return error_hint(p->err, "write a size from \"%s\" to \"%s\"", least,
                      size_print(setting->most, most));
}

static bool read_size(Parse *p, const config_setting_t *node, const Setting *setting, void *target)
{
    const char *text = config_setting_get_string(node);
    int64_t value = 0;

    if (config_setting_type(node) != CONFIG_TYPE_STRING)
        return refuse_type(p, node, setting);
    if (strcmp(text, bare(setting->fallback, p->arena)) == 0) {
        store_number(setting, target, default_number(setting, p->arena));
        return true;
    }
    if (!size_parse(text, &value)) {
        refuse(p, line_of(node), setting->path, "\"%.40s\" is not a size", text);
        return error_hint(p->err,
                          "write a whole number with a unit (B, kB, MB, GB, TB), as in "
                          "%s = \"256MB\"",
                          setting_name(setting));
    }
    if (value < setting->least || value > setting->most) {
        refuse(p, line_of(node), setting->path, "\"%.40s\" is out of range", text);
        return hint_size_range(p, setting);
    }
    if (setting->rule == RULE_NOT_BUILT && value != default_number(setting, p->arena))
        return refuse_not_built(p, node, setting);
    store_number(setting, target, value);
    return true;
}

static bool read_flag(Parse *p, const config_setting_t *node, const Setting *setting, void *target)
{
    if (config_setting_type(node) != CONFIG_TYPE_BOOL)
        return refuse_type(p, node, setting);
    store_flag(setting, target, config_setting_get_bool(node) != 0);
    return true;
}

static bool find_value(const Setting *setting, const char *text, size_t *index)
{
    for (size_t i = 0; setting->values && setting->values[i]; i++) {
        if (strcmp(setting->values[i], text) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool read_choice(Parse *p, const config_setting_t *node, const Setting *setting,
                        void *target)
{
    size_t index = 0;

    if (config_setting_type(node) != CONFIG_TYPE_STRING)
        return refuse_type(p, node, setting);
    if (!find_value(setting, config_setting_get_string(node), &index))
        return refuse_value(p, node, setting);
    if (setting->built_values > 0 && index >= setting->built_values)
        return refuse_not_built(p, node, setting);
    store_choice(setting, target, index);
    return true;
}

/* What is not built takes the default only: all of its values, in any order; or none. */
static bool read_texts(Parse *p, const config_setting_t *node, const Setting *setting, void *target)
{
    int type = config_setting_type(node);
    int count = config_setting_length(node);
    const char **texts;
    unsigned seen = 0;

    if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST)
        return refuse_type(p, node, setting);
    if (setting->rule == RULE_REQUIRED && count == 0)
        return refuse_empty(p, node, setting);
    texts = ARENA_ARRAY(p->arena, const char *, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(node, (unsigned)i);
        size_t index = 0;

        if (config_setting_type(item) != CONFIG_TYPE_STRING)
            return refuse_type(p, node, setting);
        texts[i] = arena_strdup(p->arena, config_setting_get_string(item));
        if (setting->values && !find_value(setting, texts[i], &index))
            return refuse_value(p, node, setting);
        seen |= 1U << index;
    }
    if (setting->rule == RULE_NOT_BUILT) {
        unsigned all = 0;

        for (size_t i = 0; setting->values && setting->values[i]; i++)
            all |= 1U << i;
        if (seen != all)
            return refuse_not_built(p, node, setting);
    }
    store_texts(setting, target, texts);
    return true;
}

static bool read_keys(Parse *p, const config_setting_t *group, const char *path, void *target);

static bool read_group(Parse *p, const config_setting_t *node, const Setting *setting, void *target)
{
    if (!config_setting_is_group(node))
        return refuse_type(p, node, setting);
    return read_keys(p, node, setting->path, target);
}

/* Room for the list's items in what they belong to; returns the first. */
static char *add_items(Parse *p, const List *list, void *owner, size_t count)
{
    void *items = arena_zeroed(p->arena, count, list->item_size);

    memcpy((char *)owner + list->items_at, &items, sizeof items);
    memcpy((char *)owner + list->count_at, &count, sizeof count);
    return items;
}

static bool read_groups(Parse *p, const config_setting_t *node, const Setting *setting,
                        void *target)
{
    int count = config_setting_length(node);
    const List *list = list_at(setting->path);

    if (!config_setting_is_list(node) && !(config_setting_is_array(node) && count == 0))
        return refuse_type(p, node, setting);
    if (setting->rule == RULE_NOT_BUILT)
        return count > 0 ? refuse_not_built(p, node, setting) : true;
    char *items = add_items(p, list, target, (size_t)count);

    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(node, (unsigned)i);
        char *fields = items + (size_t)i * list->item_size;

        if (!config_setting_is_group(item))
            return refuse_type(p, node, setting);
        store_defaults(fields, setting->path, p->arena);
        *(unsigned *)(void *)(fields + list->line_at) = line_of(item);
        if (!read_keys(p, item, setting->path, fields))
            return false;
    }
    return true;
}

static ReadSetting *const READERS[] = {
    [SETTING_TEXT] = read_text,   [SETTING_NUMBER] = read_number, [SETTING_SIZE] = read_size,
    [SETTING_FLAG] = read_flag,   [SETTING_CHOICE] = read_choice, [SETTING_TEXTS] = read_texts,
    [SETTING_GROUP] = read_group, [SETTING_GROUPS] = read_groups,
};

/* ---- groups ---- */

static void note_line(Parse *p, const Setting *setting, unsigned line)
{
    size_t count;

    p->lines->of[setting - settings_table(&count)] = line;
}

static bool read_key(Parse *p, const config_setting_t *node, const char *group, void *target)
{
    const char *name = config_setting_name(node);
    const char *path = group[0] ? arena_printf(p->arena, "%s.%s", group, name) : name;
    const Setting *setting = setting_find(path);

    if (!setting) {
        refuse(p, line_of(node), path, "unknown key");
        return hint_similar_key(p, group, name);
    }
    note_line(p, setting, line_of(node));
    return READERS[setting->type](p, node, setting, target);
}

/* A key that belongs to one type of destination is required with that one only. */
static bool is_required(const Parse *p, const Setting *setting)
{
    return setting->rule == RULE_REQUIRED &&
           (setting->scope == SCOPE_ALL || (setting->scope == SCOPE_SELECTDB) ==
                                               (p->task->destination.type == DESTINATION_SELECTDB));
}

/* Of a group that is missing, its first required key is named: that is what must be written. */
static const Setting *first_required(const Setting *setting)
{
    size_t count;
    const Setting *table = settings_table(&count);

    for (const Setting *at = setting; at < table + count; at++) {
        if (at->rule == RULE_REQUIRED && setting_is_in(at, setting->path))
            return at;
    }
    return setting;
}

static bool refuse_missing(Parse *p, const config_setting_t *group, const Setting *setting)
{
    const Setting *key = first_required(setting);

    refuse(p, line_of(group), key->path, "is missing");
    if (key != setting)
        return error_hint(p->err, "write %s = { %s = \"...\"; };", setting->path,
                          setting_name(key));
    return error_hint(p->err, "write %s = %s; %s", setting_name(key),
                      key->type == SETTING_TEXTS ? "[\"...\"]" : "\"...\"", key->help);
}

static bool read_keys(Parse *p, const config_setting_t *group, const char *path, void *target)
{
    int length = config_setting_length(group);
    size_t count;
    const Setting *table = settings_table(&count);

    for (int i = 0; i < length; i++) {
        if (!read_key(p, config_setting_get_elem(group, (unsigned)i), path, target))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_required(p, &table[i]) && setting_is_in(&table[i], path) &&
            !config_setting_get_member(group, setting_name(&table[i])))
            return refuse_missing(p, group, &table[i]);
    }
    return true;
}

bool settings_read(const char *file, Str text, Arena *arena, TaskFile *out, SettingLines *lines,
                   Error *err)
{
    CLEANUP(config_destroy) config_t config;
    TaskFile task = {.phase_schema = true, .phase_copy = true, .phase_stream = true};
    Parse p = {.file = file, .arena = arena, .lines = lines, .task = &task, .err = err};

    *lines = (SettingLines){{0}};
    config_init(&config);
    if (!config_read_string(&config, config_widen_integers(text, arena))) {
        error_set(err, ERROR_CONFIG, "%s:%d: %s", file, config_error_line(&config),
                  config_error_text(&config));
        return error_hint(err, "write that line as `walferry init` does");
    }
    store_defaults(&task, "", arena);
    if (!read_keys(&p, config_root_setting(&config), "", &task))
        return false;
    *out = task;
    return true;
}

unsigned setting_line(const SettingLines *lines, const char *path)
{
    size_t count;
    const Setting *table = settings_table(&count);
    unsigned line = lines->of[setting_find(path) - table];

    return line > 0 ? line : 1;
}
