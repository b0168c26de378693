/*
 * settings_table - every key of a task file: its type, range, default and help, in one table.
 *
 * The parser (task_file.c), the template and the reference (task_text.c) are made from it. A key
 * stands under the path of its groups, "source.heartbeat_ms"; the path of what stands in a list of
 * groups is "objects.schema". All keys that there will be are in it: one that is not built yet
 * takes its default only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SettingType {
    SETTING_TEXT,
    SETTING_NUMBER, /* where its default is a text, that text stands for 0 */
    SETTING_SIZE,   /* text with a unit: size_text.h */
    SETTING_FLAG,   /* true, false */
    SETTING_CHOICE, /* a text out of `values` */
    SETTING_TEXTS,  /* an array of texts, out of `values` if there are any */
    SETTING_GROUP,  /* { ... } */
    SETTING_GROUPS, /* ( { ... }, ... ) */
} SettingType;

typedef enum SettingRule {
    RULE_FREE,
    RULE_REQUIRED,
    RULE_NOT_BUILT, /* anything but the default is "not supported yet" */
} SettingRule;

/* At which type of destination a key has a meaning. */
typedef enum SettingScope { SCOPE_ALL, SCOPE_POSTGRESQL, SCOPE_SELECTDB } SettingScope;

typedef struct Setting {
    const char *path;
    SettingType type;
    SettingRule rule;
    const char *fallback; /* as it is written in the file */
    const char *help;
    SettingScope scope;        /* a required key is required there only */
    int64_t least, most;       /* numbers and sizes; a size's least does not bind its default */
    const char *const *values; /* ends in NULL; a choice's field holds the index */
    size_t built_values;       /* choice: so many of them are built, from the first; 0: all */
    size_t offset, width;      /* the field in TaskFile or in its list's item; width 0: none */
} Setting;

/* The keys in the order of the file; a group comes right before its keys. */
const Setting *settings_table(size_t *count);

/* NULL if there is none. */
const Setting *setting_find(const char *path);

/* "heartbeat_ms" of "source.heartbeat_ms". */
const char *setting_name(const Setting *setting);

/* Is it a key directly in that group? "" is the file itself. */
bool setting_is_in(const Setting *setting, const char *group);
