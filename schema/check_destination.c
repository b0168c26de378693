#include "check_destination.sql.h"
#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/check_report.h"
#include "schema/created.h"

enum { OLDEST_VERSION = 140000, GRANT_ON_PARAMETER_VERSION = 150000 };

static void report_server(CheckReport *r, Pg *pg, const PgRows *rows)
{
    check_report(r, CHECK_OK, "destination.address", "", "", "the server is %s, it sees us as %s",
                 pg_text(rows, 0, "address"), pg_text(rows, 0, "client"));
    check_report(r, check_fail_unless(pg_server_version(pg) >= OLDEST_VERSION),
                 "destination.version", "", "use PostgreSQL 14 or newer", "PostgreSQL %s",
                 pg_text(rows, 0, "version"));
    if (pg_bool(rows, 0, "in_recovery"))
        check_report(r, CHECK_FAIL, "destination.recovery", "",
                     "name the primary in destination.conninfo", "the server is a standby");
    if (r->identity && strcmp(r->identity, pg_text(rows, 0, "identity")) == 0)
        check_report(r, CHECK_FAIL, "destination.same", pg_text(rows, 0, "database"),
                     "name another database in destination.conninfo",
                     "source and destination are the same database");
}

static void report_encoding(CheckReport *r, const PgRows *rows)
{
    const char *encoding = pg_text(rows, 0, "encoding");

    if (strcmp(encoding, "UTF8") == 0 || !r->encoding || strcmp(encoding, r->encoding) == 0)
        check_report(r, CHECK_OK, "destination.encoding", encoding, "",
                     "it has all characters of the source's encoding");
    else if (strcmp(encoding, "SQL_ASCII") == 0)
        check_report(r, CHECK_WARN, "destination.encoding", encoding,
                     "use a database with encoding UTF8, or add \"destination.encoding\" to "
                     "check.ignore",
                     "the database does not say what its bytes mean: text arrives as UTF-8");
    else
        check_report(r, CHECK_WARN, "destination.encoding", encoding,
                     "use a database with encoding UTF8, or add \"destination.encoding\" to "
                     "check.ignore",
                     "the first character of the source that it has not stops the task");
}

static void report_create(CheckReport *r, const PgRows *rows)
{
    const char *role = pg_text(rows, 0, "role"), *database = pg_text(rows, 0, "database");
    const char *closed = pg_text(rows, 0, "closed");
    bool may_create = pg_bool(rows, 0, "may_create");

    if (r->task->phase_schema && closed[0])
        check_report(
            r, CHECK_FAIL, "destination.create_privilege", closed,
            arena_printf(&r->arena, "GRANT USAGE, CREATE ON SCHEMA %s TO %s;", closed, role),
            "the role may not create tables there");
    check_report(r, check_fail_unless(may_create), "destination.create_privilege", database,
                 arena_printf(&r->arena, "GRANT CREATE ON DATABASE %s TO %s;", database, role),
                 may_create ? "the role may create schemas" : "the role may not create schemas");
    check_report(r, check_fail_unless(pg_bool(rows, 0, "may_use_temporary")),
                 "destination.temporary_privilege", database,
                 arena_printf(&r->arena, "GRANT TEMPORARY ON DATABASE %s TO %s;", database, role),
                 pg_bool(rows, 0, "may_use_temporary")
                     ? "the role may make temporary tables"
                     : "the role may not make temporary tables, by which many rows are changed at "
                       "once");
}

/* Without it triggers and foreign keys of the destination would act on what is applied. */
static bool report_role_setting(CheckReport *r, Pg *pg, const PgRows *rows, Error *err)
{
    static const char OLD[] = "ALTER ROLE %s SUPERUSER; (from PostgreSQL 15 on a GRANT will do)";
    static const char NEW[] = "GRANT SET ON PARAMETER session_replication_role TO %s;";
    const char *role = pg_text(rows, 0, "role");
    bool is_old = pg_server_version(pg) < GRANT_ON_PARAMETER_VERSION;
    Error why = {0};
    bool may = pg_exec(
        pg, "SET session_replication_role = 'replica'; RESET session_replication_role", NULL, &why);

    if (!may && (why.kind == ERROR_CONNECTION || why.kind == ERROR_NONE)) {
        *err = why;
        return false;
    }
    check_report(r, check_fail_unless(may), "destination.session_replication_role", role,
                 is_old ? arena_printf(&r->arena, OLD, role) : arena_printf(&r->arena, NEW, role),
                 may ? "the role may set it" : "the role may not set it");
    return true;
}

bool check_destination(CheckReport *report, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schemas = {0};
    size_t count = report->catalog.table_count;
    const char **names = ARENA_ARRAY(&report->arena, const char *, count);

    for (size_t i = 0; i < count; i++)
        names[i] = report->catalog.tables[i].schema;
    created_text_array(&schemas, names, count);

    const char *values[] = {sql_text(&schemas)};

    if (!pg_query(pg, SQL_CHECK_DESTINATION, 1, values, &rows, err))
        return false;
    report_server(report, pg, rows);
    report_encoding(report, rows);
    report_create(report, rows);
    return report_role_setting(report, pg, rows, err) && check_acting(report, pg, err) &&
           check_existing(report, pg, err);
}
