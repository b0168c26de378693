#include "supervisor/task_settings.h"

#include "common/bytes.h"

#include <stdio.h>
#include <string.h>

static void put(Bytes *out, const char *text)
{
    bytes_add_str(out, str_of(text));
}

static void put_line(Bytes *out, const char *key, const char *value)
{
    put(out, key);
    put(out, "=");
    put(out, value);
    put(out, "\n");
}

/* Names may hold anything but a NUL; quoted, they cannot pass for another line. */
static void put_quoted(Bytes *out, const char *name)
{
    put(out, "\"");
    for (; *name; name++) {
        if (*name == '"' || *name == '\\' || *name == '\n')
            put(out, "\\");
        bytes_add_u8(out, (uint8_t)(*name == '\n' ? 'n' : *name));
    }
    put(out, "\"");
}

/* Only what is said: a task that maps nothing has the text that it always had. */
static void put_new_name(Bytes *out, const char *what, const char *name)
{
    if (!name || !name[0])
        return;
    put(out, what);
    put_quoted(out, name);
}

static void put_names(Bytes *out, const char *what, const char *const *names)
{
    for (; names && *names; names++)
        put_new_name(out, what, *names);
}

/* What a table at SelectDB was made by. */
static void put_selectdb_table(Bytes *out, const TaskObject *object)
{
    static const char *const ENGINES[] = {"", "unique", "duplicate"};
    char buckets[24];

    snprintf(buckets, sizeof buckets, "%lld", (long long)object->bucket_count);
    put_new_name(out, " to_database ", object->to_database);
    put_new_name(out, " engine ", ENGINES[object->engine]);
    put_names(out, " key ", object->primary_key);
    put_names(out, " distributed by ", object->distribution_key);
    put_new_name(out, " buckets ", object->bucket_count > 0 ? buckets : "");
    for (size_t i = 0; i < object->property_count; i++) {
        put_new_name(out, " property ", object->properties[i].name);
        put_new_name(out, " is ", object->properties[i].value);
    }
}

static void put_mapping(Bytes *out, const TaskObject *object)
{
    put_new_name(out, " to_schema ", object->to_schema);
    put_new_name(out, " to_table ", object->to_table);
    for (size_t i = 0; i < object->column_count; i++) {
        const TaskColumn *column = &object->columns[i];

        put(out, column->skip ? " skip " : " column ");
        put_quoted(out, column->name);
        put_new_name(out, " to ", column->to);
        put_new_name(out, " type ", column->type);
    }
    put_names(out, " passes ", object->operations);
    put_selectdb_table(out, object);
}

static void put_objects(Bytes *out, const TaskFile *task)
{
    put(out, "objects=");
    for (size_t i = 0; i < task->object_count; i++) {
        const TaskObject *object = &task->objects[i];

        put_quoted(out, object->schema);
        put(out, ".");
        put_quoted(out, object->table);
        for (const char **pattern = object->exclude; pattern && *pattern; pattern++) {
            put(out, "-");
            put_quoted(out, *pattern);
        }
        put_mapping(out, object);
        put(out, ";");
    }
    put(out, "\n");
}

/* What the tables' contents depend on; addresses, user and reservoirs may change. */
static void put_selectdb(Bytes *out, const TaskDestination *destination)
{
    static const char *const POLICIES[] = {"fail", "null"};

    if (destination->type != DESTINATION_SELECTDB)
        return;
    put_line(out, "destination.database", destination->database);
    put_line(out, "destination.timezone", destination->timezone);
    put_line(out, "destination.unfit.date", POLICIES[destination->unfit.date]);
    put_line(out, "destination.unfit.timestamp", POLICIES[destination->unfit.timestamp]);
    put_line(out, "destination.unfit.decimal", POLICIES[destination->unfit.decimal]);
    put_line(out, "destination.unfit.varchar", POLICIES[destination->unfit.varchar]);
    put_line(out, "destination.unfit.string", POLICIES[destination->unfit.string]);
    put_line(out, "destination.unfit.json", POLICIES[destination->unfit.json]);
}

static const char *rows_name(ExistingRows rows)
{
    static const char *const NAMES[] = {"default", "keep", "overwrite"};

    return NAMES[rows];
}

const char *task_settings_text(const TaskFile *task, Arena *arena)
{
    CLEANUP(bytes_done) Bytes out = {0};
    static const char *const CASES[] = {"source", "lower", "upper", "dts"};
    char lanes[24];

    snprintf(lanes, sizeof lanes, "%lld", (long long)task->stages.loader);
    put_line(&out, "source.replica_identity", task->source.keep_identity ? "keep" : "auto");
    put_line(&out, "destination.type",
             task->destination.type == DESTINATION_SELECTDB ? "selectdb" : "postgresql");
    put_selectdb(&out, &task->destination);
    put_line(&out, "case_policy", CASES[task->case_policy]);
    put_line(&out, "existing_tables", task->accept_existing_tables ? "accept" : "error");
    put_line(&out, "existing_rows", rows_name(task->existing_rows));
    put_line(&out, "stages.loader", lanes);
    put_objects(&out, task);
    return arena_copy(arena, bytes_str(&out)).data;
}

/* The key of the line that holds `at`. */
static size_t key_length(const char *line)
{
    return strcspn(line, "=\n");
}

bool task_settings_check(const char *known, const char *now, const char *task_name, Error *err)
{
    const char *line = now;

    if (strcmp(known, now) == 0)
        return true;
    for (size_t i = 0; now[i] && now[i] == known[i]; i++) {
        if (now[i] == '\n')
            line = now + i + 1;
    }
    error_set(err, ERROR_CONFIG, "%.*s cannot be changed while the task lives",
              (int)key_length(line), line);
    error_object(err, "%s", task_name);
    return error_hint(err, "put the old value back, or `walferry release %s` and begin anew",
                      task_name);
}
