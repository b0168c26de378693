#include "schema/plan.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/names.h"
#include "common/oid_set.h"
#include "common/publication.h"
#include "common/sql_text.h"
#include "schema/catalog.h"
#include "schema/destination.h"
#include "schema/existing_keys.h"
#include "schema/map_catalog.h"
#include "schema/mapping_check.h"
#include "schema/model.h"
#include "schema/objects.h"
#include "schema/publish.h"
#include "schema/selectdb_model.h"
#include "schema/statements.h"
#include "schema/translate.h"
#include "schema/unsupported.h"

typedef Walferry__Model__Model Model;

typedef struct Plan {
    const TaskFile *task;
    const PlanRequest *request;
    JobHost *host;
    Arena *arena;
    char publication[OBJECT_NAME_MAX];
    Pg *source;            /* as it is now */
    Pg *holder;            /* in the snapshot */
    Pg *destination;       /* NULL: SelectDB */
    SelectdbTables tables; /* SelectDB */
    Catalog seen;          /* under the snapshot */
    Catalog now;
    OidSet only; /* as asked for */
    bool wants_newer_snapshot;
} Plan;

static void plan_done(Plan *plan)
{
    pg_close(&plan->source);
    pg_close(&plan->holder);
    pg_close(&plan->destination);
    selectdb_close(&plan->tables.db);
}

/*
 * The catalog's functions lock the tables that they describe, and would keep all others waiting who
 * queue behind them for a user's TRUNCATE or ALTER. So they give up, and the next job begins anew.
 */
static bool bound_lock_waits(Plan *p, Error *err)
{
    return pg_execf(p->source, err, "SET lock_timeout = %lld",
                    (long long)p->task->source.lock_timeout_ms);
}

static bool is_selectdb(const Plan *p)
{
    return p->task->destination.type == DESTINATION_SELECTDB;
}

static bool connect_destination(Plan *p, Error *err)
{
    if (is_selectdb(p))
        return job_open_selectdb(&p->tables.db, p->task, p->host, err);
    return job_connect_destination(&p->destination, p->task, "schema", p->host, err) &&
           job_end_predecessor(p->destination, p->task, "schema", p->host, err);
}

static bool connect_all(Plan *p, Error *err)
{
    return job_connect_source(&p->source, p->task, "schema", p->host, err) &&
           bound_lock_waits(p, err) &&
           job_end_predecessor(p->source, p->task, "schema", p->host, err) &&
           job_connect_source(&p->holder, p->task, "schema", p->host, err) &&
           connect_destination(p, err);
}

/* A snapshot whose holder is gone, and a table that is, are nobody's fault: try anew. */
static bool want_newer_snapshot(Plan *p, const char *what, Error *err)
{
    if (err->kind == ERROR_NONE || err->kind == ERROR_CONNECTION)
        return false;
    err->kind = ERROR_TRANSIENT;
    p->wants_newer_snapshot = true;
    return error_wrap(err, "%s", what);
}

static bool enter_snapshot(Plan *p, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT ");
    sql_literal(&sql, str_of(p->request->snapshot_name));
    return pg_exec(p->holder, sql_text(&sql), NULL, err) ||
           want_newer_snapshot(p, "the snapshot cannot be used", err);
}

static bool read_published(Plan *p, Pg *pg, Catalog *out, size_t *unpublished, Error *err)
{
    if (!catalog_read_candidates(pg, p->arena, out, err))
        return false;
    catalog_select(out, p->task);
    return publish_keep_members(pg, p->publication, out, unpublished, err) &&
           catalog_read_columns(pg, p->arena, out, err);
}

static bool is_asked_for(const Plan *p, uint32_t oid)
{
    return p->request->only == NULL || oid_set_has(&p->only, oid);
}

static bool same_column(const CatalogColumn *a, const CatalogColumn *b)
{
    return a->attnum == b->attnum && strcmp(a->name, b->name) == 0 && a->type_oid == b->type_oid &&
           a->type_modifier == b->type_modifier && a->generated == b->generated;
}

/* pg_class as the snapshot has it names the file of then; pg_relation_filenode() that of now. */
static bool same_table(const CatalogTable *seen, const CatalogTable *now)
{
    if (strcmp(seen->schema, now->schema) != 0 || strcmp(seen->name, now->name) != 0 ||
        seen->column_count != now->column_count || seen->seen_filenode != now->filenode)
        return false;
    for (size_t i = 0; i < seen->column_count; i++) {
        if (!same_column(&seen->columns[i], &now->columns[i]))
            return false;
    }
    return true;
}

static bool refuse_changed(Plan *p, const CatalogTable *table, Error *err)
{
    p->wants_newer_snapshot = true;
    return error_set(err, ERROR_TRANSIENT, "%s was changed since the snapshot was taken",
                     catalog_name(p->arena, table));
}

static bool compare_catalogs(Plan *p, const Catalog *before, const Catalog *after, Error *err)
{
    for (size_t i = 0; i < before->table_count; i++) {
        const CatalogTable *seen = &before->tables[i];
        const CatalogTable *now = catalog_find(after, seen->oid);

        if (is_asked_for(p, seen->oid) && (!now || !same_table(seen, now)))
            return refuse_changed(p, seen, err);
    }
    for (size_t i = 0; i < after->table_count; i++) {
        const CatalogTable *now = &after->tables[i];

        if (is_asked_for(p, now->oid) && !catalog_find(before, now->oid))
            return refuse_changed(p, now, err);
    }
    return true;
}

static bool read_snapshot(Plan *p, Error *err)
{
    size_t unpublished = 0;

    return enter_snapshot(p, err) && read_published(p, p->holder, &p->seen, &unpublished, err);
}

static bool read_mapped(Plan *p, Error *err)
{
    map_catalog_tables(&p->now, p->task, p->arena);
    return catalog_read_rest(p->source, p->arena, &p->now, err);
}

/* What stands beside the tables; at SelectDB nothing does. */
static bool read_beside(Plan *p, Error *err)
{
    return is_selectdb(p) || (catalog_read_details(p->source, p->arena, &p->now, err) &&
                              objects_read(p->source, p->arena, &p->now, err));
}

static bool read_now(Plan *p, Error *err)
{
    size_t unpublished = 0;

    if (!read_published(p, p->source, &p->now, &unpublished, err) || !read_mapped(p, err) ||
        !read_beside(p, err) || !unsupported_refuse(p->source, p->task, p->arena, &p->now, err))
        return false;
    map_catalog(&p->now, p->task, p->arena);
    if (!mapping_settle(&p->now, p->task, p->arena, err))
        return false;
    if (unpublished > 0)
        job_notice(p->host, 0, 0, "%zu tables were made after the publication: not in the task",
                   unpublished);
    return true;
}

/*
 * Nothing changed while the rest was read. To lock the tables would take a lock for each out of the
 * server's common store, which a user's commands then find empty.
 */
static bool read_again(Plan *p, Error *err)
{
    Catalog again = {0};
    size_t unpublished = 0;

    return read_published(p, p->source, &again, &unpublished, err) &&
           compare_catalogs(p, &p->now, &again, err);
}

static bool read_source(Plan *p, Error *err)
{
    if (!p->request->snapshot_name[0])
        return read_now(p, err);
    return read_snapshot(p, err) && read_now(p, err) &&
           compare_catalogs(p, &p->seen, &p->now, err) && read_again(p, err);
}

/* After the model, which wants all indexes: leaves out those that the user's own tables have. */
static bool add_statements(Plan *p, Model *model, Error *err)
{
    if (!p->task->phase_schema || is_selectdb(p))
        return true;
    if (!existing_keys_leave_out(p->destination, p->task, &p->now, p->arena, err) ||
        !translate_catalog(p->destination, &p->now, p->arena, err))
        return false;
    model->indexes = statements_indexes(p->arena, &p->now, &model->n_indexes);
    model->foreign_keys = statements_foreign_keys(p->arena, &p->now, &model->n_foreign_keys);
    return true;
}

static bool build_model(Plan *p, Model **out, Error *err)
{
    int source = pg_server_version(p->source);
    TypeEnds ends = {source, p->destination ? pg_server_version(p->destination) : source};
    Model *model = model_build(p->arena, &p->now, ends, p->request->only, p->request->only_count,
                               p->task->stages.copy);

    if (publish_sends_generated(p->source, &p->now))
        model_sends_generated(model, &p->now, ends);
    if (!publication_digest(p->source, p->publication, &model->publication_digest, err) ||
        !add_statements(p, model, err))
        return false;
    if (is_selectdb(p))
        selectdb_model_fill(model, &p->tables);
    *out = model;
    return true;
}

static bool make_selectdb_tables(Plan *p, Error *err)
{
    p->tables.task = p->task;
    p->tables.owner = (SelectdbOwner){p->task->name, p->request->task_uuid};
    p->tables.catalog = &p->now;
    p->tables.host = p->host;
    p->tables.arena = p->arena;
    return selectdb_tables_design(&p->tables, p->request->only, p->request->only_count, err) &&
           selectdb_tables_look(&p->tables, err) && selectdb_tables_judge(&p->tables, err) &&
           selectdb_tables_make(&p->tables, err);
}

static bool make_tables(Plan *p, Error *err)
{
    if (is_selectdb(p))
        return make_selectdb_tables(p, err);
    return destination_create(p->destination, p->task, &p->now, p->arena, p->host, err);
}

bool plan_task(const TaskFile *task, const PlanRequest *request, JobHost *host, Arena *arena,
               PlanOutcome *out, Error *err)
{
    CLEANUP(plan_done)
    Plan p = {.task = task, .request = request, .host = host, .arena = arena};
    Model *model = NULL;
    Error why = {0};

    p.only = oid_set_of(arena, request->only, request->only_count);
    names_slot(task->name, p.publication);
    if (!connect_all(&p, err))
        return false;
    if (!read_source(&p, &why)) {
        *out = (PlanOutcome){.newer_snapshot = why};
        if (!p.wants_newer_snapshot)
            *err = why;
        return p.wants_newer_snapshot;
    }
    (void)FAILPOINT("schema.catalog_read");
    if (!make_tables(&p, err) || !build_model(&p, &model, err))
        return false;
    *out = (PlanOutcome){.model = model};
    return true;
}
