/* walferry init */
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "cli/units.h"
#include "common/conninfo.h"
#include "common/mem.h"
#include "schema/inventory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const Option INIT_OPTIONS[] = {
    {"--source", NULL, "URI", "the source's connection: its tables are listed"},
    {"--destination", NULL, "URI", "the destination's connection"},
    {"--output", "-o", "FILE", "write there, not to standard output; FILE must not exist"},
    {"--reference", NULL, NULL, "print the reference of all keys instead (docs/task-file.md)"},
    {NULL, NULL, NULL, NULL},
};

static const TableColumn COLUMNS[] = {
    {"table", false}, {"rows, about", true}, {"bytes", true}, {"key", false}, {"needs", false},
};

typedef struct Draft {
    const char *name, *source, *destination;
    Arena arena;
    Bytes text;
    Table table;
    JsonValue *tables;
} Draft;

/* ---- what is found at the source ---- */

static void add_table(void *self, const InventoryTable *found)
{
    Draft *draft = self;
    JsonValue *one = json_value_object();
    char text[UNITS_TEXT_MAX];

    json_value_put_text(one, "schema", found->schema);
    json_value_put_text(one, "table", found->table);
    json_value_put_int(one, "rows", (int64_t)found->estimated_rows);
    json_value_put_int(one, "bytes", found->bytes);
    json_value_put_text(one, "key", found->key);
    json_value_put_text(one, "needs", found->needs);
    json_value_add(draft->tables, &one);
    table_addf(&draft->table, "%s.%s", found->schema, found->table);
    table_add(&draft->table, units_count((int64_t)found->estimated_rows, text));
    table_add(&draft->table, units_bytes(found->bytes, text));
    table_add(&draft->table, found->key);
    table_add(&draft->table, found->needs);
}

static void add_commented(Bytes *out, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        bytes_add_str(out, str_of(length > 0 ? "# " : "#"));
        bytes_add(out, text, length);
        bytes_add(out, "\n", 1);
        text += length + (text[length] == '\n');
    }
}

/* The inventory wants a task; the one that was just written lacks at most a destination. */
static bool add_inventory(Draft *draft, char **grants, Error *err)
{
    const char *there = draft->destination[0] ? draft->destination : "none=";
    const char *text = task_file_template(&draft->arena, "t", draft->source, there);
    CLEANUP(bytes_done) Bytes listing = {0};
    TaskFile task;

    if (!task_file_parse("init", str_of(text), &draft->arena, &task, err))
        return false;
    task.name = draft->name;
    task.destination.conninfo = draft->destination;
    if (!inventory_read(&task, add_table, draft, grants, err))
        return false;
    table_print(&draft->table, &listing);
    bytes_add(&listing, "", 1);
    bytes_add_str(&draft->text, str_of("\n# The tables found at the source:\n#\n"));
    add_commented(&draft->text, listing.data);
    bytes_add_str(&draft->text,
                  str_of("\n# What the task's roles lack, as a script for psql:\n#\n"));
    add_commented(&draft->text, (*grants)[0] ? *grants : "nothing");
    return true;
}

/* ---- where it goes ---- */

/* The file's name without its ending, as far as it makes a task's name. */
static const char *name_of(const char *path, Arena *arena)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *base = slash ? slash + 1 : path;
    size_t length = base ? strcspn(base, ".") : 0;

    if (length == 0 || length > TASK_NAME_MAX ||
        strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789_") < length)
        return "task";
    return arena_copy(arena, (Str){base, length}).data;
}

static bool refuse_output(const char *path, Error *err)
{
    int why = errno;

    error_set(err, ERROR_CONFIG, "%s: %s", path, strerror(why));
    return error_hint(err, why == EEXIST ? "name a new file, or remove this one"
                                         : "name a file that can be written");
}

static bool write_file(const char *path, const Draft *draft, Error *err)
{
    bool secret = conninfo_has_password(draft->source) || conninfo_has_password(draft->destination);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (!file)
        return refuse_output(path, err);
    fwrite(draft->text.data, 1, draft->text.len, file);
    return fclose(file) == 0 || refuse_output(path, err);
}

static bool put(const Invocation *in, Draft *draft, const char *grants, Error *err)
{
    const char *path = command_option(in, "--output");
    CLEANUP(json_value_done) JsonValue *answer = json_value_object();

    if (path && !write_file(path, draft, err))
        return false;
    if (!in->json) {
        if (!path)
            fwrite(draft->text.data, 1, draft->text.len, stdout);
        return true;
    }
    bytes_add(&draft->text, "", 1);
    json_value_put_text(answer, "file", path ? path : "");
    json_value_put_text(answer, "text", draft->text.data);
    json_value_put_text(answer, "grants", grants ? grants : "");
    json_value_put(answer, "tables", &draft->tables);
    json_value_write(answer, stdout);
    return true;
}

static const char *given(const Invocation *in, const char *option)
{
    const char *value = command_option(in, option);

    return value ? value : "";
}

int cmd_init(const Invocation *in)
{
    CLEANUP(mem_free) char *grants = NULL;
    Draft draft = {.source = given(in, "--source"), .destination = given(in, "--destination")};
    Error err = {0};
    bool ok = true;

    if (command_option(in, "--reference")) {
        fputs(task_file_reference(&draft.arena), stdout);
        arena_done(&draft.arena);
        return EXIT_DONE;
    }
    draft.name = name_of(command_option(in, "--output"), &draft.arena);
    draft.table = table_of(COLUMNS, COUNT_OF(COLUMNS));
    draft.tables = json_value_array();
    bytes_add_str(&draft.text, str_of(task_file_template(&draft.arena, draft.name, draft.source,
                                                         draft.destination)));
    if (draft.source[0])
        ok = add_inventory(&draft, &grants, &err);
    ok = ok && put(in, &draft, grants, &err);
    json_value_done(&draft.tables);
    table_done(&draft.table);
    bytes_done(&draft.text);
    arena_done(&draft.arena);
    return ok ? EXIT_DONE : command_failed(&err);
}
