#include "schema/destination.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "common/replica_role.h"
#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/destination_objects.h"
#include "schema/existing_rows.h"
#include "schema/features.h"
#include "schema/statements.h"

typedef struct Creation {
    Pg *pg;
    const TaskFile *task;
    const Catalog *catalog;
    Arena *arena;
    JobHost *host;
    Existing existing;
    bool replica;       /* the role may set session_replication_role */
    bool *object_there; /* for each of the catalog's objects */
    uint64_t made;
    size_t uncommitted; /* objects made since the last commit */
} Creation;

/* What is made stays locked until then, and the server's common lock table has its bounds. */
enum { OBJECTS_AT_ONCE = 500 };

static bool refuse_table(Creation *c, const CatalogTable *table, const ExistingTable *there,
                         Error *err)
{
    static const char HINT[] = "drop it, take it out of objects, or set existing_tables = "
                               "\"accept\" for a table that the source's rows fit into";
    bool is_missing = there->standing == STANDING_FREE;

    if (is_missing)
        error_set(err, ERROR_CONFIG, "the table is not there, and phases has no \"schema\"");
    else if (!c->task->accept_existing_tables && c->task->phase_schema)
        error_set(err, ERROR_CONFIG, "the destination has a table of this name already");
    else
        error_set(err, ERROR_CONFIG,
                  "the source's rows do not fit into the table that is there: %s",
                  existing_hindrance(c->arena, there));
    error_object(err, "%s", catalog_to_name(c->arena, table));
    return error_hint(err, "%s", is_missing ? "create it, or add \"schema\" to phases" : HINT);
}

/* A table that needs no making, must be usable as it is. */
static bool judge_table(Creation *c, size_t number, Error *err)
{
    const ExistingTable *there = &c->existing.tables[number];
    bool may_stand = c->task->accept_existing_tables || !c->task->phase_schema;

    if (there->standing == STANDING_OURS || (there->standing == STANDING_USABLE && may_stand) ||
        (there->standing == STANDING_FREE && c->task->phase_schema))
        return true;
    return refuse_table(c, &c->catalog->tables[number], there, err);
}

static bool judge_tables(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        if (!judge_table(c, i, err))
            return false;
    }
    return true;
}

/* Said before anything is made, by name, not by a syntax error. */
static bool refuse_unknown_features(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const CatalogTable *table = &c->catalog->tables[i];
        const char *what = features_lacking(c->arena, table, pg_server_version(c->pg));

        if (c->existing.tables[i].standing != STANDING_FREE || !what)
            continue;
        error_set(err, ERROR_CONFIG, "%s, which the destination's version does not know", what);
        error_object(err, "%s", catalog_name(c->arena, table));
        return error_hint(err,
                          "exclude the table in objects, or make it at the destination yourself"
                          " and set existing_tables = \"accept\"");
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

static bool begin(Creation *c, Error *err)
{
    c->uncommitted = 0;
    /* a function's body may name what comes after it */
    return pg_exec(c->pg, "BEGIN; SET LOCAL check_function_bodies = off", NULL, err);
}

static bool commit(Creation *c, Error *err)
{
    (void)FAILPOINT("schema.tables_before_commit");
    return pg_exec(c->pg, "COMMIT", NULL, err);
}

/* Behind each object: all are noted, so a job that is killed here goes on with the next one. */
static bool commit_now_and_then(Creation *c, Error *err)
{
    return ++c->uncommitted < OBJECTS_AT_ONCE || (commit(c, err) && begin(c, err));
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
        const char *schema = c->catalog->tables[i].to_schema;

        if (strcmp(schema, last) != 0 && !create_schema(c, schema, err))
            return false;
        last = schema;
    }
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        if (!create_schema(c, c->catalog->sequences[i].to_schema, err))
            return false;
    }
    for (size_t i = 0; i < c->catalog->object_count; i++) {
        const CatalogObject *object = &c->catalog->objects[i];

        if (!object->selected && !c->object_there[i] && object->schema &&
            !create_schema(c, object->schema, err))
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
                       existing_sequence_object(c->arena, sequence), err) ||
            !commit_now_and_then(c, err))
            return false;
    }
    return true;
}

/* Again for those that an earlier job made: it may have ended in between. */
static bool own_sequences(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &c->catalog->sequences[i];
        const char *sql = statement_own_sequence(c->arena, c->catalog, sequence);

        if (!sql || sequence->of_identity || c->existing.sequences[i] == STANDING_USABLE)
            continue;
        if (!run(c, sql, existing_sequence_object(c->arena, sequence), err) ||
            !commit_now_and_then(c, err))
            return false;
    }
    return true;
}

static bool comment_on_sequences(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &c->catalog->sequences[i];
        const char *sql = statement_comment_sequence(c->arena, sequence);

        if (!sql || c->existing.sequences[i] == STANDING_USABLE)
            continue;
        if (!run(c, sql, existing_sequence_object(c->arena, sequence), err) ||
            !commit_now_and_then(c, err))
            return false;
    }
    return true;
}

static bool is_made_by_us(const Creation *c, size_t number)
{
    Standing standing = c->existing.tables[number].standing;

    return standing == STANDING_FREE || standing == STANDING_OURS;
}

/* Statements that are noted once they are done, each under a name of its own. */
typedef struct Steps {
    const char **objects, **statements;
    size_t count;
} Steps;

static Steps steps_of(Creation *c, size_t most)
{
    return (Steps){ARENA_ARRAY(c->arena, const char *, most),
                   ARENA_ARRAY(c->arena, const char *, most), 0};
}

static void add_step(Steps *steps, const char *object, const char *statement)
{
    steps->objects[steps->count] = object;
    steps->statements[steps->count++] = statement;
}

/* An earlier job may have ended between any two of them. */
static bool take_steps(Creation *c, const Steps *steps, Error *err)
{
    bool *made = ARENA_ARRAY(c->arena, bool, steps->count);

    if (steps->count > 0 && !created_find(c->pg, c->task, steps->objects, steps->count, made, err))
        return false;
    for (size_t i = 0; i < steps->count; i++) {
        if (!made[i] && (!run_noted(c, steps->statements[i], steps->objects[i], err) ||
                         !commit_now_and_then(c, err)))
            return false;
    }
    return true;
}

static bool add_details(Creation *c, Error *err)
{
    Steps steps = steps_of(c, c->catalog->table_count);

    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const CatalogTable *table = &c->catalog->tables[i];

        if (table->details && is_made_by_us(c, i))
            add_step(
                &steps,
                arena_printf(c->arena, "details of %s", existing_table_object(c->arena, table)),
                table->details);
    }
    return take_steps(c, &steps, err);
}

static const char *renaming_of(const Creation *c, const CatalogTable *table)
{
    return statement_rename_columns(c->arena, table, statement_table(c->arena, table));
}

/* A partition that comes to a table of the user's needs its names at once. */
static bool rename_to_fit(Creation *c, const CatalogTable *table, Error *err)
{
    const CatalogTable *parent = table->parent ? catalog_find(c->catalog, table->parent) : NULL;
    const char *sql = renaming_of(c, table);

    if (!sql || !parent || is_made_by_us(c, (size_t)(parent - c->catalog->tables)))
        return true;
    return run(c, sql, existing_table_object(c->arena, table), err);
}

static bool create_table(Creation *c, const CatalogTable *table, Error *err)
{
    const char *object = existing_table_object(c->arena, table);
    const char *attach = statement_attach_partition(c->arena, c->catalog, table);

    if (!run_noted(c, statement_create_table(c->arena, c->catalog, table), object, err))
        return false;
    if (!rename_to_fit(c, table, err))
        return false;
    job_notice(c->host, ++c->made, c->catalog->table_count, "creating tables");
    return (!attach || run(c, attach, object, err)) && commit_now_and_then(c, err);
}

static bool create_object(Creation *c, size_t number, Error *err)
{
    const CatalogObject *object = &c->catalog->objects[number];

    if (object->selected) {
        const CatalogTable *table = catalog_find(c->catalog, object->oid);
        size_t place = (size_t)(table - c->catalog->tables);

        return c->existing.tables[place].standing != STANDING_FREE || create_table(c, table, err);
    }
    return c->object_there[number] ||
           (destination_make_object(c->pg, c->task, object, err) && commit_now_and_then(c, err));
}

/* In the order of what needs what: parents before partitions, types before tables. */
static bool create_objects(Creation *c, Error *err)
{
    for (size_t i = 0; i < c->catalog->object_count; i++) {
        if (!create_object(c, i, err))
            return false;
    }
    return true;
}

/* Where no table is to be made, nothing that tables need is. */
static bool find_objects(Creation *c, Error *err)
{
    bool any_free = false;

    c->object_there = ARENA_ARRAY(c->arena, bool, c->catalog->object_count);
    for (size_t i = 0; i < c->catalog->table_count; i++)
        any_free = any_free || c->existing.tables[i].standing == STANDING_FREE;
    if (any_free)
        return destination_find_objects(c->pg, c->task, c->catalog, c->arena, c->object_there, err);
    memset(c->object_there, true, c->catalog->object_count);
    return true;
}

static void add_checks_of(Creation *c, const CatalogTable *table, Steps *steps)
{
    for (size_t i = 0; i < table->constraint_count; i++) {
        const CatalogConstraint *check = &table->constraints[i];

        if (statement_check_is_early(table, check))
            add_step(steps,
                     arena_printf(c->arena, "check %s on %s", check->name,
                                  existing_table_object(c->arena, table)),
                     statement_add_constraint(c->arena, table, check));
    }
}

/* Behind all tables: a partition that is attached must have those of its parent already. */
static bool add_early_checks(Creation *c, Error *err)
{
    size_t most = 0;

    for (size_t i = 0; i < c->catalog->table_count; i++)
        most += c->catalog->tables[i].constraint_count;
    Steps steps = steps_of(c, most);
    for (size_t i = 0; i < c->catalog->table_count; i++) {
        if (is_made_by_us(c, i))
            add_checks_of(c, &c->catalog->tables[i], &steps);
    }
    return take_steps(c, &steps, err);
}

/* Definitions bear the source's names, so that columns get theirs when all is made. A partition's
 * are renamed with its parent's. */
static bool rename_columns(Creation *c, Error *err)
{
    Steps steps = steps_of(c, c->catalog->table_count);

    for (size_t i = 0; i < c->catalog->table_count; i++) {
        const CatalogTable *table = &c->catalog->tables[i];
        const char *sql = is_made_by_us(c, i) && !table->parent ? renaming_of(c, table) : NULL;

        if (sql)
            add_step(
                &steps,
                arena_printf(c->arena, "columns of %s", existing_table_object(c->arena, table)),
                sql);
    }
    return take_steps(c, &steps, err);
}

static bool create_all(Creation *c, Error *err)
{
    return existing_read(c->pg, c->task, c->catalog, c->arena, &c->existing, err) &&
           judge_tables(c, err) &&
           existing_allow_acting(c->catalog, &c->existing, c->replica, c->arena, err) &&
           refuse_unknown_features(c, err) && find_objects(c, err) && create_schemas(c, err) &&
           create_sequences(c, err) && create_objects(c, err) && add_details(c, err) &&
           add_early_checks(c, err) && rename_columns(c, err) && own_sequences(c, err) &&
           comment_on_sequences(c, err) &&
           existing_rows_note(c->pg, c->task, c->catalog, &c->existing, c->arena, err);
}

/* Values of another type are sent as text, whatever the model says else. */
static void mark_other_types(const Creation *c, Catalog *catalog)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        catalog->tables[i].as_text = c->existing.tables[i].shape.other_types;
}

bool destination_create(Pg *pg, const TaskFile *task, Catalog *catalog, Arena *arena, JobHost *host,
                        Error *err)
{
    Creation c = {.pg = pg, .task = task, .catalog = catalog, .arena = arena, .host = host};

    if (!replica_role_may(pg, &c.replica, err) || !begin(&c, err) || !create_all(&c, err) ||
        !commit(&c, err))
        return error_wrap(err, "make the tables");
    mark_other_types(&c, catalog);
    (void)FAILPOINT("schema.tables_created");
    return true;
}
