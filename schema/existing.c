#include "schema/existing.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/own_objects.h"

/* clang-format off */
#include "existing_columns.sql.h"
#include "existing_limits.sql.h"
#include "existing_relations.sql.h"
/* clang-format on */

static const char *object_of(Arena *arena, const char *kind, const char *schema, const char *name)
{
    CLEANUP(mem_free) char *object = created_object(kind, schema, name);

    return arena_strdup(arena, object);
}

const char *existing_table_object(Arena *arena, const CatalogTable *table)
{
    return object_of(arena, "table", table->to_schema, table->to_name);
}

const char *existing_sequence_object(Arena *arena, const CatalogSequence *sequence)
{
    return object_of(arena, "sequence", sequence->to_schema, sequence->name);
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
        out.schemas[out.count] = catalog->tables[i].to_schema;
        out.names[out.count] = catalog->tables[i].to_name;
        out.objects[out.count] = existing_table_object(arena, &catalog->tables[i]);
    }
    for (size_t i = 0; i < catalog->sequence_count; i++, out.count++) {
        out.schemas[out.count] = catalog->sequences[i].to_schema;
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

static Standing judge_sequence(const PgRows *rows, int row, bool ours)
{
    if (!pg_bool(rows, row, "exists"))
        return STANDING_FREE;
    return ours ? STANDING_OURS : STANDING_USABLE;
}

/* The rows of a query that are a table's stand together, in order of the tables. */
static int rows_of(const PgRows *rows, int first, size_t place)
{
    int row = first;

    while (row < pg_rows_count(rows) && pg_int(rows, row, "place") == (int64_t)place)
        row++;
    return row - first;
}

static ThereColumn read_column(const PgRows *rows, int row, Arena *arena)
{
    return (ThereColumn){
        .name = arena_strdup(arena, pg_text(rows, row, "name")),
        .type_text = arena_strdup(arena, pg_text(rows, row, "type_text")),
        .type_oid = (uint32_t)pg_int(rows, row, "type_oid"),
        .type_modifier = (int32_t)pg_int(rows, row, "type_modifier"),
        .not_null = pg_bool(rows, row, "not_null"),
        .filled = pg_bool(rows, row, "filled"),
        .generated = pg_bool(rows, row, "generated"),
        .identity_always = pg_bool(rows, row, "identity_always"),
    };
}

static void take_columns(const PgRows *rows, Arena *arena, Existing *out, size_t count)
{
    int row = 0;

    for (size_t i = 0; i < count; i++) {
        ThereTable *there = &out->tables[i].there;
        int columns = rows_of(rows, row, i);

        there->columns = ARENA_ARRAY(arena, ThereColumn, (size_t)columns);
        for (int last = row + columns; row < last; row++)
            there->columns[there->column_count++] = read_column(rows, row, arena);
    }
}

static ThereLimit read_limit(const PgRows *rows, int row, Arena *arena)
{
    char kind = pg_text(rows, row, "kind")[0];

    return (ThereLimit){
        .kind = kind == 'u'   ? LIMIT_UNIQUE
                : kind == 'x' ? LIMIT_EXCLUSION
                              : LIMIT_CHECK,
        .name = arena_strdup(arena, pg_text(rows, row, "name")),
        .primary = pg_bool(rows, row, "primary"),
        .immediate = pg_bool(rows, row, "immediate"),
        .plain = pg_bool(rows, row, "plain"),
        .columns = arena_strdup(arena, pg_text(rows, row, "columns")),
    };
}

static void take_limits(const PgRows *rows, Arena *arena, Existing *out, size_t count)
{
    int row = 0;

    for (size_t i = 0; i < count; i++) {
        ThereTable *there = &out->tables[i].there;
        int limits = rows_of(rows, row, i);

        there->limits = ARENA_ARRAY(arena, ThereLimit, (size_t)limits);
        for (int last = row + limits; row < last; row++)
            there->limits[there->limit_count++] = read_limit(rows, row, arena);
    }
}

/* oids: of each table, 0 where there is none. */
static bool read_tables(Pg *pg, const char *oids, Arena *arena, Existing *out, size_t count,
                        Error *err)
{
    CLEANUP(pg_rows_done) PgRows *columns = NULL;
    CLEANUP(pg_rows_done) PgRows *limits = NULL;

    if (!pg_query(pg, SQL_EXISTING_COLUMNS, 1, &oids, &columns, err) ||
        !pg_query(pg, SQL_EXISTING_LIMITS, 1, &oids, &limits, err))
        return false;
    take_columns(columns, arena, out, count);
    take_limits(limits, arena, out, count);
    return true;
}

static void judge_table(const TaskFile *task, const Catalog *catalog, size_t number, bool ours,
                        Arena *arena, ExistingTable *out)
{
    if (!out->there.kind || ours) {
        out->standing = ours && out->there.kind ? STANDING_OURS : STANDING_FREE;
        return;
    }
    out->shape =
        shape_compare(arena, catalog, &catalog->tables[number], &out->there, task->phase_schema);
    out->standing = out->shape.worst == SHAPE_WRONG ? STANDING_UNUSABLE : STANDING_USABLE;
}

/* {16384,0}: as oid[] */
static void take_relations(const PgRows *rows, Arena *arena, Existing *out, size_t count,
                           Bytes *oids)
{
    bytes_add_u8(oids, '{');
    for (size_t i = 0; i < count; i++) {
        ThereTable *there = &out->tables[i].there;

        there->kind = pg_text(rows, (int)i, "kind")[0];
        if (!pg_is_null(rows, (int)i, "acts"))
            out->tables[i].acts = arena_strdup(arena, pg_text(rows, (int)i, "acts"));
        out->tables[i].usable = pg_bool(rows, (int)i, "usable");
        out->tables[i].owned = pg_bool(rows, (int)i, "owned");
        out->tables[i].owner = arena_strdup(arena, pg_text(rows, (int)i, "owner"));
        out->tables[i].lacks = arena_strdup(arena, pg_text(rows, (int)i, "lacks"));
        if (!pg_is_null(rows, (int)i, "parent"))
            there->parent = arena_strdup(arena, pg_text(rows, (int)i, "parent"));
        sql_add(oids, "%s%s", i ? "," : "", pg_text(rows, (int)i, "oid"));
    }
    bytes_add_u8(oids, '}');
}

static bool find_relations(Pg *pg, const Names *names, PgRows **rows, Error *err)
{
    CLEANUP(bytes_done) Bytes schemas = {0};
    CLEANUP(bytes_done) Bytes relations = {0};

    created_text_array(&schemas, names->schemas, names->count);
    created_text_array(&relations, names->names, names->count);

    const char *values[] = {sql_text(&schemas), sql_text(&relations)};

    return pg_query(pg, SQL_EXISTING_RELATIONS, 2, values, rows, err);
}

bool existing_read(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                   Existing *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes oids = {0};
    Names names = list_names(arena, catalog);
    bool *ours = ARENA_ARRAY(arena, bool, names.count);
    size_t tables = catalog->table_count;

    out->tables = ARENA_ARRAY(arena, ExistingTable, tables);
    out->sequences = ARENA_ARRAY(arena, Standing, catalog->sequence_count);
    if (!find_ours(pg, task, &names, ours, err))
        return false;
    if (!find_relations(pg, &names, &rows, err))
        return error_wrap(err, "look for tables that are there already");
    take_relations(rows, arena, out, tables, &oids);
    if (!read_tables(pg, sql_text(&oids), arena, out, tables, err))
        return error_wrap(err, "look at the tables that are there already");
    for (size_t i = 0; i < tables; i++)
        judge_table(task, catalog, i, ours[i], arena, &out->tables[i]);
    for (size_t i = 0; i < catalog->sequence_count; i++)
        out->sequences[i] = judge_sequence(rows, (int)(tables + i), ours[tables + i]);
    return true;
}

const char *existing_hindrance(Arena *arena, const ExistingTable *table)
{
    CLEANUP(bytes_done) Bytes text = {.limit = 500};

    for (size_t i = 0; i < table->shape.count; i++) {
        const ShapeDifference *difference = &table->shape.differences[i];

        if (difference->level == SHAPE_WRONG)
            sql_add(&text, "%s%s%s%s", text.len ? "; " : "", difference->column,
                    difference->column[0] ? ": " : "", difference->what);
    }
    return arena_copy(arena, bytes_str(&text)).data;
}

bool existing_allow_acting(const Catalog *catalog, const Existing *existing, bool replica,
                           Arena *arena, Error *err)
{
    for (size_t i = 0; !replica && i < catalog->table_count; i++) {
        if (!existing->tables[i].acts)
            continue;
        error_set(err, ERROR_CONFIG,
                  "its %s would act on what is applied: the user of walferry may not set "
                  "session_replication_role",
                  existing->tables[i].acts);
        error_object(err, "%s", catalog_name(arena, &catalog->tables[i]));
        return error_hint(err, "allow it (walferry check prints the statement), or drop or disable "
                               "it until the task is released");
    }
    return true;
}
