#include "schema/destination.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/sql_text.h"
#include "existing_keys.sql.h"
#include "schema/created.h"
#include "schema/statements.h"

typedef struct Creation {
    Pg *pg;
    const TaskFile *task;
    const Catalog *catalog;
    Arena *arena;
    JobHost *host;
    Existing existing;
    uint64_t made;
} Creation;

static bool refuse_table(Creation *c, const CatalogTable *table, const char *there, Error *err)
{
    const char *name = catalog_name(c->arena, table);

    if (!there)
        error_set(err, ERROR_CONFIG, "the table is not there, and phases has no \"schema\"");
    else if (!c->task->accept_existing_tables && c->task->phase_schema)
        error_set(err, ERROR_CONFIG, "the destination has a table of this name already");
    else
        error_set(err, ERROR_CONFIG, "the table has other columns than the source's: %.300s",
                  there);
    error_object(err, "%s", name);
    if (!there)
        return error_hint(err, "create it, or add \"schema\" to phases");
    return error_hint(err, "drop it, take it out of objects, or set existing_tables = \"accept\" "
                           "for a table of the same columns");
}

/* A table that needs no making, must be usable as it is. */
static bool judge_table(Creation *c, size_t number, Error *err)
{
    const CatalogTable *table = &c->catalog->tables[number];
    bool may_stand = c->task->accept_existing_tables || !c->task->phase_schema;

    switch (c->existing.tables[number]) {
    case STANDING_FREE:
        return c->task->phase_schema || refuse_table(c, table, NULL, err);
    case STANDING_OURS:
        return true;
    case STANDING_SAME:
        if (may_stand)
            return true;
        break;
    case STANDING_DIFFERENT:
        break;
    }
    return refuse_table(c, table, c->existing.table_shapes[number], err);
}

static bool judge_tables(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        if (!judge_table(c, i, err))
            return false;
    }
    return true;
}

static bool run(Creation *c, const char *sql, const char *object, Error *err)
{
    if (!pg_exec(c->pg, sql, NULL, err))
        return error_object(err, "%s", object);
    return true;
}

static bool run_noted(Creation *c, const char *sql, const char *object, Error *err)
{
    CLEANUP(bytes_done) Bytes both = {0};

    sql_add(&both, "%s", sql);
    created_note(&both, c->task, object);
    return run(c, sql_text(&both), object, err);
}

/* CREATE SCHEMA IF NOT EXISTS wants a right that is not needed where the schema is there. */
static bool create_schema(Creation *c, const char *schema, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(c->pg, "SELECT 1 FROM pg_namespace WHERE nspname = $1", 1, &schema, &rows, err))
        return false;
    if (pg_rows_count(rows) > 0)
        return true;
    return run_noted(c, statement_create_schema(c->arena, schema),
                     arena_printf(c->arena, "schema %s", schema), err);
}

static bool create_schemas(Creation *c, Error *err)
{
    const char *last = "";

    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const char *schema = c->catalog->tables[i].schema;

        if (strcmp(schema, last) != 0 && !create_schema(c, schema, err))
            return false;
        last = schema;
    }
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        if (!create_schema(c, c->catalog->sequences[i].schema, err))
            return false;
    }
    return true;
}

/* Those of identity columns come with their tables. */
static bool create_sequences(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &c->catalog->sequences[i];

        if (sequence->of_identity || c->existing.sequences[i] != STANDING_FREE)
            continue;
        if (!run_noted(c, statement_create_sequence(c->arena, sequence),
                       existing_sequence_object(c->arena, sequence), err))
            return false;
    }
    return true;
}

static bool own_sequences(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &c->catalog->sequences[i];
        const char *sql = statement_own_sequence(c->arena, c->catalog, sequence);

        if (sql && !sequence->of_identity && c->existing.sequences[i] == STANDING_FREE &&
            !run(c, sql, existing_sequence_object(c->arena, sequence), err))
            return false;
    }
    return true;
}

static bool create_table(Creation *c, const CatalogTable *table, Error *err)
{
    const char *object = existing_table_object(c->arena, table);
    const char *attach = statement_attach_partition(c->arena, c->catalog, table);

    if (!run_noted(c, statement_create_table(c->arena, c->catalog, table), object, err))
        return false;
    job_notice(c->host, ++c->made, c->catalog->table_count, "creating tables");
    return !attach || run(c, attach, object, err);
}

/* Restarting its copy may empty it: it was empty when we came. */
static bool note_if_empty(Creation *c, const CatalogTable *table, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes note = {0};

    sql_add(&sql, "SELECT EXISTS (SELECT FROM ");
    sql_qualified(&sql, str_of(table->schema), str_of(table->name));
    sql_add(&sql, ") AS used");
    if (!pg_exec(c->pg, sql_text(&sql), &rows, err))
        return error_object(err, "%s", catalog_name(c->arena, table));
    if (pg_bool(rows, 0, "used"))
        return true;
    sql_add(&note, "SELECT 1");
    created_note(&note, c->task, existing_empty_object(c->arena, table));
    return pg_exec(c->pg, sql_text(&note), NULL, err);
}

static bool create_at_depth(Creation *c, int64_t depth, bool *more, Error *err)
{
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const CatalogTable *table = &c->catalog->tables[i];

        *more = *more || table->depth > depth;
        if (table->depth != depth || c->existing.tables[i] == STANDING_OURS)
            continue;
        if (c->existing.tables[i] == STANDING_FREE ? !create_table(c, table, err)
                                                   : !note_if_empty(c, table, err))
            return false;
    }
    return true;
}

/* Parents before partitions. */
static bool create_tables(Creation *c, Error *err)
{
    bool more = true;

    for (int64_t depth = 0; more; depth++) {
        more = false;
        if (!create_at_depth(c, depth, &more, err))
            return false;
    }
    return true;
}

static bool add_early_checks(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const CatalogTable *table = &c->catalog->tables[i];

        for (size_t k = 0; k < table->constraint_count; k++) {
            const CatalogConstraint *check = &table->constraints[k];

            if (c->existing.tables[i] == STANDING_FREE && statement_check_is_early(table, check) &&
                !run(c, statement_add_constraint(c->arena, table, check->name, check->definition),
                     check->name, err))
                return false;
        }
    }
    return true;
}

static bool create_all(Creation *c, Error *err)
{
    return existing_read(c->pg, c->task, c->catalog, c->arena, &c->existing, err) &&
           judge_tables(c, err) && create_schemas(c, err) && create_sequences(c, err) &&
           create_tables(c, err) && own_sequences(c, err) && add_early_checks(c, err);
}

bool destination_create(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                        JobHost *host, Error *err)
{
    Creation c = {.pg = pg, .task = task, .catalog = catalog, .arena = arena, .host = host};

    if (!pg_exec(pg, "BEGIN", NULL, err) || !create_all(&c, err))
        return error_wrap(err, "make the tables");
    (void)FAILPOINT("schema.tables_before_commit");
    if (!pg_exec(pg, "COMMIT", NULL, err))
        return error_wrap(err, "make the tables");
    (void)FAILPOINT("schema.tables_created");
    return true;
}

/* --- what tables of the user's have already --- */

static bool has_key(const PgRows *rows, size_t place, const char *name, bool primary)
{
    for (int row = 0; row < pg_rows_count(rows); row++) {
        if (pg_int(rows, row, "place") != (int64_t)place)
            continue;
        if (strcmp(pg_text(rows, row, "name"), name) == 0 ||
            (primary && pg_bool(rows, row, "is_primary")))
            return true;
    }
    return false;
}

static void leave_out(CatalogTable *table, const PgRows *rows, size_t place)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->index_count; i++) {
        if (!has_key(rows, place, table->indexes[i].name, table->indexes[i].primary))
            table->indexes[kept++] = table->indexes[i];
    }
    table->index_count = kept;
    kept = 0;
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (!has_key(rows, place, table->constraints[i].name, false))
            table->constraints[kept++] = table->constraints[i];
    }
    table->constraint_count = kept;
}

bool destination_leave_out_existing(Pg *pg, const TaskFile *task, Catalog *catalog, Arena *arena,
                                    Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schema_list = {0};
    CLEANUP(bytes_done) Bytes name_list = {0};
    const char **schemas = ARENA_ARRAY(arena, const char *, catalog->table_count);
    const char **names = ARENA_ARRAY(arena, const char *, catalog->table_count);
    CatalogTable **tables = ARENA_ARRAY(arena, CatalogTable *, catalog->table_count);
    size_t count = 0;
    Existing existing;

    if (!existing_read(pg, task, catalog, arena, &existing, err))
        return false;
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (existing.tables[i] != STANDING_SAME)
            continue;
        schemas[count] = catalog->tables[i].schema;
        names[count] = catalog->tables[i].name;
        tables[count++] = &catalog->tables[i];
    }
    created_text_array(&schema_list, schemas, count);
    created_text_array(&name_list, names, count);

    const char *values[] = {sql_text(&schema_list), sql_text(&name_list)};

    if (!pg_query(pg, SQL_EXISTING_KEYS, 2, values, &rows, err))
        return error_wrap(err, "look for keys that are there already");
    for (size_t i = 0; i < count; i++)
        leave_out(tables[i], rows, i + 1);
    return true;
}
