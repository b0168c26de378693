#include "check_destination.sql.h"
#include "common/bytes.h"
#include "common/mem.h"
#include "common/replica_role.h"
#include "common/sql_text.h"
#include "schema/check_report.h"
#include "schema/created.h"

enum { OLDEST_VERSION = 140000 };

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
    const char *role = pg_text(rows, 0, "role");
    CLEANUP(mem_free) char *grant = replica_role_grant(pg, role);

    if (!replica_role_may(pg, &r->replica, err))
        return false;
    check_report(
        r, r->replica ? CHECK_OK : CHECK_WARN, "destination.session_replication_role", role, grant,
        r->replica ? "the role may set it"
                   : "the role may not set it: foreign keys will not be made, and no table "
                     "there may have triggers, rules or foreign keys while the task lives");
    return true;
}

bool check_destination(CheckReport *report, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schemas = {0};
    size_t count = report->catalog.table_count;
    const char **names = ARENA_ARRAY(&report->arena, const char *, count);

    for (size_t i = 0; i < count; i++)
        names[i] = report->catalog.tables[i].to_schema;
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
