#include "check_standbys.sql.h"
#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/check_report.h"

enum { FAILOVER_VERSION = 170000 };

/* clang-format off */
static const struct {
    const char *column, *to_do;
} NEEDS[] = {
    {"no_slot",     "set primary_slot_name at the standby"},
    {"no_feedback", "set hot_standby_feedback = on at the standby"},
    {"no_worker",   "set sync_replication_slots = on and name a dbname in primary_conninfo at the standby"},
    {"unlisted",    "name the standby's slot in synchronized_standby_slots of this server"},
};
/* clang-format on */

/* "" if the standby lacks nothing. */
static const char *list_needs(CheckReport *report, const PgRows *rows, int row)
{
    CLEANUP(bytes_done) Bytes text = {0};

    for (size_t i = 0; i < COUNT_OF(NEEDS); i++) {
        if (pg_bool(rows, row, NEEDS[i].column))
            sql_add(&text, "%s%s", text.len ? "; " : "", NEEDS[i].to_do);
    }
    return arena_copy(&report->arena, bytes_str(&text)).data;
}

static void report_standby(CheckReport *report, Pg *pg, const PgRows *rows, int row)
{
    const char *standby = pg_text(rows, row, "standby");

    if (pg_server_version(pg) < FAILOVER_VERSION) {
        check_report(report, CHECK_OK, "source.failover", standby, "",
                     "before PostgreSQL 17 a standby has no copy of the slot: after a fail-over "
                     "the task is released and started anew");
        return;
    }
    const char *needs = list_needs(report, rows, row);
    if (needs[0])
        check_report(report, CHECK_WARN, "source.failover", standby, needs,
                     "the task cannot go on at this standby, or not without loss, if it takes "
                     "over");
    else
        check_report(report, CHECK_OK, "source.failover", standby, "",
                     "the standby gets the task's slot, and everything before the destination "
                     "does: the task goes on if it takes over");
}

bool check_standbys(CheckReport *report, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, SQL_CHECK_STANDBYS, &rows, err))
        return error_wrap(err, "look for standbys");
    for (int row = 0; row < pg_rows_count(rows); row++)
        report_standby(report, pg, rows, row);
    return true;
}
