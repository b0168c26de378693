#include "schema/map_catalog.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/mapping.h"
#include "schema/selectdb_key.h"

#include <stdlib.h>

/* A task that maps nothing pays for nothing. */
static bool maps_anything(const TaskFile *task)
{
    for (size_t i = 0; i < task->object_count; i++) {
        const TaskObject *object = &task->objects[i];

        if (object->to_schema[0] || object->to_table[0] || object->operations ||
            object->column_count > 0)
            return true;
    }
    return task->case_policy != CASE_SOURCE || task->destination.type == DESTINATION_SELECTDB;
}

bool map_uses_skipped(const CatalogTable *table, const char *uses)
{
    for (size_t i = 0; uses && i < table->column_count; i++) {
        if (table->columns[i].skip && catalog_uses(uses, table->columns[i].attnum))
            return true;
    }
    return false;
}

/* A generated column goes with what it is made of; it cannot be made of another generated one. */
static void skip_generated(CatalogTable *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        CatalogColumn *column = &table->columns[i];

        if (column->generated && map_uses_skipped(table, column->uses))
            column->skip = true;
    }
}

static void map_table(CatalogTable *table, const TaskFile *task, Arena *arena)
{
    TableMapping mapping = mapping_table(task, arena, table->root_schema, table->root_name,
                                         table->schema, table->name);

    table->to_schema = mapping.schema;
    table->to_name = mapping.table;
    table->left_out = mapping.left_out;
    for (size_t i = 0; i < table->column_count; i++) {
        CatalogColumn *column = &table->columns[i];
        const TaskColumn *entry = mapping_entry(&mapping, column->name);

        column->to = mapping_column(task, arena, &mapping, column->name);
        column->skip = entry && entry->skip;
    }
    skip_generated(table);
}

/* --- sequences: with the table that owns them, in the defaults that use them --- */

static void map_sequence(const Catalog *catalog, CatalogSequence *sequence, const TaskFile *task,
                         Arena *arena)
{
    const CatalogTable *owner = sequence->table ? catalog_find(catalog, sequence->table) : NULL;

    if (owner && strcmp(owner->schema, sequence->schema) == 0)
        sequence->to_schema = owner->to_schema;
    else
        sequence->to_schema = mapping_schema(task, arena, sequence->schema);
}

static bool is_owned_by_skipped(const Catalog *catalog, const CatalogSequence *sequence)
{
    const CatalogTable *owner = sequence->table ? catalog_find(catalog, sequence->table) : NULL;
    const CatalogColumn *column = owner ? catalog_column(owner, sequence->attnum) : NULL;

    return column && column->skip;
}

static void map_sequences(Catalog *catalog, const TaskFile *task, Arena *arena)
{
    size_t kept = 0;

    for (size_t i = 0; i < catalog->sequence_count; i++) {
        CatalogSequence *sequence = &catalog->sequences[i];

        map_sequence(catalog, sequence, task, arena);
        if (!is_owned_by_skipped(catalog, sequence))
            catalog->sequences[kept++] = *sequence;
    }
    catalog->sequence_count = kept;
}

static int compare_oid(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const CatalogSequence *)element)->oid;

    return a < b ? -1 : a > b;
}

static const CatalogSequence *find_sequence(const Catalog *catalog, uint32_t oid)
{
    if (catalog->sequence_count == 0)
        return NULL;
    return bsearch(&oid, catalog->sequences, catalog->sequence_count, sizeof *catalog->sequences,
                   compare_oid);
}

static const char *replaced(Arena *arena, const char *text, const char *what, const char *by)
{
    CLEANUP(bytes_done) Bytes out = {0};
    const char *found;

    for (; (found = strstr(text, what)); text = found + strlen(what)) {
        bytes_add(&out, text, (size_t)(found - text));
        bytes_add_str(&out, str_of(by));
    }
    bytes_add_str(&out, str_of(text));
    return arena_copy(arena, bytes_str(&out)).data;
}

/*
 * The server writes a sequence as 'schema.name'::regclass, and pg_depend says which ones are there:
 * so this constant, and nothing else, is exchanged.
 */
static const char *with_moved(Arena *arena, const char *sql, const CatalogSequence *sequence)
{
    CLEANUP(bytes_done) Bytes name = {0};
    CLEANUP(bytes_done) Bytes literal = {0};

    if (strcmp(sequence->to_schema, sequence->schema) == 0)
        return sql;
    sql_qualified(&name, str_of(sequence->to_schema), str_of(sequence->name));
    sql_literal(&literal, bytes_str(&name));
    return replaced(arena, sql, arena_printf(arena, "%s::regclass", sequence->literal),
                    arena_printf(arena, "%s::regclass", sql_text(&literal)));
}

static void map_default(const Catalog *catalog, CatalogColumn *column, Arena *arena)
{
    char *end = NULL;

    for (const char *at = column->sequences ? column->sequences : ""; *at; at = end) {
        uint32_t oid = (uint32_t)strtoul(at, &end, 10);
        const CatalogSequence *sequence = find_sequence(catalog, oid);

        if (end == at)
            return;
        if (sequence)
            column->default_sql = with_moved(arena, column->default_sql, sequence);
    }
}

static void map_defaults(const Catalog *catalog, Arena *arena)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        CatalogTable *table = &catalog->tables[i];

        for (size_t k = 0; k < table->column_count; k++)
            map_default(catalog, &table->columns[k], arena);
    }
}

/* --- indexes and foreign keys: what is said of tables; columns in expressions are for later --- */

void map_index_definition(CatalogIndex *index, const CatalogTable *table, Arena *arena)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
    sql_identifier(&sql, str_of(index->name));
    sql_add(&sql, " ON %s", index->partitioned ? "ONLY " : "");
    sql_qualified(&sql, str_of(table->to_schema), str_of(table->to_name));
    sql_add(&sql, " %s", index->body);
    index->definition = arena_copy(arena, bytes_str(&sql)).data;
}

/* "a", "b": the columns of such a list, in its order. */
static void add_columns(Bytes *sql, const CatalogTable *table, const char *uses, bool period)
{
    char *end = NULL;
    bool begun = false;

    for (const char *at = uses ? uses : ""; *at; at = end) {
        const CatalogColumn *column = catalog_column(table, (uint32_t)strtoul(at, &end, 10));

        if (end == at)
            return;
        sql_add(sql, "%s%s", begun ? ", " : "", period && *end == '\0' ? "PERIOD " : "");
        begun = true;
        sql_identifier(sql, str_of(column ? column->to : ""));
    }
}

static const char *foreign_key(Arena *arena, const CatalogTable *table,
                               const CatalogTable *referenced, const CatalogConstraint *key)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "FOREIGN KEY (");
    add_columns(&sql, table, key->uses, key->period);
    sql_add(&sql, ") REFERENCES ");
    sql_qualified(&sql, str_of(referenced->to_schema), str_of(referenced->to_name));
    sql_add(&sql, "(");
    add_columns(&sql, referenced, key->referenced_uses, key->period);
    sql_add(&sql, ")%s%s", key->on_update, key->on_delete);
    if (key->on_delete_uses) {
        sql_add(&sql, " (");
        add_columns(&sql, table, key->on_delete_uses, false);
        sql_add(&sql, ")");
    }
    sql_add(&sql, "%s", key->ending);
    return arena_copy(arena, bytes_str(&sql)).data;
}

static bool is_mapped(const CatalogTable *table)
{
    return map_table_is_renamed(table) || map_columns_are_renamed(table);
}

static void map_foreign_key(const Catalog *catalog, const CatalogTable *table,
                            CatalogConstraint *key, Arena *arena)
{
    const CatalogTable *referenced = catalog_find(catalog, key->referenced);

    if (referenced && (is_mapped(table) || is_mapped(referenced)))
        key->definition = foreign_key(arena, table, referenced, key);
}

static void map_definitions(const Catalog *catalog, Arena *arena)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        CatalogTable *table = &catalog->tables[i];

        for (size_t k = 0; k < table->index_count; k++) {
            if (table->indexes[k].body && map_table_is_renamed(table))
                map_index_definition(&table->indexes[k], table, arena);
        }
        for (size_t k = 0; k < table->constraint_count; k++) {
            if (table->constraints[k].type == 'f')
                map_foreign_key(catalog, table, &table->constraints[k], arena);
        }
    }
}

void map_catalog_tables(Catalog *catalog, const TaskFile *task, Arena *arena)
{
    for (size_t i = 0; maps_anything(task) && i < catalog->table_count; i++)
        map_table(&catalog->tables[i], task, arena);
}

void map_catalog(Catalog *catalog, const TaskFile *task, Arena *arena)
{
    if (task->destination.type == DESTINATION_SELECTDB) {
        selectdb_key_mark(catalog, task); /* nothing else of the source's is made there */
        return;
    }
    if (!maps_anything(task))
        return;
    map_sequences(catalog, task, arena);
    map_defaults(catalog, arena);
    map_definitions(catalog, arena);
}

/* --- what is left out with a column --- */

bool map_index_is_left_out(const CatalogTable *table, const CatalogIndex *index)
{
    return map_uses_skipped(table, index->uses);
}

bool map_constraint_is_left_out(const Catalog *catalog, const CatalogTable *table,
                                const CatalogConstraint *constraint)
{
    const CatalogTable *referenced =
        constraint->type == 'f' ? catalog_find(catalog, constraint->referenced) : NULL;

    return map_uses_skipped(table, constraint->uses) ||
           (referenced && map_uses_skipped(referenced, constraint->referenced_uses));
}

static void leave_out_of(const Catalog *catalog, CatalogTable *table)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->index_count; i++) {
        if (!map_index_is_left_out(table, &table->indexes[i]))
            table->indexes[kept++] = table->indexes[i];
    }
    table->index_count = kept;
    kept = 0;
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (!map_constraint_is_left_out(catalog, table, &table->constraints[i]))
            table->constraints[kept++] = table->constraints[i];
    }
    table->constraint_count = kept;
}

void map_catalog_leave_out(Catalog *catalog)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        leave_out_of(catalog, &catalog->tables[i]);
}

bool map_table_is_renamed(const CatalogTable *table)
{
    return strcmp(table->schema, table->to_schema) != 0 || strcmp(table->name, table->to_name) != 0;
}

bool map_columns_are_renamed(const CatalogTable *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].skip && strcmp(table->columns[i].name, table->columns[i].to) != 0)
            return true;
    }
    return false;
}
