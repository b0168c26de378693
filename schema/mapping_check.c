#include "schema/mapping_check.h"

#include "common/nearest.h"
#include "schema/keys.h"
#include "schema/map_catalog.h"
#include "schema/mapping.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct MappingCheck {
    const Catalog *catalog;
    const TaskFile *task;
    Arena *arena;
    MappingSink *sink;
    void *self;
} MappingCheck;

/* The place in the task file, "" if there is none to blame. */
static const char *place(const MappingCheck *c, unsigned line)
{
    return line > 0 ? arena_printf(c->arena, "%s:%u: ", c->task->file, line) : "";
}

static void refuse(const MappingCheck *c, const char *object, const char *to_do, const char *what)
{
    MappingFlaw flaw = {.fatal = true, .object = object, .what = what, .to_do = to_do};

    c->sink(c->self, &flaw);
}

static void leave_out(const MappingCheck *c, const char *kind, const CatalogTable *table,
                      const char *name)
{
    MappingFlaw flaw = {
        .kind = kind,
        .object = arena_printf(c->arena, "%s: %s", catalog_name(c->arena, table), name),
        .what = "uses a column that is skipped, and is left out with it",
        .to_do = "make it at the destination yourself where it is wanted, and add "
                 "\"table.not_copied.skipped\" to check.ignore",
    };

    c->sink(c->self, &flaw);
}

/* --- two of one name --- */

/* Tables, sequences and indexes of a schema share their names; at SelectDB only tables with rows
 * are made. */
typedef struct Named {
    const char *schema, *name; /* at the destination */
    const char *source;        /* "table sales.orders" */
    unsigned line;             /* 0: no entry of its own */
} Named;

static int by_name(const void *a, const void *b)
{
    const Named *left = a, *right = b;
    int schemas = strcmp(left->schema, right->schema);

    return schemas ? schemas : strcmp(left->name, right->name);
}

static unsigned line_of(const MappingCheck *c, const CatalogTable *table)
{
    const TaskObject *entry = task_file_table(c->task, table->root_schema, table->root_name);
    const TaskObject *whole = task_file_schema(c->task, table->schema);

    return entry ? entry->line : whole ? whole->line : 0;
}

static bool is_selectdb(const MappingCheck *c)
{
    return c->task->destination.type == DESTINATION_SELECTDB;
}

static size_t name_table(const MappingCheck *c, const CatalogTable *table, Named *out)
{
    size_t count = 0;

    if (is_selectdb(c) && !catalog_has_rows(table))
        return 0;
    out[count++] = (Named){
        .schema = table->to_schema,
        .name = table->to_name,
        .source = arena_printf(c->arena, "table %s", catalog_name(c->arena, table)),
        .line = line_of(c, table),
    };
    for (size_t i = 0; !is_selectdb(c) && i < table->index_count; i++) {
        const CatalogIndex *index = &table->indexes[i];

        if (!map_index_is_left_out(table, index))
            out[count++] = (Named){
                .schema = table->to_schema,
                .name = index->name,
                .source = arena_printf(c->arena, "index %s.%s", index->schema, index->name),
                .line = line_of(c, table),
            };
    }
    return count;
}

static size_t name_all(const MappingCheck *c, Named **out)
{
    size_t most = c->catalog->sequence_count, count = 0;
    Named *names;

    for (size_t i = 0; i < c->catalog->table_count; i++)
        most += 1 + c->catalog->tables[i].index_count;
    names = ARENA_ARRAY(c->arena, Named, most);
    for (size_t i = 0; i < c->catalog->table_count; i++)
        count += name_table(c, &c->catalog->tables[i], &names[count]);
    for (size_t i = 0; !is_selectdb(c) && i < c->catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &c->catalog->sequences[i];

        names[count++] = (Named){
            .schema = sequence->to_schema,
            .name = sequence->name,
            .source = arena_printf(c->arena, "sequence %s.%s", sequence->schema, sequence->name),
        };
    }
    if (count > 0)
        qsort(names, count, sizeof *names, by_name);
    *out = names;
    return count;
}

static void check_names(const MappingCheck *c)
{
    Named *names;
    size_t count = name_all(c, &names);

    for (size_t i = 1; i < count; i++) {
        const Named *a = &names[i - 1], *b = &names[i];

        if (by_name(a, b) == 0)
            refuse(
                c, arena_printf(c->arena, "%s.%s", b->schema, b->name),
                is_selectdb(c)
                    ? "give one of them another to_table or to_database in objects, or exclude it"
                    : "give one of them another to_table or to_schema, or exclude it",
                arena_printf(c->arena, "%s%s and %s would both have this name",
                             place(c, a->line ? a->line : b->line), a->source, b->source));
    }
}

/* --- columns --- */

static const CatalogColumn *find_column(const CatalogTable *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    }
    return NULL;
}

static const char *similar_column(const MappingCheck *c, const CatalogTable *table,
                                  const char *name)
{
    const char **names = ARENA_ARRAY(c->arena, const char *, table->column_count + 1);
    const char *similar;

    for (size_t i = 0; i < table->column_count; i++)
        names[i] = table->columns[i].name;
    similar = nearest_of(name, names);
    return similar ? arena_printf(c->arena, "did you mean \"%s\"?", similar)
                   : "correct or remove the entry in objects.columns";
}

static bool is_in_key(const CatalogTable *table, uint32_t attnum)
{
    const CatalogIndex *key = keys_index(table, table->identity == 'f' || keys_needs_full(table));

    for (size_t i = 0; i < table->index_count; i++) {
        const CatalogIndex *index = &table->indexes[i];
        bool counts = index == key || index->primary || index->identity;

        for (size_t k = 0; counts && k < index->key_count; k++) {
            if (index->keys[k] == attnum)
                return true;
        }
    }
    return false;
}

static const char *why_not_skipped(const CatalogTable *table, const CatalogColumn *column)
{
    if (is_in_key(table, column->attnum))
        return "cannot be skipped: it is part of the key by which rows are found";
    if (catalog_uses(table->partition_uses, column->attnum))
        return "cannot be skipped: it is part of the partition key";
    return NULL;
}

static void check_skips(const MappingCheck *c, const CatalogTable *table, const TaskObject *entry)
{
    for (size_t i = 0; i < entry->column_count; i++) {
        const CatalogColumn *column = find_column(table, entry->columns[i].name);
        const char *why = column && entry->columns[i].skip ? why_not_skipped(table, column) : NULL;

        if (why)
            refuse(c, arena_printf(c->arena, "%s.%s", catalog_name(c->arena, table), column->name),
                   "take skip away from it",
                   arena_printf(c->arena, "%s%s", place(c, entry->columns[i].line), why));
    }
}

static void check_entry(const MappingCheck *c, const CatalogTable *table, const TaskObject *entry)
{
    for (size_t i = 0; i < entry->column_count; i++) {
        const TaskColumn *column = &entry->columns[i];

        if (!find_column(table, column->name))
            refuse(
                c, arena_printf(c->arena, "%s.%s", catalog_name(c->arena, table), column->name),
                similar_column(c, table, column->name),
                arena_printf(c->arena, "%sthe source has no such column", place(c, column->line)));
    }
}

static int by_new_name(const void *a, const void *b)
{
    const CatalogColumn *left = *(const CatalogColumn *const *)a;
    const CatalogColumn *right = *(const CatalogColumn *const *)b;

    return strcmp(left->to, right->to);
}

static void check_column_names(const MappingCheck *c, const CatalogTable *table)
{
    const CatalogColumn **columns =
        ARENA_ARRAY(c->arena, const CatalogColumn *, table->column_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].skip)
            columns[count++] = &table->columns[i];
    }
    if (count == 0 && table->column_count > 0)
        refuse(
            c, catalog_name(c->arena, table), "exclude the table instead",
            arena_printf(c->arena, "%sall its columns are skipped", place(c, line_of(c, table))));
    if (is_selectdb(c))
        return; /* selectdb_design() looks at names as SelectDB does */
    if (count > 0)
        qsort(columns, count, sizeof(CatalogColumn *), by_new_name);
    for (size_t i = 1; i < count; i++) {
        if (by_new_name(&columns[i - 1], &columns[i]) == 0)
            refuse(
                c, arena_printf(c->arena, "%s.%s", catalog_name(c->arena, table), columns[i]->to),
                "give one of them another name with to",
                arena_printf(c->arena, "%scolumns %s and %s would both have this name",
                             place(c, line_of(c, table)), columns[i - 1]->name, columns[i]->name));
    }
}

static bool columns_differ(const CatalogTable *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].skip)
            return true;
    }
    return map_columns_are_renamed(table);
}

/* Such a column belongs to a type, or to several tables. */
static void check_shared_columns(const MappingCheck *c, const CatalogTable *table)
{
    static const char TO_DO[] = "leave its columns as they are, or exclude the table";
    char *end = NULL;

    if ((table->of_type || table->inherits_from) && columns_differ(table))
        refuse(c, catalog_name(c->arena, table), TO_DO,
               arena_printf(c->arena,
                            "%scolumns that come from a parent or a type cannot be renamed "
                            "or skipped yet",
                            place(c, line_of(c, table))));
    for (const char *at = table->inherits_from ? table->inherits_from : ""; *at; at = end) {
        const CatalogTable *parent = catalog_find(c->catalog, (uint32_t)strtoul(at, &end, 10));

        if (end == at)
            return;
        if (parent && columns_differ(parent))
            refuse(c, catalog_name(c->arena, parent), TO_DO,
                   arena_printf(c->arena,
                                "%scolumns that %s inherits cannot be renamed or skipped "
                                "yet",
                                place(c, line_of(c, parent)), catalog_name(c->arena, table)));
    }
}

static bool is_root(const CatalogTable *table)
{
    return strcmp(table->schema, table->root_schema) == 0 &&
           strcmp(table->name, table->root_name) == 0;
}

/* --- what is left out --- */

static void check_left_out(const MappingCheck *c, const CatalogTable *table)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (map_index_is_left_out(table, &table->indexes[i]))
            leave_out(c, "index", table, table->indexes[i].name);
    }
    for (size_t i = 0; i < table->constraint_count; i++) {
        const CatalogConstraint *constraint = &table->constraints[i];

        if (map_constraint_is_left_out(c->catalog, table, constraint))
            leave_out(c, constraint->type == 'f' ? "foreign key" : "constraint", table,
                      constraint->name);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        const CatalogColumn *column = &table->columns[i];
        const TaskObject *entry = task_file_table(c->task, table->root_schema, table->root_name);
        TableMapping mapping = {.entry = entry};
        const TaskColumn *asked = mapping_entry(&mapping, column->name);

        if (column->skip && !(asked && asked->skip))
            leave_out(c, "generated column", table, column->name);
    }
}

/* The name before which an index's definition could be cut is as the server always writes it. */
static void check_definitions(const MappingCheck *c, const CatalogTable *table)
{
    for (size_t i = 0; i < table->index_count && map_table_is_renamed(table); i++) {
        if (!table->indexes[i].body)
            refuse(c,
                   arena_printf(c->arena, "%s: %s", catalog_name(c->arena, table),
                                table->indexes[i].name),
                   "leave the table's name as it is, or drop the index",
                   "the definition of the index cannot be given another table");
    }
}

void mapping_each(const Catalog *catalog, const TaskFile *task, Arena *arena, MappingSink *sink,
                  void *self)
{
    MappingCheck c = {catalog, task, arena, sink, self};

    check_names(&c);
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];
        const TaskObject *entry = task_file_table(task, table->root_schema, table->root_name);

        if (entry && is_root(table))
            check_entry(&c, table, entry);
        if (entry)
            check_skips(&c, table, entry);
        check_column_names(&c, table);
        if (is_selectdb(&c))
            continue; /* nothing of what follows is made there */
        check_shared_columns(&c, table);
        check_left_out(&c, table);
        check_definitions(&c, table);
    }
}

typedef struct First {
    Error *err;
    bool found;
} First;

static void keep_first(void *self, const MappingFlaw *flaw)
{
    First *first = self;

    if (!flaw->fatal || first->found)
        return;
    first->found = true;
    error_set(first->err, ERROR_CONFIG, "%s", flaw->what);
    error_object(first->err, "%s", flaw->object);
    error_hint(first->err, "%s", flaw->to_do);
}

bool mapping_settle(Catalog *catalog, const TaskFile *task, Arena *arena, Error *err)
{
    First first = {.err = err};

    mapping_each(catalog, task, arena, keep_first, &first);
    if (first.found)
        return false;
    map_catalog_leave_out(catalog);
    return true;
}
