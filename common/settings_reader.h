/*
 * settings_reader - a libconfig text into a TaskFile, by settings_table.
 *
 * Checks each key by itself: known, built, of its type, in its range, there when required. What
 * keys mean for each other is task_file.c's part. The text has passed config_syntax.h.
 */
#pragma once

#include "common/task_file.h"

enum { SETTINGS_MAX = 100 };

/* The line of each key that the file has, by its place in the table; 0: it has none. */
typedef struct SettingLines {
    unsigned of[SETTINGS_MAX];
} SettingLines;

NODISCARD bool settings_read(const char *file, Str text, Arena *arena, TaskFile *out,
                             SettingLines *lines, Error *err);

/* At least 1, also for a key that is not there. */
unsigned setting_line(const SettingLines *lines, const char *path);
