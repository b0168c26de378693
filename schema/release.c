#include "schema/release.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/names.h"
#include "common/sql_text.h"
#include "schema/identity.h"
#include "schema/own_objects.h"
#include "schema/slot.h"

typedef struct Release {
    const TaskFile *task;
    JobHost *host;
    ReleaseLeftover *leftover;
    void *self;
    char slot[OBJECT_NAME_MAX]; /* and publication */
} Release;

static void hand_over(void *self, const char *sql)
{
    Release *r = self;

    r->leftover(r->self, sql);
}

/* The reason as a comment before the SQL, on one line. */
static void hand_over_with(Release *r, const char *side, const Error *why, const char *sql)
{
    CLEANUP(bytes_done) Bytes text = {0};
    char reason[sizeof why->message];

    for (size_t i = 0; i < sizeof reason; i++)
        reason[i] = why->message[i] == '\n' ? ' ' : why->message[i];
    sql_add(&text, "-- at the %s (%s):\n%s", side, reason, sql);
    hand_over(r, sql_text(&text));
}

/* What the host gave up, or our own end: no leftover, release ends. */
static bool was_given_up(const Error *err)
{
    return err->kind == ERROR_NONE;
}

static bool drop_slot(Release *r, Pg *pg, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    Error why = {0};

    if (slot_drop(pg, r->task, r->slot, r->host, &why)) {
        (void)FAILPOINT("schema.release_slot");
        return true;
    }
    if (was_given_up(&why)) {
        *err = why;
        return false;
    }
    sql_add(&sql, "SELECT pg_drop_replication_slot(");
    sql_literal(&sql, str_of(r->slot));
    sql_add(&sql, ");");
    hand_over_with(r, "source", &why, sql_text(&sql));
    return true;
}

static const char *drop_publication_sql(const Release *r, Bytes *sql)
{
    sql_add(sql, "DROP PUBLICATION IF EXISTS ");
    sql_identifier(sql, str_of(r->slot));
    sql_add(sql, ";");
    return sql_text(sql);
}

static bool drop_publication(Release *r, Pg *pg, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    Error why = {0};

    drop_publication_sql(r, &sql);
    if (job_exec_locking(pg, r->task, sql.data, r->slot, r->host, &why)) {
        (void)FAILPOINT("schema.release_publication");
        return true;
    }
    if (was_given_up(&why)) {
        *err = why;
        return false;
    }
    hand_over_with(r, "source", &why, sql.data);
    return true;
}

static bool put_back_identities(Release *r, Pg *pg, Error *err)
{
    bool exists = false;

    if (!own_objects_exist(pg, "walferry.identity", &exists, err))
        return false;
    if (exists && !identity_put_back(pg, r->task, r->host, hand_over, r, err))
        return false;
    (void)FAILPOINT("schema.release_identity");
    return true;
}

static bool drop_source_objects(Release *r, Pg *pg, Error *err)
{
    Error why = {0};

    if (own_objects_drop_source(pg, r->task, &why)) {
        (void)FAILPOINT("schema.release_source_objects");
        return true;
    }
    if (was_given_up(&why)) {
        *err = why;
        return false;
    }
    hand_over_with(r, "source", &why, "DROP SCHEMA walferry CASCADE; -- if no other task uses it");
    return true;
}

static bool release_connected_source(Release *r, Pg *pg, Error *err)
{
    return drop_slot(r, pg, err) && drop_publication(r, pg, err) &&
           put_back_identities(r, pg, err) && drop_source_objects(r, pg, err);
}

static void hand_over_source(Release *r, const Error *why)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                  " WHERE slot_name = ");
    sql_literal(&sql, str_of(r->slot));
    sql_add(&sql, ";\n");
    drop_publication_sql(r, &sql);
    sql_add(&sql, "\n-- tables that walferry gave REPLICA IDENTITY FULL are in walferry.identity\n"
                  "DROP SCHEMA IF EXISTS walferry CASCADE; -- if no other task uses it");
    hand_over_with(r, "source", why, sql_text(&sql));
}

static void hand_over_destination(Release *r, const Error *why)
{
    hand_over_with(r, "destination", why,
                   "DROP SCHEMA IF EXISTS walferry CASCADE; -- if no other task uses it");
}

/* A connection that is lost in the middle leaves the rest over, as one never had does. */
static bool release_source(Release *r, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    Error why = {0};

    if (job_connect_source(&pg, r->task, "release", r->host, &why) &&
        job_end_predecessor(pg, r->task, "schema", r->host, &why) &&
        release_connected_source(r, pg, &why))
        return true;
    if (was_given_up(&why)) {
        *err = why;
        return false;
    }
    hand_over_source(r, &why);
    return true;
}

static bool release_destination(Release *r, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    Error why = {0};

    if (job_connect_destination(&pg, r->task, "release", r->host, &why) &&
        job_end_predecessor(pg, r->task, "schema", r->host, &why) &&
        own_objects_drop_destination(pg, r->task, &why)) {
        (void)FAILPOINT("schema.release_destination");
        return true;
    }
    if (was_given_up(&why)) {
        *err = why;
        return false;
    }
    hand_over_destination(r, &why);
    return true;
}

bool release_task(const TaskFile *task, JobHost *host, ReleaseLeftover *leftover, void *self,
                  Error *err)
{
    Release r = {.task = task, .host = host, .leftover = leftover, .self = self};

    names_slot(task->name, r.slot);
    if (!release_source(&r, err))
        return false;
    /* SelectDB keeps nothing of ours but a mark in the comment of a table */
    return task->destination.type == DESTINATION_SELECTDB || release_destination(&r, err);
}
