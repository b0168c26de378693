#include "common/task_file.h"

#include "common/bytes.h"
#include "common/config_syntax.h"
#include "common/conninfo.h"
#include "common/pattern.h"
#include "common/settings_reader.h"
#include "common/task_selectdb.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 20, OTHERS_MAY = S_IRWXG | S_IRWXO };

/* ---- reading ---- */

static bool refuse_read(const char *path, const char *why, const char *hint, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s: %s", path, why);
    return error_hint(err, "%s", hint);
}

static bool read_all(int fd, const char *path, Arena *arena, Str *text, Error *err)
{
    char *data = arena_alloc(arena, FILE_MAX_BYTES + 1);
    size_t used = 0;

    for (;;) {
        ssize_t got = read(fd, data + used, FILE_MAX_BYTES + 1 - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse_read(path, strerror(errno), "name a file that can be read", err);
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > FILE_MAX_BYTES)
            return refuse_read(path, "is larger than 1 MB", "a task file is short text", err);
    }
    *text = (Str){data, used};
    return true;
}

static bool read_file(const char *path, Arena *arena, Str *text, mode_t *mode, Error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool ok;

    if (fd < 0)
        return refuse_read(path, strerror(errno), "name a file that can be read", err);
    *mode = fstat(fd, &status) == 0 ? status.st_mode : 0;
    ok = read_all(fd, path, arena, text, err);
    close(fd);
    return ok;
}

/* ---- what keys mean for each other ---- */

static bool refuse(const char *file, unsigned line, const char *what, const char *hint, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s:%u: %s", file, line, what);
    return error_hint(err, "%s", hint);
}

static const char *base_name(const char *file, Arena *arena)
{
    const char *slash = strrchr(file, '/');
    const char *start = slash ? slash + 1 : file;
    const char *dot = strrchr(start, '.');

    return arena_copy(arena,
                      (Str){start, dot && dot > start ? (size_t)(dot - start) : strlen(start)})
        .data;
}

static bool settle_name(const char *file, const SettingLines *lines, Arena *arena, TaskFile *task,
                        Error *err)
{
    bool given = task->name[0] != '\0';
    size_t length;

    if (!given)
        task->name = base_name(file, arena);
    length = strlen(task->name);
    if (length > 0 && length <= TASK_NAME_MAX &&
        strspn(task->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length)
        return true;
    error_set(err, ERROR_CONFIG,
              "%s:%u: name: '%.60s'%s is no name that a replication slot can bear", file,
              setting_line(lines, "name"), task->name, given ? "" : " (from the file's name)");
    return error_hint(err, "%s name = \"...\" of a to z, 0 to 9 and _, at most %d characters",
                      given ? "write" : "add", TASK_NAME_MAX);
}

static bool check_retry(const char *file, const SettingLines *lines, const TaskFile *task,
                        Error *err)
{
    if (task->retry.other_minutes < task->retry.connection_minutes)
        return true;
    error_set(err, ERROR_CONFIG,
              "%s:%u: retry.other_minutes: %d is not less than connection_minutes, %d", file,
              setting_line(lines, "retry.other_minutes"), (int)task->retry.other_minutes,
              (int)task->retry.connection_minutes);
    return error_hint(err, "lower other_minutes or raise connection_minutes");
}

/*
 * A longer one would be cut by PostgreSQL, and then be another one. SelectDB has limits of its own
 * for each kind of name, which `check` knows.
 */
enum { NAME_MAX_BYTES = 63 };

static bool check_new_name(const char *file, unsigned line, const char *key, const char *name,
                           Error *err)
{
    if (strlen(name) <= NAME_MAX_BYTES)
        return true;
    error_set(err, ERROR_CONFIG, "%s:%u: %s: a name of %zu bytes", file, line, key, strlen(name));
    return error_hint(err, "write one of %d bytes at most", NAME_MAX_BYTES);
}

static bool check_column(const char *file, const TaskObject *object, size_t n, Error *err)
{
    const TaskColumn *column = &object->columns[n];

    if (column->skip && column->to[0])
        return refuse(file, column->line, "objects.columns.to: stands beside skip",
                      "rename the column or leave it out", err);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(object->columns[i].name, column->name) != 0)
            continue;
        error_set(err, ERROR_CONFIG, "%s:%u: objects.columns: %s is there twice, first in line %u",
                  file, column->line, column->name, object->columns[i].line);
        return error_hint(err, "keep one of them");
    }
    return check_new_name(file, column->line, "objects.columns.to", column->to, err);
}

/* What can be said of a table, or of a whole schema only. */
static bool check_scope(const char *file, const TaskObject *object, Error *err)
{
    if (object->table[0] && object->exclude[0])
        return refuse(file, object->line, "objects.exclude: stands beside a table",
                      "exclude belongs to an entry for a whole schema, without table", err);
    if (!object->table[0] && object->to_table[0])
        return refuse(file, object->line, "objects.to_table: stands without a table",
                      "name the table that is meant, or use to_schema", err);
    if (!object->table[0] && object->column_count > 0)
        return refuse(file, object->line, "objects.columns: stand without a table",
                      "name the table that is meant in an entry of its own", err);
    if (object->operations && !object->operations[0])
        return refuse(file, object->line, "objects.operations: is empty",
                      "name what passes, or exclude the table", err);
    return true;
}

static bool check_mapping(const char *file, const TaskObject *object, Error *err)
{
    for (size_t i = 0; i < object->column_count; i++) {
        if (!check_column(file, object, i, err))
            return false;
    }
    return check_scope(file, object, err) &&
           check_new_name(file, object->line, "objects.to_schema", object->to_schema, err) &&
           check_new_name(file, object->line, "objects.to_table", object->to_table, err);
}

static bool check_object(const char *file, const TaskFile *task, size_t n, Error *err)
{
    const TaskObject *object = &task->objects[n];

    if (!check_mapping(file, object, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const TaskObject *other = &task->objects[i];

        if (strcmp(object->schema, other->schema) != 0 || strcmp(object->table, other->table) != 0)
            continue;
        error_set(err, ERROR_CONFIG, "%s:%u: objects: %s%s%s is there twice, first in line %u",
                  file, object->line, object->schema, object->table[0] ? "." : "", object->table,
                  other->line);
        return error_hint(err, "keep one of them");
    }
    return true;
}

static bool check_objects(const char *file, const TaskFile *task, Error *err)
{
    for (size_t i = 0; i < task->object_count; i++) {
        if (!check_object(file, task, i, err))
            return false;
    }
    return true;
}

static bool check_secrets(const char *file, const SettingLines *lines, const TaskFile *task,
                          mode_t mode, Error *err)
{
    bool at_source = conninfo_has_password(task->source.conninfo);
    const char *key = at_source ? "source.conninfo" : "destination.conninfo";

    if ((mode & OTHERS_MAY) == 0 ||
        (!at_source && !conninfo_has_password(task->destination.conninfo)))
        return true;
    error_set(err, ERROR_CONFIG,
              "%s:%u: %s: a password, in a file that others may read (mode %04o)", file,
              setting_line(lines, key), key, (unsigned)mode & 07777);
    return error_hint(err, "chmod 600 the file, or take the password out and use password_file");
}

static bool parse(const char *file, Str text, mode_t mode, Arena *arena, TaskFile *out, Error *err)
{
    SettingLines lines;
    ConfigFlaw flaw;
    TaskFile task;

    if (!config_syntax_check(text, arena, &flaw)) {
        error_set(err, ERROR_CONFIG, "%s:%d:%d: %s", file, flaw.line, flaw.column, flaw.what);
        return error_hint(err, "%s", flaw.hint);
    }
    if (!settings_read(file, text, arena, &task, &lines, err) ||
        !settle_name(file, &lines, arena, &task, err) || !check_retry(file, &lines, &task, err) ||
        !check_objects(file, &task, err) || !task_selectdb_check(file, &lines, &task, err) ||
        !check_secrets(file, &lines, &task, mode, err))
        return false;
    task.file = arena_strdup(arena, file);
    *out = task;
    return true;
}

bool task_file_parse(const char *file_name, Str text, Arena *arena, TaskFile *out, Error *err)
{
    return parse(file_name, text, 0600, arena, out, err);
}

bool task_file_load(const char *path, Arena *arena, TaskFile *out, Str *text, Error *err)
{
    mode_t mode = 0;

    *text = (Str){0};
    return read_file(path, arena, text, &mode, err) && parse(path, *text, mode, arena, out, err);
}

const char *task_file_time_zone(const TaskFile *task)
{
    return task->destination.type == DESTINATION_SELECTDB ? task->destination.timezone : "UTC";
}

/* ---- selection ---- */

static bool is_excluded(const TaskObject *object, const char *table)
{
    for (const char **pattern = object->exclude; *pattern; pattern++) {
        if (pattern_matches(*pattern, table))
            return true;
    }
    return false;
}

const TaskObject *task_file_table(const TaskFile *task, const char *schema, const char *table)
{
    for (size_t i = 0; i < task->object_count; i++) {
        if (strcmp(task->objects[i].table, table) == 0 &&
            strcmp(task->objects[i].schema, schema) == 0)
            return &task->objects[i];
    }
    return NULL;
}

const TaskObject *task_file_schema(const TaskFile *task, const char *schema)
{
    return task_file_table(task, schema, "");
}

bool task_file_selects(const TaskFile *task, const char *schema, const char *table)
{
    bool selected = task->object_count == 0;

    for (size_t i = 0; i < task->object_count; i++) {
        const TaskObject *object = &task->objects[i];

        if (strcmp(object->schema, schema) != 0)
            continue;
        if (strcmp(object->table, table) == 0)
            return true; /* a table's entry wins over its schema's */
        if (object->table[0] == '\0')
            selected = !is_excluded(object, table);
    }
    return selected;
}
