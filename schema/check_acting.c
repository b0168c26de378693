/* What at the destination acts on the rows that are applied: the user's doing, said by name. */
#include "acting_objects.sql.h"
#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/check_report.h"
#include "schema/created.h"

static void report_row_security(CheckReport *r, const PgRows *rows, int row)
{
    check_report(
        r, CHECK_FAIL, "destination.row_security", pg_text(rows, row, "object"),
        arena_printf(&r->arena, "%s -- or make it the table's owner", pg_text(rows, row, "sql")),
        "row security at the destination refuses what the role applies");
}

static void report_object(CheckReport *r, const PgRows *rows, int row)
{
    const char *kind = pg_text(rows, row, "kind");

    if (strcmp(kind, "row_security") == 0) {
        report_row_security(r, rows, row);
        return;
    }
    const char *id = arena_printf(&r->arena, "destination.%s", kind);
    check_report(r, CHECK_WARN, id, pg_text(rows, row, "object"),
                 arena_printf(&r->arena,
                              "at the destination: %s, or add \"%s\" to check.ignore where it is "
                              "to act",
                              pg_text(rows, row, "sql"), id),
                 "it is ENABLE %s: it acts on every row that is applied, and what it changes is "
                 "not the source's",
                 pg_text(rows, row, "enabled"));
}

bool check_acting(CheckReport *r, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schemas = {0};
    CLEANUP(bytes_done) Bytes tables = {0};
    size_t count = r->catalog.table_count;
    const char **names = ARENA_ARRAY(&r->arena, const char *, count);

    for (size_t i = 0; i < count; i++)
        names[i] = r->catalog.tables[i].to_schema;
    created_text_array(&schemas, names, count);
    for (size_t i = 0; i < count; i++)
        names[i] = r->catalog.tables[i].to_name;
    created_text_array(&tables, names, count);

    const char *values[] = {sql_text(&schemas), sql_text(&tables)};

    if (!pg_query(pg, SQL_ACTING_OBJECTS, 2, values, &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows); row++)
        report_object(r, rows, row);
    if (pg_rows_count(rows) == 0)
        check_report(r, CHECK_OK, "destination.trigger", "", "",
                     "no trigger, rule or row security acts on what is applied");
    return true;
}
