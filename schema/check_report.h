/*
 * check_report - the parts of check, and how they say what they found. For the command line
 * there is check.h.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/check.h"

typedef struct CheckReport {
    const TaskFile *task;
    JobHost *host;
    CheckSink *sink;
    void *self;
    Arena arena;
    Catalog catalog;      /* selected tables, once the source was read */
    bool replica;         /* the destination lets us set session_replication_role */
    const char *identity; /* the source's cluster and database; NULL: not known */
    const char *encoding; /* of the source's database; NULL: not known */
} CheckReport;

void check_report_done(CheckReport *report);

/* Connect and give all items of that end. */
NODISCARD bool check_look_at_source(CheckReport *report, Error *err);
NODISCARD bool check_look_at_destination(CheckReport *report, Error *err);
NODISCARD bool check_look_at_selectdb(CheckReport *report, Error *err);

/* what is a format; to_do may be "". A warning that check.ignore names becomes ok. */
void check_report(CheckReport *report, CheckLevel level, const char *id, const char *object,
                  const char *to_do, const char *what, ...) PRINTF_LIKE(6, 7);

static inline CheckLevel check_fail_unless(bool good)
{
    return good ? CHECK_OK : CHECK_FAIL;
}

/* Each gives its items. False only for our own trouble. */
NODISCARD bool check_source(CheckReport *report, Pg *pg, Error *err);
NODISCARD bool check_standbys(CheckReport *report, Pg *pg, Error *err);
NODISCARD bool check_tables(CheckReport *report, Pg *pg, Error *err);
NODISCARD bool check_destination(CheckReport *report, Pg *pg, Error *err);
NODISCARD bool check_existing(CheckReport *report, Pg *pg, Error *err);
NODISCARD bool check_acting(CheckReport *report, Pg *pg, Error *err);

/* SelectDB: can the tables stand there as they are? Looks at the source's catalog only. */
NODISCARD bool check_selectdb_designs(CheckReport *report, Pg *pg, Error *err);

/* SelectDB: what stands there already, once statements run; db NULL: they do not, and what would
 * have to be run by hand is given. */
struct Selectdb;
NODISCARD bool check_selectdb_existing(CheckReport *report, struct Selectdb *db, Error *err);
