/*
 * mapping - which name a table or column of the source has at the destination, which columns travel
 * and which changes do not pass: what a task's objects and case_policy say. Pure: names in, names
 * out.
 *
 * A partition goes by its topmost parent's entry, but for to_table; what a table's entry does not
 * say, its schema's says; what is named nowhere goes by the case policy. Texts lie in the arena or
 * are borrowed.
 */
#pragma once

#include "common/arena.h"
#include "common/task_file.h"

typedef struct TableMapping {
    const char *schema, *table; /* at the destination; schema: SelectDB's database */
    unsigned left_out;          /* operations that do not pass, a bit for each ChangeKind */
    const TaskObject *entry;    /* the table's own; NULL: none */
} TableMapping;

/* root_*: of its topmost parent, or its own. */
TableMapping mapping_table(const TaskFile *task, Arena *arena, const char *root_schema,
                           const char *root_table, const char *schema, const char *table);

/* Where what belongs to no table of the task goes, a sequence for instance. */
const char *mapping_schema(const TaskFile *task, Arena *arena, const char *schema);

/* What is said of a column; NULL: nothing. */
const TaskColumn *mapping_entry(const TableMapping *table, const char *column);
const char *mapping_column(const TaskFile *task, Arena *arena, const TableMapping *table,
                           const char *column);
