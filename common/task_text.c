/* The texts that are made from the table of settings: template, reference, and a flaw's place. */
#include "common/task_file.h"

#include "common/bytes.h"
#include "common/config_syntax.h"
#include "common/settings_table.h"
#include "common/size_text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_WIDTH = 96, DEEPEST = 2 /* objects.columns.name */ };

static void add(Bytes *out, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(Bytes *out, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length > 0)
        bytes_add(out, text, (size_t)length);
    free(text);
}

static const char *finish(Bytes *out, Arena *arena)
{
    const char *text = arena_copy(arena, bytes_str(out)).data;

    bytes_done(out);
    return text;
}

/* ---- the template ---- */

static int depth_of(const Setting *setting)
{
    int depth = 0;

    for (const char *at = setting->path; depth < DEEPEST && (at = strchr(at, '.')); at++)
        depth++;
    return depth;
}

static void add_comment(Bytes *out, const char *indent, const char *text)
{
    while (*text) {
        size_t room = TEXT_WIDTH - strlen(indent), length = strlen(text);

        if (length > room) {
            length = room;
            while (length > 1 && text[length] != ' ')
                length--;
        }
        add(out, "%s# %.*s\n", indent, (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

static void add_range(Bytes *out, const Setting *setting)
{
    char least[SIZE_TEXT_MAX], most[SIZE_TEXT_MAX];

    if (setting->type == SETTING_NUMBER) {
        add(out, "%" PRId64 " to %" PRId64, setting->least, setting->most);
    } else if (setting->type == SETTING_SIZE && setting->most == INT64_MAX) {
        add(out, "%s or more", size_print(setting->least, least));
    } else if (setting->type == SETTING_SIZE) {
        add(out, "%s to %s", size_print(setting->least, least), size_print(setting->most, most));
    } else if (setting->values) {
        size_t built = setting->type == SETTING_CHOICE ? setting->built_values : 0;

        for (size_t i = 0; setting->values[i] && (built == 0 || i < built); i++)
            add(out, "%s%s", i > 0 ? ", " : "", setting->values[i]);
    }
}

static const char *text_of(const Setting *setting, bool with_range, Arena *arena)
{
    Bytes out = {0};

    add(&out, "%s", setting->help);
    if (setting->rule == RULE_NOT_BUILT) {
        add(&out,
            setting->values ? " Not supported yet but for the default." : " Not supported yet.");
    } else if (with_range && (setting->values || setting->least != setting->most)) {
        add(&out, " (");
        add_range(&out, setting);
        add(&out, ")");
    }
    return finish(&out, arena);
}

/* A value as it stands in the file: what would end the text gets a backslash. */
static const char *quoted(const char *text, Arena *arena)
{
    Bytes out = {0};

    bytes_add(&out, "\"", 1);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            bytes_add(&out, "\\", 1);
        bytes_add(&out, text, 1);
    }
    bytes_add(&out, "\"", 1);
    return finish(&out, arena);
}

typedef struct Template {
    Bytes out;
    Arena *arena;
    const char *name, *source, *destination;
    const Setting *groups[DEEPEST + 1]; /* that are open, the outer one first */
    int depth;
    const Setting *list; /* the outer one that we are in */
} Template;

static const char *value_of(const Template *t, const Setting *setting)
{
    if (strcmp(setting->path, "name") == 0)
        return quoted(t->name, t->arena);
    if (strcmp(setting->path, "source.conninfo") == 0)
        return quoted(t->source, t->arena);
    if (strcmp(setting->path, "destination.conninfo") == 0)
        return quoted(t->destination, t->arena);
    return setting->fallback;
}

static bool is_inside(const Setting *setting, const Setting *group)
{
    return group && strncmp(setting->path, group->path, strlen(group->path)) == 0 &&
           setting->path[strlen(group->path)] == '.';
}

/* Commented out: what is not built yet, what belongs to SelectDB, an example of a list's entry. */
static bool is_off(const Template *t, const Setting *setting)
{
    return t->list || setting->rule == RULE_NOT_BUILT || setting->scope == SCOPE_SELECTDB;
}

static const char *indent_of(const Setting *setting)
{
    static const char *const INDENTS[] = {"", "    ", "        "};

    return INDENTS[depth_of(setting)];
}

static void add_setting(Template *t, const Setting *setting)
{
    const char *off = is_off(t, setting) ? "#" : "";

    if (depth_of(setting) == 0)
        add(&t->out, "\n");
    add_comment(&t->out, indent_of(setting), text_of(setting, true, t->arena));
    if (setting->type == SETTING_GROUP)
        add(&t->out, "%s%s%s = {\n", indent_of(setting), off, setting_name(setting));
    else
        add(&t->out, "%s%s%s = %s;\n", indent_of(setting), off, setting_name(setting),
            value_of(t, setting));
}

static void add_examples(Template *t, const Setting *ended)
{
    if (strcmp(ended->path, "objects") == 0)
        add(&t->out,
            "    # An example:\n"
            "    #objects = ( { schema = \"public\"; exclude = [\"tmp_*\"]; },\n"
            "    #            { schema = \"sales\"; table = \"orders\"; to_schema = \"dw\";\n"
            "    #              columns = ( { name = \"note\"; to = \"remark\"; } ); } );\n"
            "    # And at SelectDB:\n"
            "    #objects = ( { schema = \"public\"; bucket_count = 8; },\n"
            "    #            { schema = \"sales\"; table = \"orders\"; to_database = \"dw\";\n"
            "    #              engine = \"unique\"; distribution_key = [\"customer\"];\n"
            "    #              columns = ( { name = \"sum\"; type = \"DECIMAL(20,2)\"; } ); } "
            ");\n");
    if (strcmp(ended->path, "destination") == 0)
        add(&t->out, "# An example for SelectDB, in place of the one above:\n"
                     "#destination = { type = \"selectdb\"; urls = [\"http://fe1:8030\", "
                     "\"http://fe2:8030\"];\n"
                     "#                database = \"shop\"; user = \"walferry\"; password_file = "
                     "\"/etc/walferry/selectdb\"; };\n");
}

/* Ends the groups that the next setting is not in; NULL: all of them. */
static void end_groups(Template *t, const Setting *next)
{
    while (t->depth > 0 && !(next && is_inside(next, t->groups[t->depth - 1]))) {
        const Setting *group = t->groups[--t->depth];

        add(&t->out, "%s%s};\n", indent_of(group), is_off(t, group) ? "#" : "");
        add_examples(t, group);
    }
}

static void end_list(Template *t, const Setting *next)
{
    if (!t->list || (next && is_inside(next, t->list)))
        return;
    add_examples(t, t->list);
    t->list = NULL;
}

const char *task_file_template(Arena *arena, const char *name, const char *source,
                               const char *destination)
{
    Template t = {.arena = arena, .name = name, .source = source, .destination = destination};
    size_t count;
    const Setting *table = settings_table(&count);

    add_comment(&t.out, "",
                "A walferry task: what is copied from where to where. Every key there is, "
                "each with its default. Sizes are texts with a unit, as in \"256MB\".");
    for (size_t i = 0; i < count; i++) {
        end_list(&t, &table[i]);
        end_groups(&t, &table[i]);
        add_setting(&t, &table[i]);
        if (table[i].type == SETTING_GROUP)
            t.groups[t.depth++] = &table[i];
        else if (table[i].type == SETTING_GROUPS && table[i].rule != RULE_NOT_BUILT && !t.list)
            t.list = &table[i];
    }
    end_list(&t, NULL);
    end_groups(&t, NULL);
    return finish(&t.out, arena);
}

/* ---- the reference ---- */

static void add_cell(Bytes *out, const char *text)
{
    for (; *text; text++)
        add(out, *text == '|' ? "\\|" : "%c", *text);
}

static void add_row(Bytes *out, const Setting *setting, Arena *arena)
{
    static const char *const TYPES[] = {
        [SETTING_TEXT] = "text",   [SETTING_NUMBER] = "number", [SETTING_SIZE] = "size",
        [SETTING_FLAG] = "flag",   [SETTING_CHOICE] = "one of", [SETTING_TEXTS] = "texts",
        [SETTING_GROUP] = "group", [SETTING_GROUPS] = "groups",
    };

    add(out, "| `%s` | %s", setting->path, TYPES[setting->type]);
    if (setting->values || setting->least != setting->most) {
        add(out, setting->type == SETTING_TEXTS ? " out of " : " ");
        add_range(out, setting);
    }
    add(out, " ");
    if (setting->rule == RULE_REQUIRED)
        add(out, "| required | ");
    else
        add(out, "| `%s` | ", setting->fallback ? setting->fallback : "{}");
    add_cell(out, text_of(setting, false, arena));
    add(out, " |\n");
}

const char *task_file_reference(Arena *arena)
{
    Bytes out = {0};
    size_t count;
    const Setting *table = settings_table(&count);

    add(&out,
        "# The task file\n\n"
        "Made by `walferry init --reference` from the table that the program itself goes by.\n\n"
        "A task is one file in [libconfig](https://hyperrealm.github.io/libconfig/)'s language: "
        "`key = value;`, texts in double quotes, groups in `{ }`, lists in `( )`, arrays in `[ ]`, "
        "comments after `#`. There is no comma behind the last item. A size is a text with a unit "
        "(B, kB, MB, GB, TB, in powers of 1024): `\"256MB\"`. An unknown key is refused, and so is "
        "one that is *not supported yet* unless it has its default.\n\n"
        "The smallest one:\n\n"
        "```\n"
        "source = { conninfo = \"host=db1 dbname=shop user=walferry\"; };\n"
        "destination = { conninfo = \"host=db2 dbname=shop user=walferry\"; };\n"
        "```\n\n"
        "And with SelectDB (Apache Doris) as the destination:\n\n"
        "```\n"
        "source = { conninfo = \"host=db1 dbname=shop user=walferry\"; };\n"
        "destination = { type = \"selectdb\"; urls = [\"http://fe1:8030\"]; database = \"shop\";\n"
        "                user = \"walferry\"; password_file = \"/etc/walferry/selectdb\"; };\n"
        "```\n\n"
        "`walferry init` prints one with every key.\n\n"
        "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        add_row(&out, &table[i], arena);
    return finish(&out, arena);
}

/* ---- the place of a syntax error ---- */

static bool may_hold_secret(Str line)
{
    return memmem(line.data, line.len, "conninfo", 8) || memmem(line.data, line.len, "passw", 5) ||
           memmem(line.data, line.len, "://", 3) || memmem(line.data, line.len, "PASSW", 5);
}

static Str line_of(Str text, int line)
{
    const char *at = text.data, *end = text.data + text.len, *stop;

    while (--line > 0 && (stop = memchr(at, '\n', (size_t)(end - at))))
        at = stop + 1;
    stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return (Str){at, (size_t)((stop ? stop : end) - at)};
}

/* Control characters, tabs too, become spaces, so that the caret stands where it should. */
static void add_line(Bytes *out, Str line)
{
    bool secret = may_hold_secret(line), in_text = false;

    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];

        if (c == '"')
            in_text = !in_text;
        else if (in_text && secret)
            c = '*';
        bytes_add(out, (unsigned char)c < ' ' ? " " : &c, 1);
    }
}

const char *task_file_syntax_place(Str text, Arena *arena)
{
    ConfigFlaw flaw;
    Bytes out = {0};

    if (config_syntax_check(text, arena, &flaw))
        return NULL;
    add(&out, "    ");
    add_line(&out, line_of(text, flaw.line));
    add(&out, "\n    %*s^\n", flaw.column - 1, "");
    return finish(&out, arena);
}
