#include "schema/shape.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/keys.h"
#include "schema/type_fit.h"

#include <stdlib.h>

typedef struct Look {
    Arena *arena;
    const Catalog *catalog;
    const CatalogTable *table;
    const ThereTable *there;
    bool makes_keys;
    Shape shape;
    size_t most;
} Look;

static void differ(Look *l, ShapeLevel level, const char *column, const char *to_do,
                   const char *what)
{
    if (l->shape.count < l->most)
        l->shape.differences[l->shape.count++] = (ShapeDifference){level, column, what, to_do};
    if (level > l->shape.worst)
        l->shape.worst = level;
}

static const char *into_arena(Look *l, const Bytes *text)
{
    return arena_copy(l->arena, bytes_str(text)).data;
}

static void begin_alter(const Look *l, Bytes *sql)
{
    sql_add(sql, "ALTER TABLE ");
    sql_qualified(sql, str_of(l->table->to_schema), str_of(l->table->to_name));
}

/* "ALTER TABLE s.t ALTER COLUMN c WHAT;" */
static const char *alter_column(Look *l, const char *column, const char *what)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    begin_alter(l, &sql);
    sql_add(&sql, " ALTER COLUMN ");
    sql_identifier(&sql, str_of(column));
    sql_add(&sql, " %s;", what);
    return into_arena(l, &sql);
}

static const char *add_column(Look *l, const CatalogColumn *column)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    begin_alter(l, &sql);
    sql_add(&sql, " ADD COLUMN ");
    sql_identifier(&sql, str_of(column->to));
    sql_add(&sql, " %s;", column->type_text);
    return into_arena(l, &sql);
}

static const ThereColumn *find_there(const ThereTable *there, const char *name)
{
    for (size_t i = 0; i < there->column_count; i++) {
        if (strcmp(there->columns[i].name, name) == 0)
            return &there->columns[i];
    }
    return NULL;
}

static const CatalogColumn *find_here(const CatalogTable *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].skip && strcmp(table->columns[i].to, name) == 0)
            return &table->columns[i];
    }
    return NULL;
}

/* --- columns --- */

static void compare_type(Look *l, const CatalogColumn *here, const ThereColumn *there)
{
    static const ShapeLevel LEVELS[] = {
        [TYPE_FIT_WIDER] = SHAPE_HARMLESS,
        [TYPE_FIT_DOUBTFUL] = SHAPE_DOUBTFUL,
        [TYPE_FIT_NOT] = SHAPE_WRONG,
    };
    const char *why = NULL;
    TypeFit fit =
        type_fit((TypeFitSide){here->type_oid, here->type_modifier, here->type_text},
                 (TypeFitSide){there->type_oid, there->type_modifier, there->type_text}, &why);
    const char *alter =
        alter_column(l, here->to, arena_printf(l->arena, "TYPE %s", here->type_text));

    if (fit == TYPE_FIT_SAME)
        return;
    l->shape.other_types = true;
    differ(l, LEVELS[fit], here->to, fit == TYPE_FIT_WIDER ? "" : alter,
           arena_printf(l->arena, "%s at the source, %s there%s%s", here->type_text,
                        there->type_text, why ? ": " : ", which holds every value",
                        why ? why : ""));
}

static void compare_null(Look *l, const CatalogColumn *here, const ThereColumn *there)
{
    if (there->not_null && !here->not_null)
        differ(l, SHAPE_DOUBTFUL, here->to, alter_column(l, here->to, "DROP NOT NULL"),
               "it may be NULL at the source, and not there: a NULL stops the task");
}

/* The destination computes it; what the source has is not sent. */
static void compare_generated(Look *l, const CatalogColumn *here, const ThereColumn *there)
{
    if (there && there->generated)
        return;
    if (there && there->not_null && !there->filled)
        differ(l, SHAPE_WRONG, here->to, alter_column(l, here->to, "DROP NOT NULL"),
               "generated at the source, which does not send it, and NOT NULL there");
    else
        differ(l, SHAPE_DOUBTFUL, here->to,
               "make it a generated column there too, or do without its values",
               there ? "generated at the source, which does not send it, and not there: it stays "
                       "empty"
                     : "generated at the source, and missing there");
}

static void compare_column(Look *l, const CatalogColumn *here)
{
    const ThereColumn *there = find_there(l->there, here->to);

    if (here->generated) {
        compare_generated(l, here, there);
        return;
    }
    if (!there) {
        differ(l, SHAPE_WRONG, here->to, add_column(l, here), "the column is missing there");
        return;
    }
    if (there->generated) {
        differ(l, SHAPE_WRONG, here->to, alter_column(l, here->to, "DROP EXPRESSION"),
               "it is a generated column there");
        return;
    }
    compare_type(l, here, there);
    compare_null(l, here, there);
}

static bool is_skipped(const CatalogTable *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].skip && strcmp(table->columns[i].to, name) == 0)
            return true;
    }
    return false;
}

static void judge_extra(Look *l, const ThereColumn *there)
{
    const char *why = is_skipped(l->table, there->name) ? "the task file skips this column"
                                                        : "the source has no such column";

    if (there->not_null && !there->filled)
        differ(l, SHAPE_WRONG, there->name, alter_column(l, there->name, "DROP NOT NULL"),
               arena_printf(l->arena, "%s, and it wants a value: NOT NULL without a default", why));
    else
        differ(l, SHAPE_HARMLESS, there->name, "",
               arena_printf(l->arena, "%s; it is left to its default", why));
}

static void compare_columns(Look *l)
{
    for (size_t i = 0; i < l->table->column_count; i++) {
        if (!l->table->columns[i].skip)
            compare_column(l, &l->table->columns[i]);
    }
    for (size_t i = 0; i < l->there->column_count; i++) {
        if (!find_here(l->table, l->there->columns[i].name))
            judge_extra(l, &l->there->columns[i]);
    }
}

/* --- keys and other limits --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* As sql/existing_limits.sql has them. NULL: not of columns alone. */
static const char *index_columns(Look *l, const CatalogIndex *index)
{
    CLEANUP(bytes_done) Bytes text = {0};
    const char *names[INDEX_KEYS_MAX];

    for (size_t i = 0; i < index->key_count; i++) {
        const CatalogColumn *column = catalog_column(l->table, index->keys[i]);

        if (!column)
            return NULL;
        names[i] = column->to;
    }
    qsort(names, index->key_count, sizeof *names, by_text);
    for (size_t i = 0; i < index->key_count; i++) {
        sql_add(&text, "%s", i ? ", " : "");
        sql_identifier(&text, str_of(names[i]));
    }
    return into_arena(l, &text);
}

static bool has_unique(const ThereTable *there, const char *columns)
{
    for (size_t i = 0; columns && i < there->limit_count; i++) {
        const ThereLimit *limit = &there->limits[i];

        if (limit->kind == LIMIT_UNIQUE && limit->plain && limit->immediate &&
            strcmp(limit->columns, columns) == 0)
            return true;
    }
    return false;
}

static bool has_primary(const ThereTable *there)
{
    for (size_t i = 0; i < there->limit_count; i++) {
        if (there->limits[i].kind == LIMIT_UNIQUE && there->limits[i].primary)
            return true;
    }
    return false;
}

static const char *create_unique(Look *l, const char *columns)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE UNIQUE INDEX ON ");
    sql_qualified(&sql, str_of(l->table->to_schema), str_of(l->table->to_name));
    sql_add(&sql, " (%s);", columns);
    return into_arena(l, &sql);
}

/* A second primary key is not made; and of a partitioned table not every unique index can be. */
static bool will_be_made(const Look *l, const CatalogIndex *key)
{
    return l->makes_keys && l->there->kind == 'r' && !(key->primary && has_primary(l->there));
}

static void compare_key(Look *l)
{
    bool full = l->table->identity == 'f' || keys_needs_full(l->table);
    const CatalogIndex *key = keys_index(l->table, full);
    const char *columns = key ? index_columns(l, key) : NULL;

    if (!columns)
        return;
    l->shape.key = columns;
    l->shape.key_stands = has_unique(l->there, columns);
    if (l->shape.key_stands)
        return;
    l->shape.make_key = create_unique(l, columns);
    if (will_be_made(l, key))
        differ(l, SHAPE_HARMLESS, "", "",
               arena_printf(l->arena, "no unique index over the key (%s) yet: it will be made",
                            columns));
    else
        differ(l, SHAPE_DOUBTFUL, "", l->shape.make_key,
               arena_printf(l->arena,
                            "no unique index over the key (%s) there: each change reads the whole "
                            "table",
                            columns));
}

static bool source_has_limit(Look *l, const ThereLimit *limit)
{
    for (size_t i = 0; i < l->table->index_count; i++) {
        const CatalogIndex *index = &l->table->indexes[i];
        const char *columns = index->unique && index->plain ? index_columns(l, index) : NULL;

        if (strcmp(index->name, limit->name) == 0 ||
            (columns && limit->kind == LIMIT_UNIQUE && strcmp(columns, limit->columns) == 0))
            return true;
    }
    for (size_t i = 0; i < l->table->constraint_count; i++) {
        if (strcmp(l->table->constraints[i].name, limit->name) == 0)
            return true;
    }
    return false;
}

static void compare_limits(Look *l)
{
    static const char *const KINDS[] = {
        [LIMIT_UNIQUE] = "unique index",
        [LIMIT_EXCLUSION] = "exclusion constraint",
        [LIMIT_CHECK] = "check constraint",
    };

    for (size_t i = 0; i < l->there->limit_count; i++) {
        const ThereLimit *limit = &l->there->limits[i];

        if (!source_has_limit(l, limit))
            differ(l, SHAPE_DOUBTFUL, "", "drop it there, if the source's rows need not keep to it",
                   arena_printf(l->arena,
                                "the %s %s is not at the source: a row that it refuses stops the "
                                "task",
                                KINDS[limit->kind], limit->name));
    }
}

/* --- the table itself --- */

static const char *kind_name(char kind)
{
    switch (kind) {
    case 'r':
        return "a table";
    case 'p':
        return "a partitioned table";
    case 'v':
        return "a view";
    case 'm':
        return "a materialized view";
    case 'f':
        return "a foreign table";
    case 'S':
        return "a sequence";
    default:
        return "no table";
    }
}

static bool compare_kind(Look *l)
{
    static const char TO_DO[] = "drop it, or exclude the table in objects";
    char kind = l->there->kind;

    if (kind != 'r' && kind != 'p')
        differ(l, SHAPE_WRONG, "", TO_DO,
               arena_printf(l->arena, "it is %s there", kind_name(kind)));
    else if (l->table->kind == 'p' && kind == 'r')
        differ(l, SHAPE_WRONG, "", TO_DO,
               "it is partitioned at the source, and its partitions come under their own names; "
               "there it is a plain table");
    else if (l->table->kind == 'r' && kind == 'p')
        differ(l, SHAPE_HARMLESS, "", "", "it is partitioned there, and not at the source");
    return l->shape.worst < SHAPE_WRONG;
}

static void compare_parent(Look *l)
{
    const CatalogTable *parent =
        l->table->parent ? catalog_find(l->catalog, l->table->parent) : NULL;
    const char *name =
        parent ? arena_printf(l->arena, "%s.%s", parent->to_schema, parent->to_name) : NULL;

    if (!name || (l->there->parent && strcmp(l->there->parent, name) == 0))
        return;
    differ(l, SHAPE_DOUBTFUL, "",
           arena_printf(l->arena, "attach it to %s there, if its rows are to be seen through that",
                        name),
           arena_printf(l->arena, "a partition of %s at the source, and not there", name));
}

Shape shape_compare(Arena *arena, const Catalog *catalog, const CatalogTable *table,
                    const ThereTable *there, bool makes_keys)
{
    Look l = {.arena = arena,
              .catalog = catalog,
              .table = table,
              .there = there,
              .makes_keys = makes_keys};

    /* a type and a NULL for each column; kind, parent and key */
    l.most = 2 * table->column_count + there->column_count + there->limit_count + 3;
    l.shape.differences = ARENA_ARRAY(arena, ShapeDifference, l.most);
    if (!compare_kind(&l))
        return l.shape;
    compare_parent(&l);
    compare_columns(&l);
    compare_key(&l);
    compare_limits(&l);
    return l.shape;
}

bool shape_is_key(const Shape *shape, const char *column)
{
    CLEANUP(bytes_done) Bytes quoted = {0};

    sql_identifier(&quoted, str_of(column));
    return shape->key && strstr(shape->key, sql_text(&quoted)) != NULL;
}
