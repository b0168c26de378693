#include "schema/selectdb_fit.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/selectdb_names.h"
#include "schema/selectdb_type.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

typedef struct Comparison {
    const SelectdbThere *there;
    SelectdbDesign *design;
    Arena *arena;
    Bytes text; /* the differences */
} Comparison;

static void differ(Comparison *c, const char *format, ...) PRINTF_LIKE(2, 3);

static void differ(Comparison *c, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    sql_add(&c->text, "%s%s", c->text.len ? "; " : "", text);
    free(text);
}

static void compare_model(Comparison *c)
{
    const SelectdbThere *there = c->there;

    if (c->design->unique != (there->model == THERE_UNIQUE) || there->model == THERE_OTHER_MODEL) {
        differ(c, "it is no %s table", c->design->unique ? "unique" : "duplicate");
        return;
    }
    if (!c->design->unique)
        return;
    if (!there->merge_on_write)
        differ(c, "it does not merge on write (enable_unique_key_merge_on_write)");
    if (there->sequence_column[0])
        differ(c,
               "its sequence is its column %s, walferry needs function_column.sequence_type = "
               "bigint",
               there->sequence_column);
    else if (strcasecmp(there->sequence_type, "bigint") != 0)
        differ(c, "it has no sequence (function_column.sequence_type = bigint)");
}

static const char *key_text(Arena *arena, const SelectdbThere *there)
{
    CLEANUP(bytes_done) Bytes text = {0};

    for (size_t i = 0; i < there->field_count; i++) {
        if (there->fields[i].key)
            sql_add(&text, "%s%s", text.len ? ", " : "", there->fields[i].name);
    }
    return arena_copy(arena, bytes_str(&text)).data;
}

/* The order of a unique table's key is a matter of speed; which columns they are is not. */
static void compare_key(Comparison *c)
{
    size_t keys = 0, found = 0;

    for (size_t i = 0; c->design->unique && i < c->there->field_count; i++)
        keys += c->there->fields[i].key;
    for (size_t i = 0; c->design->unique && i < c->design->key_count; i++) {
        const ThereField *field = selectdb_there_field(c->there, c->design->fields[i].name);

        found += field && field->key;
    }
    if (found != keys || (c->design->unique && keys != c->design->key_count))
        differ(c, "its key is (%s)", key_text(c->arena, c->there));
}

static bool is_integer(DorisKind kind)
{
    return kind >= DORIS_INT && kind <= DORIS_LARGEINT;
}

static void compare_field(Comparison *c, SelectdbField *field)
{
    const ThereField *there = selectdb_there_field(c->there, field->name);
    const char *why = "";

    if (!there) {
        differ(c, "it has no column %s", field->name);
        return;
    }
    if (!field->source) {
        if (!is_integer(there->type.kind) || there->type.kind < field->type.kind)
            differ(c, "its column %s is %s", there->name, there->type_text);
    } else if (there->type.kind == DORIS_NONE) {
        differ(c, "its column %s is %s, which walferry does not write", there->name,
               there->type_text);
    } else if (!selectdb_type_accepts(field->source, there->type, c->arena, &why)) {
        differ(c, "%s: %s", there->name, why);
    }
    if (c->design->unique && there->not_null && !there->key)
        differ(c, "its column %s is NOT NULL: the row of a DELETE bears the key only", there->name);
    field->name = there->name;
    field->type = there->type;
}

static bool is_designed(const SelectdbDesign *design, const char *name)
{
    for (size_t i = 0; i < design->field_count; i++) {
        if (selectdb_names_equal(design->fields[i].name, name))
            return true;
    }
    return false;
}

static void compare_additional(Comparison *c)
{
    for (size_t i = 0; i < c->there->field_count; i++) {
        const ThereField *there = &c->there->fields[i];

        if (!is_designed(c->design, there->name) && there->not_null && !there->filled)
            differ(c, "its column %s has nothing to be filled with: it is NOT NULL without DEFAULT",
                   there->name);
    }
}

bool selectdb_fit(const SelectdbThere *there, SelectdbDesign *design, Arena *arena,
                  const char **differences)
{
    Comparison c = {.there = there, .design = design, .arena = arena};
    bool fits;

    compare_model(&c);
    compare_key(&c);
    for (size_t i = 0; i < design->field_count; i++)
        compare_field(&c, &design->fields[i]);
    compare_additional(&c);
    fits = c.text.len == 0;
    *differences = arena_copy(arena, bytes_str(&c.text)).data;
    bytes_done(&c.text);
    return fits;
}
