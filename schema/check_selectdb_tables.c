/* What check says of a task's tables when the destination is SelectDB. */
#include "schema/check_report.h"
#include "schema/keys.h"
#include "schema/selectdb_key.h"
#include "schema/selectdb_tables.h"
#include "schema/selectdb_type.h"

/* --- can they stand there? --- */

static void report_flaw(void *self, const SelectdbFlaw *flaw)
{
    check_report(self, CHECK_FAIL, flaw->id, flaw->object, flaw->to_do, "%s", flaw->what);
}

/* Meant or not, it is worth a line: a STRING is compared and summed as a text. */
static void report_wide(CheckReport *r, const SelectdbDesign *design)
{
    for (size_t i = 0; i < design->field_count; i++) {
        const SelectdbField *field = &design->fields[i];

        if (field->source && selectdb_type_is_wide(field->source) &&
            (field->type.kind == DORIS_STRING || field->type.kind == DORIS_VARCHAR))
            check_report(
                r, CHECK_OK, "selectdb.numeric",
                arena_printf(&r->arena, "%s.%s", catalog_name(&r->arena, design->source),
                             field->source->name),
                "", "%s goes as a text; where DECIMAL is enough: %s", field->source->type_text,
                selectdb_design_column_entry(r->task, &r->arena, design->source,
                                             field->source->name, "type", "\"DECIMAL(38,9)\""));
    }
}

static void report_partitions(CheckReport *r)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];

        if (table->kind == 'p' && !table->parent)
            check_report(r, CHECK_WARN, "selectdb.partitions", catalog_name(&r->arena, table),
                         "read from its partitions there, and add \"selectdb.partitions\" to "
                         "check.ignore",
                         "each partition becomes a table of its own, the partitioned table is not "
                         "made");
    }
}

/* The server would refuse the session of capture and copy. */
static bool report_zone(CheckReport *r, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *zone = task_file_time_zone(r->task);
    bool offset = zone[0] == '+' || zone[0] == '-';

    if (!pg_query(pg, "SELECT count(*) AS found FROM pg_timezone_names WHERE name = $1", 1, &zone,
                  &rows, err))
        return false;
    check_report(r, check_fail_unless(offset || pg_int(rows, 0, "found") > 0), "selectdb.timezone",
                 zone, "write a name that both know into destination.timezone, as Europe/Berlin",
                 offset || pg_int(rows, 0, "found") > 0
                     ? "times with a zone are written in it"
                     : "the source knows no time zone of this name");
    return true;
}

bool check_selectdb_designs(CheckReport *r, Pg *pg, Error *err)
{
    size_t good = 0, all = 0;

    for (size_t i = 0; i < r->catalog.table_count; i++) {
        SelectdbDesign design;

        if (!catalog_has_rows(&r->catalog.tables[i]))
            continue;
        all++;
        if (!selectdb_design(r->task, &r->catalog.tables[i], &r->arena, report_flaw, r, &design))
            continue;
        good++;
        report_wide(r, &design);
    }
    if (good == all && all > 0)
        check_report(r, CHECK_OK, "selectdb.tables", "", "",
                     "names, types, keys and models of all tables can be had");
    report_partitions(r);
    check_report(r, CHECK_OK, "selectdb.not_made", "", "",
                 "SelectDB has no sequences, foreign keys, checks, defaults and triggers: none is "
                 "made, nor are indexes");
    return report_zone(r, pg, err);
}

/* --- what stands there --- */

static bool may_stand(const CheckReport *r)
{
    return r->task->accept_existing_tables || !r->task->phase_schema;
}

static void report_table(CheckReport *r, const SelectdbTables *t, const SelectdbStanding *standing)
{
    const CatalogTable *table = standing->design.source;
    const char *name = arena_printf(&r->arena, "%s.%s", table->to_schema, table->to_name);

    if (standing->ours && !standing->differences) {
        check_report(r, CHECK_OK, "destination.existing_tables", name, "", "the task made it");
        return;
    }
    if (!standing->ours && !may_stand(r)) {
        check_report(r, CHECK_FAIL, "destination.existing_tables", name,
                     "drop it, give to_table another name, or set existing_tables = \"accept\" for "
                     "a table that the source's rows fit into",
                     "SelectDB has a table of this name already");
        return;
    }
    if (standing->differences)
        check_report(r, CHECK_FAIL, "destination.existing_tables", name,
                     "change the table, or drop it and let walferry make it",
                     "rows of the source cannot be written to it: %s", standing->differences);
    else if (!standing->empty && !standing->design.unique && t->task->phase_copy)
        check_report(r, CHECK_FAIL, "destination.existing_tables", name,
                     "empty it, or give to_table another name",
                     "a duplicate table must be empty before it is copied into");
    else if (!standing->empty)
        check_report(r, CHECK_WARN, "destination.existing_rows", name,
                     "empty it, or add \"destination.existing_rows\" to check.ignore",
                     "it has rows: those whose key the source has are overwritten");
}

/* For people, one statement after the other. */
static void report_by_hand(CheckReport *r, const SelectdbTables *t)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const SelectdbStanding *standing = &t->standing[i];

        if (standing->is_planned)
            check_report(r, CHECK_FAIL, "selectdb.by_hand",
                         catalog_name(&r->arena, standing->design.source),
                         arena_printf(&r->arena, "%s;",
                                      selectdb_ddl_table(&r->arena, &standing->design, t->owner,
                                                         t->replicas)),
                         "it cannot be made over HTTP");
    }
}

bool check_selectdb_existing(CheckReport *r, struct Selectdb *db, Error *err)
{
    SelectdbTables t = {.db = db,
                        .task = r->task,
                        .owner = {r->task->name, ""},
                        .catalog = &r->catalog,
                        .host = r->host,
                        .arena = &r->arena};
    Error flaw = {0};

    if (!selectdb_tables_design(&t, NULL, 0, &flaw))
        return true; /* said already */
    if (!db) {
        report_by_hand(r, &t);
        return true;
    }
    if (!selectdb_tables_look(&t, err))
        return false;
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        if (t.standing[i].is_planned && t.standing[i].exists)
            report_table(r, &t, &t.standing[i]);
    }
    return true;
}
