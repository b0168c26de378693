#include "schema/existing_keys.h"

#include "common/sql_text.h"
#include "existing_keys.sql.h"
#include "schema/created.h"
#include "schema/existing.h"

#include <stdlib.h>

/* The user's tables, and what each has, in order of the tables. */
typedef struct Keys {
    CatalogTable **tables;
    size_t count;
    PgRows *rows;
} Keys;

static void keys_done(Keys *keys)
{
    pg_rows_done(&keys->rows);
}

/* Of one table. */
typedef struct KeyRows {
    const PgRows *rows;
    int first, end;
} KeyRows;

/* What was left out, so that what is attached to it is too. */
typedef struct LeftOut {
    CatalogIndex *indexes;
    size_t count;
} LeftOut;

static bool has_key(const KeyRows *keys, const char *name, bool primary)
{
    for (int row = keys->first; row < keys->end; row++) {
        if (strcmp(pg_text(keys->rows, row, "name"), name) == 0 ||
            (primary && pg_bool(keys->rows, row, "is_primary")))
            return true;
    }
    return false;
}

static void leave_out_of_table(CatalogTable *table, const KeyRows *keys, LeftOut *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->index_count; i++) {
        CatalogIndex *index = &table->indexes[i];
        CatalogIndex *to = has_key(keys, index->name, index->primary) ? &out->indexes[out->count++]
                                                                      : &table->indexes[kept++];

        *to = *index;
    }
    table->index_count = kept;
    kept = 0;
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (!has_key(keys, table->constraints[i].name, false))
            table->constraints[kept++] = table->constraints[i];
    }
    table->constraint_count = kept;
}

static void leave_out_of_tables(const Keys *keys, LeftOut *out)
{
    int row = 0;

    for (size_t i = 0; i < keys->count; i++) {
        KeyRows own = {keys->rows, row, row};

        while (own.end < pg_rows_count(keys->rows) &&
               pg_int(keys->rows, own.end, "place") == (int64_t)i + 1)
            own.end++;
        leave_out_of_table(keys->tables[i], &own, out);
        row = own.end;
    }
}

/* --- partitions --- */

static int compare_names(const char *schema_a, const char *name_a, const char *schema_b,
                         const char *name_b)
{
    int schemas = strcmp(schema_a, schema_b);

    return schemas ? schemas : strcmp(name_a, name_b);
}

static int by_name(const void *a, const void *b)
{
    const CatalogIndex *left = a, *right = b;

    return compare_names(left->schema, left->name, right->schema, right->name);
}

static int parent_to_index(const void *key, const void *element)
{
    const CatalogIndex *of = key, *index = element;

    return compare_names(of->parent_schema, of->parent_name, index->schema, index->name);
}

/* sorted: of what was left out, so many are in order. */
static bool parent_is_left_out(const LeftOut *out, size_t sorted, const CatalogIndex *index)
{
    return index->parent_name &&
           bsearch(index, out->indexes, sorted, sizeof *out->indexes, parent_to_index) != NULL;
}

static void leave_out_attached(CatalogTable *table, size_t sorted, LeftOut *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->index_count; i++) {
        CatalogIndex *index = &table->indexes[i];
        CatalogIndex *to = parent_is_left_out(out, sorted, index) ? &out->indexes[out->count++]
                                                                  : &table->indexes[kept++];

        *to = *index;
    }
    table->index_count = kept;
}

/* Each turn goes a level of partitions deeper. */
static void leave_out_all_attached(Catalog *catalog, const Existing *existing, LeftOut *out)
{
    size_t sorted = 0;

    while (out->count > sorted) {
        sorted = out->count;
        qsort(out->indexes, sorted, sizeof *out->indexes, by_name);
        for (size_t i = 0; i < catalog->table_count; i++) {
            const ExistingTable *there = &existing->tables[i];

            if (there->standing == STANDING_OURS || there->there.parent)
                leave_out_attached(&catalog->tables[i], sorted, out);
        }
    }
}

/* --- together --- */

static bool read_keys(Pg *pg, Catalog *catalog, const Existing *existing, Arena *arena, Keys *out,
                      Error *err)
{
    CLEANUP(bytes_done) Bytes schema_list = {0};
    CLEANUP(bytes_done) Bytes name_list = {0};
    const char **schemas = ARENA_ARRAY(arena, const char *, catalog->table_count);
    const char **names = ARENA_ARRAY(arena, const char *, catalog->table_count);

    out->tables = ARENA_ARRAY(arena, CatalogTable *, catalog->table_count);
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (existing->tables[i].standing != STANDING_USABLE)
            continue;
        schemas[out->count] = catalog->tables[i].to_schema;
        names[out->count] = catalog->tables[i].to_name;
        out->tables[out->count++] = &catalog->tables[i];
    }
    created_text_array(&schema_list, schemas, out->count);
    created_text_array(&name_list, names, out->count);

    const char *values[] = {sql_text(&schema_list), sql_text(&name_list)};

    return pg_query(pg, SQL_EXISTING_KEYS, 2, values, &out->rows, err) ||
           error_wrap(err, "look for keys that are there already");
}

static size_t count_indexes(const Catalog *catalog)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->table_count; i++)
        count += catalog->tables[i].index_count;
    return count;
}

bool existing_keys_leave_out(Pg *pg, const TaskFile *task, Catalog *catalog, Arena *arena,
                             Error *err)
{
    CLEANUP(keys_done) Keys keys = {0};
    LeftOut out = {ARENA_ARRAY(arena, CatalogIndex, count_indexes(catalog)), 0};
    Existing existing;

    if (!existing_read(pg, task, catalog, arena, &existing, err) ||
        !read_keys(pg, catalog, &existing, arena, &keys, err))
        return false;
    leave_out_of_tables(&keys, &out);
    leave_out_all_attached(catalog, &existing, &out);
    return true;
}
