#include "schema/existing.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/sql_text.h"
#include "existing_relations.sql.h"
#include "schema/created.h"
#include "schema/own_objects.h"

#include <stdlib.h>

static const char *object_of(Arena *arena, const char *kind, const char *schema, const char *name)
{
    CLEANUP(mem_free) char *object = created_object(kind, schema, name);

    return arena_strdup(arena, object);
}

const char *existing_table_object(Arena *arena, const CatalogTable *table)
{
    return object_of(arena, "table", table->schema, table->name);
}

const char *existing_sequence_object(Arena *arena, const CatalogSequence *sequence)
{
    return object_of(arena, "sequence", sequence->schema, sequence->name);
}

const char *existing_empty_object(Arena *arena, const CatalogTable *table)
{
    return object_of(arena, "empty", table->schema, table->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const CatalogColumn *const *)a)->name,
                  (*(const CatalogColumn *const *)b)->name);
}

const char *existing_shape(Arena *arena, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes text = {0};
    const CatalogColumn **columns = ARENA_ARRAY(arena, const CatalogColumn *, table->column_count);

    for (size_t i = 0; i < table->column_count; i++)
        columns[i] = &table->columns[i];
    if (table->column_count > 0)
        qsort(columns, table->column_count, sizeof *columns, by_name);
    for (size_t i = 0; i < table->column_count; i++)
        sql_add(&text, "%s%s %s", i ? ", " : "", columns[i]->name, columns[i]->type_text);
    return arena_copy(arena, bytes_str(&text)).data;
}

/* Tables first, then sequences. */
typedef struct Names {
    const char **schemas, **names, **objects;
    size_t count;
} Names;

static Names list_names(Arena *arena, const Catalog *catalog)
{
    size_t most = catalog->table_count + catalog->sequence_count;
    Names out = {ARENA_ARRAY(arena, const char *, most), ARENA_ARRAY(arena, const char *, most),
                 ARENA_ARRAY(arena, const char *, most), 0};

    for (size_t i = 0; i < catalog->table_count; i++, out.count++) {
        out.schemas[out.count] = catalog->tables[i].schema;
        out.names[out.count] = catalog->tables[i].name;
        out.objects[out.count] = existing_table_object(arena, &catalog->tables[i]);
    }
    for (size_t i = 0; i < catalog->sequence_count; i++, out.count++) {
        out.schemas[out.count] = catalog->sequences[i].schema;
        out.names[out.count] = catalog->sequences[i].name;
        out.objects[out.count] = existing_sequence_object(arena, &catalog->sequences[i]);
    }
    return out;
}

/* None before the first PREPARE, when `check` asks. */
static bool find_ours(Pg *pg, const TaskFile *task, const Names *names, bool *ours, Error *err)
{
    bool exists = false;

    if (!own_objects_exist(pg, "walferry.created", &exists, err))
        return false;
    return !exists || created_find(pg, task, names->objects, names->count, ours, err);
}

static Standing judge_table(const PgRows *rows, int row, bool ours, const char *shape)
{
    if (!pg_bool(rows, row, "exists"))
        return STANDING_FREE;
    if (ours)
        return STANDING_OURS;
    if (pg_bool(rows, row, "is_table") && strcmp(pg_text(rows, row, "columns"), shape) == 0)
        return STANDING_SAME;
    return STANDING_DIFFERENT;
}

static Standing judge_sequence(const PgRows *rows, int row, bool ours)
{
    if (!pg_bool(rows, row, "exists"))
        return STANDING_FREE;
    return ours ? STANDING_OURS : STANDING_SAME;
}

static void judge_all(const PgRows *rows, const Catalog *catalog, const bool *ours, Arena *arena,
                      Existing *out)
{
    size_t tables = catalog->table_count;

    out->tables = ARENA_ARRAY(arena, Standing, tables);
    out->table_shapes = ARENA_ARRAY(arena, const char *, tables);
    out->sequences = ARENA_ARRAY(arena, Standing, catalog->sequence_count);
    for (size_t i = 0; i < tables; i++) {
        out->tables[i] =
            judge_table(rows, (int)i, ours[i], existing_shape(arena, &catalog->tables[i]));
        if (out->tables[i] != STANDING_FREE)
            out->table_shapes[i] = arena_strdup(arena, pg_text(rows, (int)i, "columns"));
    }
    for (size_t i = 0; i < catalog->sequence_count; i++)
        out->sequences[i] = judge_sequence(rows, (int)(tables + i), ours[tables + i]);
}

bool existing_read(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                   Existing *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schemas = {0};
    CLEANUP(bytes_done) Bytes relations = {0};
    Names names = list_names(arena, catalog);
    bool *ours = ARENA_ARRAY(arena, bool, names.count);

    created_text_array(&schemas, names.schemas, names.count);
    created_text_array(&relations, names.names, names.count);

    const char *values[] = {sql_text(&schemas), sql_text(&relations)};

    if (!find_ours(pg, task, &names, ours, err))
        return false;
    if (!pg_query(pg, SQL_EXISTING_RELATIONS, 2, values, &rows, err))
        return error_wrap(err, "look for tables that are there already");
    judge_all(rows, catalog, ours, arena, out);
    return true;
}
