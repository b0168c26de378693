#include "schema/selectdb_design.h"

#include "schema/keys.h"
#include "schema/mapping.h"
#include "schema/selectdb_key.h"
#include "schema/selectdb_names.h"
#include "schema/selectdb_type.h"

typedef struct Designer {
    const TaskFile *task;
    const CatalogTable *table;
    const TaskObject *entry; /* NULL: none */
    Arena *arena;
    SelectdbFlawSink *sink;
    void *self;
    SelectdbKey key;
    bool keyed; /* by columns that are a key at the source */
    SelectdbDesign design;
    size_t flaws;
} Designer;

static const SelectdbField OURS[] = {
    {.name = SELECTDB_IS_DELETED, .type = {.kind = DORIS_INT}},
    {.name = SELECTDB_VERSION, .type = {.kind = DORIS_BIGINT}},
    {.name = SELECTDB_RECORD_ID, .type = {.kind = DORIS_BIGINT}},
};

const SelectdbField *selectdb_design_ours(size_t *count)
{
    *count = COUNT_OF(OURS);
    return OURS;
}

/* --- what to write into the task file --- */

static const char *place(const TaskFile *task, const CatalogTable *table, Arena *arena)
{
    const TaskObject *entry = task_file_table(task, table->root_schema, table->root_name);

    return entry ? arena_printf(arena, "%s:%u: ", task->file, entry->line) : "";
}

const char *selectdb_design_entry(const TaskFile *task, Arena *arena, const CatalogTable *table,
                                  const char *says)
{
    const char *where = place(task, table, arena);

    if (where[0])
        return arena_printf(arena, "%sadd to the entry: %s;", where, says);
    return arena_printf(arena, "add to objects: { schema = %s; table = %s; %s; }",
                        selectdb_names_quoted(arena, table->root_schema),
                        selectdb_names_quoted(arena, table->root_name), says);
}

const char *selectdb_design_column_entry(const TaskFile *task, Arena *arena,
                                         const CatalogTable *table, const char *column,
                                         const char *key, const char *value)
{
    return selectdb_design_entry(task, arena, table,
                                 arena_printf(arena, "columns = ( { name = %s; %s = %s; } )",
                                              selectdb_names_quoted(arena, column), key, value));
}

/* --- flaws --- */

static void refuse(Designer *d, const char *id, const char *object, const char *to_do,
                   const char *what)
{
    SelectdbFlaw flaw = {id, object, what, to_do};

    d->flaws++;
    d->sink(d->self, &flaw);
}

static void refuse_table(Designer *d, const char *id, const char *to_do, const char *what)
{
    refuse(d, id, catalog_name(d->arena, d->table), to_do, what);
}

static void refuse_column(Designer *d, const char *id, const char *column, const char *to_do,
                          const char *what)
{
    refuse(d, id, arena_printf(d->arena, "%s.%s", catalog_name(d->arena, d->table), column), to_do,
           what);
}

static const char *column_entry(Designer *d, const char *column, const char *key, const char *value)
{
    return selectdb_design_column_entry(d->task, d->arena, d->table, column, key, value);
}

/* --- names --- */

static bool is_partition(const Designer *d)
{
    return d->table->parent != 0;
}

static void check_table_name(Designer *d)
{
    const char *why = selectdb_names_table(d->table->to_name);
    const char *name;

    if (!why)
        return;
    name = selectdb_names_suggest(d->arena, d->table->to_name, "t", d->table->oid);
    refuse_table(d, "selectdb.name",
                 is_partition(d)
                     ? "rename the partition, or exclude its table"
                     : selectdb_design_entry(d->task, d->arena, d->table,
                                             arena_printf(d->arena, "to_table = \"%s\"", name)),
                 arena_printf(d->arena, "\"%s\" cannot be the name of a table at SelectDB: %s",
                              d->table->to_name, why));
}

static void check_column_name(Designer *d, const SelectdbField *field)
{
    const char *why = selectdb_names_column(field->name);
    const char *name;

    if (!why || !field->source)
        return;
    name = selectdb_names_suggest(d->arena, field->name, "c", field->source->attnum);
    refuse_column(
        d, "selectdb.name", field->source->name,
        column_entry(d, field->source->name, "to", arena_printf(d->arena, "\"%s\"", name)),
        arena_printf(d->arena, "\"%s\" cannot be the name of a column at SelectDB: %s", field->name,
                     why));
}

/* One of the two is the source's, since ours differ from each other. */
static void refuse_clash(Designer *d, const SelectdbField *a, const SelectdbField *b)
{
    const CatalogColumn *column = b->source ? b->source : a->source;
    const SelectdbField *other = b->source ? a : b;
    const char *to = arena_printf(d->arena, "\"%s_%u\"",
                                  selectdb_names_suggest(d->arena, column->to, "c", column->attnum),
                                  column->attnum);

    refuse_column(d, "selectdb.name", column->name, column_entry(d, column->name, "to", to),
                  other->source ? arena_printf(d->arena,
                                               "the columns %s and %s would have one name: "
                                               "SelectDB does not look at case",
                                               a->source->name, b->source->name)
                                : arena_printf(d->arena,
                                               "walferry adds a column of the name %s to a "
                                               "duplicate table",
                                               other->name));
}

static void check_names(Designer *d)
{
    check_table_name(d);
    for (size_t i = 0; i < d->design.field_count; i++) {
        const SelectdbField *field = &d->design.fields[i];

        check_column_name(d, field);
        for (size_t k = 0; k < i; k++) {
            if (selectdb_names_equal(d->design.fields[k].name, field->name))
                refuse_clash(d, &d->design.fields[k], field);
        }
    }
}

/* --- types --- */

static const TaskColumn *entry_of(const Designer *d, const CatalogColumn *column)
{
    TableMapping mapping = {.entry = d->entry};

    return mapping_entry(&mapping, column->name);
}

static void check_asked_type(Designer *d, const TaskColumn *asked, SelectdbField *field)
{
    const char *why = "";
    Error err = {0};

    if (!doris_type_parse(str_of(asked->type), &field->type, &err))
        why = arena_strdup(d->arena, err.message);
    else if (selectdb_type_accepts(field->source, field->type, d->arena, &why) &&
             (!field->key || doris_type_may_be_key(field->type.kind)))
        return;
    else if (!why[0])
        why = arena_printf(d->arena, "%s cannot be a key at SelectDB", asked->type);
    refuse_column(
        d, "selectdb.type", field->source->name,
        arena_printf(d->arena, "%s:%u: give another type, or none", d->task->file, asked->line),
        why);
}

static void settle_type(Designer *d, SelectdbField *field)
{
    const TaskColumn *asked = entry_of(d, field->source);
    const char *why = NULL;

    if (asked && asked->type[0]) {
        check_asked_type(d, asked, field);
        return;
    }
    field->type = selectdb_type_of(field->source);
    if (field->key && !selectdb_type_of_key(field->source, &field->type, &why))
        refuse_column(
            d, "selectdb.key", field->source->name,
            arena_printf(d->arena,
                         "%s; or name other key columns in primary_key, or "
                         "engine = \"duplicate\"",
                         column_entry(d, field->source->name, "type", "\"VARCHAR(65533)\"")),
            why);
}

/* When clocks are put back, two moments have one local time: two rows would have one key. */
static void check_zone(Designer *d, const SelectdbField *field)
{
    const char *zone = d->task->destination.timezone;

    if (!field->key || !d->design.unique || !selectdb_type_loses_zone(field->source) ||
        field->type.kind != DORIS_DATETIME || strcmp(zone, "UTC") == 0)
        return;
    refuse_column(d, "selectdb.key", field->source->name,
                  arena_printf(d->arena, "timezone = \"UTC\" in destination; or %s",
                               column_entry(d, field->source->name, "type", "\"VARCHAR(64)\"")),
                  arena_printf(d->arena,
                               "in the time zone %s two moments may have one local time, and two "
                               "rows one key",
                               zone));
}

/* --- fields --- */

static void add_field(Designer *d, const CatalogColumn *column, bool key)
{
    SelectdbField *field = &d->design.fields[d->design.field_count++];

    *field = (SelectdbField){.source = column, .name = column->to, .key = key};
    field->not_null = key && d->design.unique;
    settle_type(d, field);
    check_zone(d, field);
    d->design.key_count += key;
}

static bool is_in_key(const SelectdbKey *key, uint32_t attnum)
{
    for (size_t i = 0; i < key->count; i++) {
        if (key->attnums[i] == attnum)
            return true;
    }
    return false;
}

/* Neither the copy nor the stream brings one, and SelectDB could not compute it. */
static bool is_left_out(Designer *d, const CatalogColumn *column)
{
    const TaskColumn *asked = entry_of(d, column);

    if (!column->generated)
        return column->skip;
    if (!asked || !asked->skip)
        refuse_column(d, "selectdb.generated", column->name,
                      column_entry(d, column->name, "skip", "true"),
                      "a generated column is not sent by the source");
    return true;
}

/* What sorts a duplicate table is a matter of speed: types that cannot do so are left out. */
static bool may_sort(Designer *d, const CatalogColumn *column)
{
    const TaskColumn *asked = entry_of(d, column);
    DorisType type = selectdb_type_of(column);
    Error err = {0};

    if (asked && asked->type[0] && !doris_type_parse(str_of(asked->type), &type, &err))
        return false;
    return doris_type_may_be_key(type.kind);
}

/* Of a duplicate table: those of the source's key, as far as they may. */
static void cut_sort_key(Designer *d)
{
    size_t kept = 0;

    while (kept < d->key.count) {
        const CatalogColumn *column = catalog_column(d->table, d->key.attnums[kept]);

        if (!column || column->skip || column->generated || !may_sort(d, column))
            break;
        kept++;
    }
    d->key.count = kept;
}

/* Else by the first column that may: SelectDB wants one, and that it stands first. */
static void find_sort_key(Designer *d)
{
    for (size_t i = 0; d->key.count == 0 && i < d->table->column_count; i++) {
        const CatalogColumn *column = &d->table->columns[i];

        if (!column->skip && !column->generated && may_sort(d, column))
            d->key.attnums[d->key.count++] = column->attnum;
    }
}

static void add_keys(Designer *d)
{
    for (size_t i = 0; i < d->key.count; i++) {
        const CatalogColumn *column = catalog_column(d->table, d->key.attnums[i]);

        if (column && column->skip)
            refuse_column(d, "selectdb.key", column->name, "take skip away from it",
                          "is part of the key, and cannot be left out");
        if (column)
            add_field(d, column, true);
    }
}

static void add_fields(Designer *d)
{
    d->design.fields =
        ARENA_ARRAY(d->arena, SelectdbField, d->table->column_count + COUNT_OF(OURS));
    add_keys(d);
    for (size_t i = 0; i < d->table->column_count; i++) {
        const CatalogColumn *column = &d->table->columns[i];

        if (!is_in_key(&d->key, column->attnum) && !is_left_out(d, column))
            add_field(d, column, false);
    }
    for (size_t i = 0; !d->design.unique && i < COUNT_OF(OURS); i++)
        d->design.fields[d->design.field_count++] = OURS[i];
}

/* --- the model --- */

static void check_asked_key(Designer *d)
{
    for (const char **name = d->entry->primary_key; *name; name++) {
        const CatalogColumn *column = NULL;

        for (size_t i = 0; i < d->table->column_count; i++) {
            if (strcmp(d->table->columns[i].name, *name) == 0)
                column = &d->table->columns[i];
        }
        if (!column)
            refuse_column(d, "selectdb.key", *name, "correct primary_key",
                          "the source has no such column");
        else if (!column->not_null)
            refuse_column(d, "selectdb.key", *name,
                          "name columns that are NOT NULL at the source, or engine = \"duplicate\"",
                          "it may be NULL, and a key may not");
    }
    if (d->flaws == 0 && !keys_make_unique(d->table, d->key.attnums, d->key.count))
        refuse_table(d, "selectdb.key",
                     "name the columns of a unique index of the source, or engine = \"duplicate\"",
                     "the columns of primary_key are not unique at the source: rows would replace "
                     "each other");
}

static void check_model(Designer *d)
{
    d->design.unique = d->key.unique;
    if (!d->key.unique)
        cut_sort_key(d);
    d->keyed = d->key.count > 0;
    if (!d->key.unique) {
        find_sort_key(d);
    } else if (d->key.asked) {
        check_asked_key(d);
    } else if (d->key.count == 0) {
        refuse_table(d, "selectdb.engine",
                     "make a primary key at the source, or write engine = \"duplicate\"",
                     "engine is unique, but the source has no key by which rows are told apart");
    }
}

/* --- distribution --- */

static const SelectdbField *field_named(const SelectdbDesign *design, const char *source)
{
    for (size_t i = 0; i < design->field_count; i++) {
        if (design->fields[i].source && strcmp(design->fields[i].source->name, source) == 0)
            return &design->fields[i];
    }
    return NULL;
}

static const char *judge_distribution(const Designer *d, const SelectdbField *field)
{
    if (!field)
        return "there is no such column, or it is skipped";
    if (d->design.unique && !field->key)
        return "it is no key column, and a unique table is distributed by such only";
    return doris_type_may_be_key(field->type.kind)
               ? NULL
               : "SelectDB does not distribute by columns of its type";
}

static void take_distribution(Designer *d, const char **out)
{
    for (const char **name = d->entry->distribution_key; *name; name++) {
        const SelectdbField *field = field_named(&d->design, *name);
        const char *why = judge_distribution(d, field);

        if (why)
            refuse_column(d, "selectdb.distribution", *name, "correct distribution_key", why);
        else
            *out++ = field->name;
    }
}

/* By the key, when the source has one; else a history would lie where its first column is alike. */
static void settle_distribution(Designer *d)
{
    const char **out = ARENA_ARRAY(d->arena, const char *, d->table->column_count + 1);

    d->design.distribution = out;
    if (d->entry && d->entry->distribution_key[0]) {
        take_distribution(d, out);
        return;
    }
    for (size_t i = 0; d->keyed && i < d->design.key_count; i++)
        out[i] = d->design.fields[i].name;
}

static void settle_buckets(Designer *d)
{
    const TaskObject *whole = task_file_schema(d->task, d->table->root_schema);

    if (d->entry && d->entry->bucket_count > 0)
        d->design.buckets = d->entry->bucket_count;
    else if (whole)
        d->design.buckets = whole->bucket_count;
}

static void settle_properties(Designer *d)
{
    static const char *const OWN[] = {"enable_unique_key_merge_on_write",
                                      "function_column.sequence_type",
                                      "function_column.sequence_col", "light_schema_change"};
    const TaskObject *whole = task_file_schema(d->task, d->table->root_schema);
    const TaskObject *from = d->entry && d->entry->property_count > 0 ? d->entry : whole;

    for (size_t i = 0; from && i < from->property_count; i++) {
        for (size_t k = 0; k < COUNT_OF(OWN); k++) {
            if (strcmp(from->properties[i].name, OWN[k]) == 0)
                refuse_table(
                    d, "selectdb.property",
                    arena_printf(d->arena, "%s:%u: leave it out", d->task->file,
                                 from->properties[i].line),
                    arena_printf(d->arena, "the property %s is walferry's to set", OWN[k]));
        }
    }
    d->design.properties = from ? from->properties : NULL;
    d->design.property_count = from ? from->property_count : 0;
}

bool selectdb_design(const TaskFile *task, const CatalogTable *table, Arena *arena,
                     SelectdbFlawSink *sink, void *self, SelectdbDesign *out)
{
    Designer d = {.task = task, .table = table, .arena = arena, .sink = sink, .self = self};

    d.entry = task_file_table(task, table->root_schema, table->root_name);
    d.key = selectdb_key(task, table);
    d.design.source = table;
    check_model(&d);
    add_fields(&d);
    check_names(&d);
    settle_distribution(&d);
    settle_buckets(&d);
    settle_properties(&d);
    *out = d.design;
    return d.flaws == 0;
}

typedef struct First {
    Error *err;
    bool found;
} First;

static void keep_first(void *self, const SelectdbFlaw *flaw)
{
    First *first = self;

    if (first->found)
        return;
    first->found = true;
    error_set(first->err, ERROR_CONFIG, "%s", flaw->what);
    error_object(first->err, "%s", flaw->object);
    error_hint(first->err, "%s", flaw->to_do);
}

bool selectdb_design_settle(const TaskFile *task, const CatalogTable *table, Arena *arena,
                            SelectdbDesign *out, Error *err)
{
    First first = {.err = err};

    return selectdb_design(task, table, arena, keep_first, &first, out);
}
