#include "schema/mapping.h"

#include "common/change.h"

static const struct {
    const char *name;
    ChangeKind kind;
} OPERATIONS[] = {
    {"insert", CHANGE_INSERT},
    {"update", CHANGE_UPDATE},
    {"delete", CHANGE_DELETE},
    {"truncate", CHANGE_TRUNCATE},
};

/* As PostgreSQL folds a name that is not quoted: A to Z, whatever the locale. */
static char fold_letter(char letter, bool upper)
{
    if (upper)
        return (char)(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter);
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

/* SelectDB has no schemas: a table stands in a database. */
static const char *database_of(const TaskFile *task, const TaskObject *entry, const char *schema)
{
    const TaskObject *whole = task_file_schema(task, schema);

    if (entry && entry->to_database[0])
        return entry->to_database;
    return whole && whole->to_database[0] ? whole->to_database : task->destination.database;
}

static const char *fold(CasePolicy policy, bool is_column, Arena *arena, const char *name)
{
    char *folded;

    if (policy == CASE_SOURCE || (policy == CASE_DTS && is_column))
        return name;
    folded = arena_strdup(arena, name);
    for (char *at = folded; *at; at++)
        *at = fold_letter(*at, policy == CASE_UPPER);
    return folded;
}

const char *mapping_schema(const TaskFile *task, Arena *arena, const char *schema)
{
    const TaskObject *entry = task_file_schema(task, schema);

    if (task->destination.type == DESTINATION_SELECTDB)
        return database_of(task, NULL, schema);
    if (entry && entry->to_schema[0])
        return entry->to_schema;
    return fold(task->case_policy, false, arena, schema);
}

static bool passes(const char *const *operations, const char *name)
{
    for (; *operations; operations++) {
        if (strcmp(*operations, name) == 0)
            return true;
    }
    return false;
}

static unsigned left_out_by(const char *const *operations)
{
    unsigned left_out = 0;

    for (size_t i = 0; operations && i < COUNT_OF(OPERATIONS); i++) {
        if (!passes(operations, OPERATIONS[i].name))
            left_out |= 1U << OPERATIONS[i].kind;
    }
    return left_out;
}

static const char *const *operations_of(const TaskFile *task, const TaskObject *entry,
                                        const char *schema)
{
    const TaskObject *whole = task_file_schema(task, schema);

    if (entry && entry->operations)
        return (const char *const *)entry->operations;
    return whole ? (const char *const *)whole->operations : NULL;
}

TableMapping mapping_table(const TaskFile *task, Arena *arena, const char *root_schema,
                           const char *root_table, const char *schema, const char *table)
{
    const TaskObject *entry = task_file_table(task, root_schema, root_table);
    bool selectdb = task->destination.type == DESTINATION_SELECTDB;
    bool with_root = strcmp(schema, root_schema) == 0;
    bool is_root = with_root && strcmp(table, root_table) == 0;
    TableMapping out = {.entry = entry};

    out.left_out = left_out_by(operations_of(task, entry, root_schema));
    if (selectdb)
        out.schema = database_of(task, entry, root_schema);
    else
        out.schema = entry && entry->to_schema[0] && with_root
                         ? entry->to_schema
                         : mapping_schema(task, arena, schema);
    out.table = entry && entry->to_table[0] && is_root
                    ? entry->to_table
                    : fold(task->case_policy, false, arena, table);
    return out;
}

const TaskColumn *mapping_entry(const TableMapping *table, const char *column)
{
    for (size_t i = 0; table->entry && i < table->entry->column_count; i++) {
        if (strcmp(table->entry->columns[i].name, column) == 0)
            return &table->entry->columns[i];
    }
    return NULL;
}

const char *mapping_column(const TaskFile *task, Arena *arena, const TableMapping *table,
                           const char *column)
{
    const TaskColumn *entry = mapping_entry(table, column);

    return entry && entry->to[0] ? entry->to : fold(task->case_policy, true, arena, column);
}
