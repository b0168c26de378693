#include "check_source.sql.h"
#include "check_transactions.sql.h"
#include "common/mem.h"
#include "common/names.h"
#include "schema/check_report.h"
#include "schema/slot.h"

#include <inttypes.h>

enum { OLDEST_VERSION = 140000, KEEP_ENOUGH_MB = 1024 };
#define LONG_TRANSACTION_S "60"

static void report_address(CheckReport *r, const PgRows *rows)
{
    check_report(r, CHECK_OK, "source.address", "", "", "the server is %s, it sees us as %s",
                 pg_text(rows, 0, "address"), pg_text(rows, 0, "client"));
}

static void report_version(CheckReport *r, Pg *pg, const PgRows *rows)
{
    check_report(r, check_fail_unless(pg_server_version(pg) >= OLDEST_VERSION), "source.version",
                 "", "use PostgreSQL 14 or newer", "PostgreSQL %s", pg_text(rows, 0, "version"));
    if (pg_bool(rows, 0, "in_recovery"))
        check_report(r, CHECK_FAIL, "source.recovery", "", "name the primary in source.conninfo",
                     "the server is a standby");
}

static void report_encoding(CheckReport *r, const PgRows *rows)
{
    r->encoding = arena_strdup(&r->arena, pg_text(rows, 0, "encoding"));
    if (strcmp(r->encoding, "SQL_ASCII") == 0)
        check_report(r, CHECK_WARN, "source.encoding", "SQL_ASCII",
                     "make sure that all of its text is UTF-8, and add \"source.encoding\" to "
                     "check.ignore",
                     "the database does not say what its bytes mean: they are copied as they are, "
                     "and the first that the destination does not accept stops the task");
    else
        check_report(r, CHECK_OK, "source.encoding", r->encoding, "",
                     "text is converted on the way where the destination's encoding is another");
}

static void report_wal_level(CheckReport *r, const PgRows *rows)
{
    const char *level = pg_text(rows, 0, "wal_level");

    check_report(r, check_fail_unless(strcmp(level, "logical") == 0), "source.wal_level", "",
                 "ALTER SYSTEM SET wal_level = 'logical'; and restart the server",
                 "wal_level is %s", level);
}

static void report_slots(CheckReport *r, const PgRows *rows, bool have_ours)
{
    int64_t most = pg_int(rows, 0, "max_slots"), used = pg_int(rows, 0, "slots");

    check_report(r, check_fail_unless(have_ours || used < most), "source.slots", "",
                 "raise max_replication_slots, or drop a slot that nobody needs",
                 "%" PRId64 " of %" PRId64 " replication slots are in use", used, most);
}

static void report_senders(CheckReport *r, const PgRows *rows, bool have_ours)
{
    int64_t most = pg_int(rows, 0, "max_senders"), used = pg_int(rows, 0, "senders");

    check_report(r, check_fail_unless(have_ours || used < most), "source.senders", "",
                 "raise max_wal_senders", "%" PRId64 " of %" PRId64 " walsenders are in use", used,
                 most);
}

static void report_name(CheckReport *r, const SlotState *slot, const char *name)
{
    if (!slot->exists)
        check_report(r, CHECK_OK, "source.name", name, "", "no slot has this name yet");
    else if (slot->ours)
        check_report(r, CHECK_OK, "source.name", name, "", "the slot is there already");
    else
        check_report(r, CHECK_FAIL, "source.name", name, "give the task another name",
                     "a slot of this name belongs to database \"%s\" and plugin \"%s\"",
                     slot->database, slot->plugin);
}

static void report_privileges(CheckReport *r, const PgRows *rows)
{
    const char *role = pg_text(rows, 0, "role"), *database = pg_text(rows, 0, "database");
    bool replicate = pg_bool(rows, 0, "may_replicate"), create = pg_bool(rows, 0, "may_create");

    check_report(r, check_fail_unless(replicate), "source.replication_privilege", role,
                 arena_printf(&r->arena,
                              pg_bool(rows, 0, "is_rds") ? "GRANT rds_replication TO %s;"
                                                         : "ALTER ROLE %s REPLICATION;",
                              role),
                 replicate ? "the role may read replication slots"
                           : "the role may not read replication slots");
    check_report(r, check_fail_unless(create), "source.create_privilege", database,
                 arena_printf(&r->arena, "GRANT CREATE ON DATABASE %s TO %s;", database, role),
                 create ? "the role may create publication and schema walferry"
                        : "the role may not create publication and schema walferry");
}

static void report_wal_keep(CheckReport *r, const PgRows *rows)
{
    int64_t megabytes = pg_int(rows, 0, "wal_keep_mb");
    const char *timeout = pg_text(rows, 0, "idle_slot_timeout");

    if (megabytes < 0)
        check_report(r, CHECK_OK, "source.wal_keep", "max_slot_wal_keep_size", "",
                     "no limit: the server keeps WAL for as long as the task stands still");
    else
        check_report(r, megabytes < KEEP_ENOUGH_MB ? CHECK_WARN : CHECK_OK, "source.wal_keep",
                     "max_slot_wal_keep_size", "raise it, or set it to -1",
                     "the slot is lost when the task is more than %s behind",
                     pg_text(rows, 0, "wal_keep"));
    if (strcmp(timeout, "0") != 0)
        check_report(r, CHECK_WARN, "source.idle_slot_timeout", "idle_replication_slot_timeout",
                     "set it to 0, or never pause the task for so long",
                     "the slot is lost when nobody has read it for %s", timeout);
}

static bool report_transactions(CheckReport *r, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(pg_rows_done) PgRows *rights = NULL;
    const char *values[] = {LONG_TRANSACTION_S};

    if (!pg_query(pg, SQL_CHECK_TRANSACTIONS, 1, values, &rows, err))
        return false;
    if (!pg_exec(pg, "SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all", &rights, err))
        return false;
    if (pg_rows_count(rows) == 0)
        check_report(r, CHECK_OK, "source.long_transactions", "", "",
                     pg_bool(rights, 0, "sees_all")
                         ? "none that the making of the slot would wait for"
                         : "none of the role's own that the making of the slot would wait for; "
                           "those of others are seen with pg_read_all_stats");
    for (int row = 0; row < pg_rows_count(rows); row++)
        check_report(r, CHECK_WARN, "source.long_transactions", pg_text(rows, row, "object"),
                     "end it, or the making of the slot waits for it", "%s",
                     pg_text(rows, row, "what"));
    return true;
}

bool check_source(CheckReport *report, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    char name[OBJECT_NAME_MAX];
    SlotState slot = {0};

    if (!pg_exec(pg, SQL_CHECK_SOURCE, &rows, err) ||
        !slot_read(pg, names_slot(report->task->name, name), &slot, err))
        return false;
    report->identity = arena_strdup(&report->arena, pg_text(rows, 0, "identity"));
    report_address(report, rows);
    report_version(report, pg, rows);
    report_encoding(report, rows);
    report_wal_level(report, rows);
    report_slots(report, rows, slot.exists);
    report_senders(report, rows, slot.active_pid != 0);
    report_name(report, &slot, name);
    report_privileges(report, rows);
    report_wal_keep(report, rows);
    return check_standbys(report, pg, err) && report_transactions(report, pg, err);
}
