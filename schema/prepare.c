#include "schema/prepare.h"

#include "common/failpoint.h"
#include "common/names.h"
#include "schema/catalog.h"
#include "schema/identity.h"
#include "schema/mapping_check.h"
#include "schema/own_objects.h"
#include "schema/publish.h"
#include "schema/selectdb_tables.h"
#include "schema/slot.h"
#include "system.sql.h"

#include <stdio.h>

typedef struct Prepare {
    const TaskFile *task;
    const char *task_uuid;
    int64_t lanes;
    JobHost *host;
    char slot[OBJECT_NAME_MAX]; /* and publication */
    Pg *source, *destination;   /* destination NULL: SelectDB */
    Found found;
    Catalog catalog;
    Arena arena;
} Prepare;

static void prepare_done(Prepare *prepare)
{
    pg_close(&prepare->source);
    pg_close(&prepare->destination);
    arena_done(&prepare->arena);
}

/* SelectDB keeps nothing of ours: it is not spoken to before there are tables to be made. */
static bool connect_both(Prepare *p, Error *err)
{
    if (!job_connect_source(&p->source, p->task, "schema", p->host, err) ||
        !job_end_predecessor(p->source, p->task, "schema", p->host, err))
        return false;
    if (p->task->destination.type == DESTINATION_SELECTDB)
        return true;
    return job_connect_destination(&p->destination, p->task, "schema", p->host, err) &&
           job_end_predecessor(p->destination, p->task, "schema", p->host, err);
}

static bool judge(Prepare *p, Error *err)
{
    return own_objects_find(p->source, p->destination, p->task, p->task_uuid, &p->found, err) &&
           own_objects_judge(&p->found, p->task->name, err);
}

static bool make_own_objects(Prepare *p, Error *err)
{
    if (!own_objects_make_source(p->source, p->task, p->task_uuid, err))
        return false;
    (void)FAILPOINT("schema.source_objects");
    if (p->destination &&
        !own_objects_make_destination(p->destination, p->task, p->task_uuid, p->lanes, err))
        return false;
    (void)FAILPOINT("schema.destination_objects");
    return true;
}

/* What cannot stand at SelectDB is said before anything is changed at the source. */
static bool settle_designs(Prepare *p, Error *err)
{
    SelectdbTables tables = {.task = p->task, .catalog = &p->catalog, .arena = &p->arena};

    return p->task->destination.type != DESTINATION_SELECTDB ||
           selectdb_tables_design(&tables, NULL, 0, err);
}

static bool read_catalog(Prepare *p, Error *err)
{
    if (!catalog_read(p->source, p->task, &p->arena, &p->catalog, err))
        return false;
    if (p->catalog.table_count > 0)
        return mapping_settle(&p->catalog, p->task, &p->arena, err) && settle_designs(p, err);
    error_set(err, ERROR_CONFIG, "the task selects no table");
    return error_hint(err, "name schemas or tables of the source in `objects`");
}

/*
 * Another publication than the wanted one beside our slot is that of a run with other objects, or
 * somebody changed it: both are made anew, which only a task that has applied nothing may do.
 */
static bool make_publication(Prepare *p, Error *err)
{
    bool as_wanted = false;

    if (!publish_look(p->source, p->slot, &p->arena, &p->catalog, &as_wanted, err))
        return false;
    if (as_wanted)
        return true;
    if (p->found.moved) {
        error_set(err, ERROR_CONFIG, "the publication is not as it was made");
        error_object(err, "%s", p->slot);
        return error_hint(err, "walferry release %s and start anew", p->task->name);
    }
    if (p->found.slot.exists && !slot_drop(p->source, p->task, p->slot, p->host, err))
        return false;
    if (!publish_make(p->source, p->task, p->slot, &p->catalog, p->host, err))
        return false;
    (void)FAILPOINT("schema.publication");
    return true;
}

static bool make_slot(Prepare *p, Prepared *out, Error *err)
{
    SlotState slot = {0};

    if (!slot_read(p->source, p->slot, &slot, err))
        return false;
    if (!slot.exists && (!slot_create(p->source, p->task, p->slot, p->host, err) ||
                         !slot_read(p->source, p->slot, &slot, err)))
        return false;
    (void)FAILPOINT("schema.slot");
    out->slot_lsn = slot.confirmed;
    return true;
}

static bool read_system(Pg *source, Prepared *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(source, SQL_SYSTEM, &rows, err))
        return error_wrap(err, "read the system identifier");
    snprintf(out->system_identifier, sizeof out->system_identifier, "%s",
             pg_text(rows, 0, "system_identifier"));
    out->timeline = (uint32_t)pg_int(rows, 0, "timeline");
    return true;
}

bool prepare_task(const TaskFile *task, const char *task_uuid, int64_t lanes, JobHost *host,
                  Prepared *out, Error *err)
{
    CLEANUP(prepare_done)
    Prepare p = {.task = task, .task_uuid = task_uuid, .lanes = lanes, .host = host};
    Prepared result = {0};

    names_slot(task->name, p.slot);
    if (!connect_both(&p, err) || !judge(&p, err) || !make_own_objects(&p, err) ||
        !read_catalog(&p, err) ||
        !identity_settle(p.source, task, &p.arena, &p.catalog, host, err) ||
        !make_publication(&p, err) || !make_slot(&p, &result, err) ||
        !read_system(p.source, &result, err))
        return false;
    *out = result;
    return true;
}
