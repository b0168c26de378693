/* SelectDB as seen from here: front ends, back ends, SQL, and what the user may do. */
#include "common/compiler.h"
#include "common/selectdb.h"
#include "schema/check_report.h"
#include "schema/selectdb_ddl.h"
#include "schema/selectdb_grants.h"

#include <stdio.h>
#include <strings.h>

enum { BACK_ENDS_MAX = 32, ROUNDS = 6 };

/* ---- front ends ---- */

/* "doris-3.0.8-rc01-...", "selectdb-4.0.2". Merge-on-write is the rule since 2.1. */
static bool is_known_version(const char *text)
{
    const char *digits = strpbrk(text, "0123456789");
    int major, minor;

    if (!digits || sscanf(digits, "%d.%d", &major, &minor) != 2)
        return true; /* nothing can be said */
    return major * 100 + minor >= 201;
}

static bool look_at_front_end(CheckReport *r, Selectdb *db, size_t number, Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_ask_version(db, number);
    const char *url = r->task->destination.urls[number];
    const char *version;
    Error why = {0};

    if (!selectdb_finish(db, call, &why)) {
        if (!selectdb_ended(call)) {
            *err = why; /* the host gave up */
            return false;
        }
        check_report(r, CHECK_FAIL, "destination.front_end", url,
                     why.hint[0] ? why.hint
                                 : "start it, open the way from here, or correct destination.urls",
                     "%s", why.message);
        return true;
    }
    version = selectdb_version(call);
    check_report(r, is_known_version(version) ? CHECK_OK : CHECK_WARN, "destination.front_end", url,
                 "use 2.1 or newer, or add \"destination.front_end\" to check.ignore",
                 "it answers, version %s", version[0] ? version : "not told");
    return true;
}

static bool look_at_front_ends(CheckReport *r, Selectdb *db, Error *err)
{
    for (size_t i = 0; r->task->destination.urls[i]; i++) {
        if (!look_at_front_end(r, db, i, err))
            return false;
    }
    return true;
}

/* ---- SQL ---- */

/* Tables that were made by hand are used with existing_tables = "accept". */
static void print_tables(CheckReport *r)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];
        SelectdbDesign design;
        Error why;

        if (catalog_has_rows(table) &&
            selectdb_design_settle(r->task, table, &r->arena, &design, &why))
            check_report(r, CHECK_WARN, "destination.query", catalog_to_name(&r->arena, table),
                         selectdb_ddl_table(&r->arena, &design,
                                            (SelectdbOwner){r->task->name, "by-hand"}, 0),
                         "it cannot be made from here");
    }
}

static bool look_at_sql(CheckReport *r, Selectdb *db, bool *works, Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_sql(db, "", "SELECT 1");
    Error why = {0};

    *works = selectdb_finish(db, call, &why);
    if (!*works && !selectdb_ended(call)) {
        *err = why;
        return false;
    }
    if (*works)
        check_report(r, CHECK_OK, "destination.query", "", "", "/api/query takes statements");
    else
        check_report(r, CHECK_FAIL, "destination.query", "",
                     why.hint[0] ? why.hint
                                 : "let /api/query through to the front end: tables are made, "
                                   "emptied and asked by it",
                     "/api/query takes no statement: %s", why.message);
    if (!*works)
        print_tables(r);
    return true;
}

/* What loading, making and comparing tables takes; the sixth is for the compute group. */
static const struct {
    const char *privilege, *what_for;
} PRIVILEGES[] = {
    {"Select_priv", "compare, and asking for what is there"},
    {"Load_priv", "loads"},
    {"Alter_priv", "following definitions"},
    {"Create_priv", "making tables"},
    {"Drop_priv", "emptying tables"},
};

static void report_grants(CheckReport *r, const SelectdbRows *grants)
{
    const TaskDestination *d = &r->task->destination;
    bool all = true;

    for (size_t i = 0; i < COUNT_OF(PRIVILEGES); i++) {
        if (selectdb_grants_have(grants, PRIVILEGES[i].privilege, d->database))
            continue;
        all = false;
        check_report(r, CHECK_WARN, "destination.privileges", PRIVILEGES[i].privilege,
                     arena_printf(&r->arena, "GRANT %s ON internal.%s.* TO '%s';",
                                  PRIVILEGES[i].privilege, d->database, d->user),
                     "the user has it not for the whole of database %s: it is for %s", d->database,
                     PRIVILEGES[i].what_for);
    }
    if (d->compute_group[0] && !selectdb_grants_have_group(grants, d->compute_group)) {
        all = false;
        check_report(r, CHECK_WARN, "destination.privileges", "Usage_priv",
                     arena_printf(&r->arena, "GRANT USAGE_PRIV ON COMPUTE GROUP '%s' TO '%s';",
                                  d->compute_group, d->user),
                     "the user has it not for compute group %s", d->compute_group);
    }
    if (all)
        check_report(r, CHECK_OK, "destination.privileges", d->user, "",
                     "the user may load, read, make, alter and drop in database %s", d->database);
}

/* Not every version answers SHOW GRANTS here: that is no reason to keep a task from starting. */
static bool look_at_grants(CheckReport *r, Selectdb *db, Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_sql(db, "", "SHOW GRANTS");
    Error why = {0};

    if (selectdb_finish(db, call, &why)) {
        report_grants(r, selectdb_rows(call));
        return true;
    }
    if (!selectdb_ended(call)) {
        *err = why;
        return false;
    }
    check_report(r, CHECK_OK, "destination.privileges", r->task->destination.user, "",
                 "not looked at, SHOW GRANTS is not answered (%s)", why.message);
    return true;
}

/* ---- back ends ---- */

typedef struct Seen {
    char names[BACK_ENDS_MAX][300];
    size_t count;
} Seen;

/* True for one that was not there before. */
static bool note_seen(Seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (strcmp(seen->names[i], name) == 0)
            return false;
    }
    if (seen->count == BACK_ENDS_MAX)
        return false;
    snprintf(seen->names[seen->count++], sizeof seen->names[0], "%s", name);
    return true;
}

static bool is_mapped(const SelectdbBackend *back_end)
{
    const char *host = strstr(back_end->url, "://");

    return !host || strncasecmp(host + 3, back_end->name, strlen(back_end->name)) != 0;
}

static bool look_at_back_end(CheckReport *r, Selectdb *db, const SelectdbBackend *back_end,
                             Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_ask_back_end(db, back_end);
    const char *way = is_mapped(back_end) ? "by way of redirect_map" : "directly";
    Error why = {0};

    if (selectdb_finish(db, call, &why)) {
        check_report(r, CHECK_OK, "destination.back_end", back_end->name, "", "it is reached %s",
                     way);
        return true;
    }
    if (!selectdb_ended(call)) {
        *err = why;
        return false;
    }
    check_report(r, CHECK_FAIL, "destination.back_end", back_end->name,
                 arena_printf(&r->arena,
                              "open the way from here, or write the address that is reached: "
                              "redirect_map = ( { from = \"%s\"; to = \"HOST:PORT\"; } );",
                              back_end->name),
                 "a front end sends loads to it, it is not reached %s: %s", way, why.message);
    return true;
}

/* A load that is never sent: a front end names a back end for it without a look at the table. */
static bool ask_for_back_end(CheckReport *r, Selectdb *db, SelectdbCall **call, bool *named,
                             Error *err)
{
    static const char *const HEADERS[] = {"label: walferry_check", "format: csv", NULL};
    Error why = {0};

    *call = selectdb_resolve(db, r->task->destination.database, "walferry_check", HEADERS);
    *named = selectdb_finish(db, *call, &why);
    if (*named)
        return true;
    if (!selectdb_ended(*call)) {
        *err = why;
        return false;
    }
    check_report(r, CHECK_FAIL, "destination.back_end", "", why.hint,
                 "no front end names a back end to load to: %s", why.message);
    return true;
}

static bool look_at_back_ends(CheckReport *r, Selectdb *db, Error *err)
{
    Seen seen = {.count = 0};
    bool named = true;

    for (int i = 0; i < ROUNDS && named; i++) {
        CLEANUP(selectdb_free) SelectdbCall *call = NULL;

        if (!ask_for_back_end(r, db, &call, &named, err))
            return false;
        if (named && note_seen(&seen, selectdb_backend(call)->name) &&
            !look_at_back_end(r, db, selectdb_backend(call), err))
            return false;
    }
    return true;
}

/* What is refused there is an item as well; only a host that gives up ends the check. */
static bool look_at_tables(CheckReport *r, Selectdb *db, Error *err)
{
    Error why = {0};

    if (check_selectdb_existing(r, db, &why))
        return true;
    if (why.kind == ERROR_NONE) {
        *err = why;
        return false;
    }
    check_report(r, CHECK_FAIL, "destination.catalog", why.object, why.hint, "%s", why.message);
    return true;
}

bool check_look_at_selectdb(CheckReport *report, Error *err)
{
    CLEANUP(selectdb_close) Selectdb *db = NULL;
    bool sql = false;

    return job_open_selectdb(&db, report->task, report->host, err) &&
           look_at_front_ends(report, db, err) && look_at_sql(report, db, &sql, err) &&
           (!sql || look_at_grants(report, db, err)) && look_at_back_ends(report, db, err) &&
           look_at_tables(report, sql ? db : NULL, err);
}
