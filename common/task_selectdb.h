/* task_selectdb - what the keys for a SelectDB destination mean for each other and for the rest. */
#pragma once

#include "common/settings_reader.h"

/*
 * Refuses keys that belong to the other type of destination, and at SelectDB addresses, names and
 * lists that cannot be meant.
 */
NODISCARD bool task_selectdb_check(const char *file, const SettingLines *lines,
                                   const TaskFile *task, Error *err);
