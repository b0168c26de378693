#include "schema/own_objects.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/sql_text.h"
#include "destination_objects.sql.h"
#include "source_objects.sql.h"

#include <stdio.h>

/* Tasks that share a database make and drop these one after the other. */
#define LOCK_OWN_OBJECTS "SELECT pg_advisory_xact_lock(hashtextextended('walferry', 0));"

/* clang-format off */
static const char *const SOURCE_TABLES[] = {"heartbeat", "identity"};
static const char *const DESTINATION_TABLES[] = {"progress", "chunk", "created"};
/* clang-format on */

bool own_objects_exist(Pg *pg, const char *table, bool *exists, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(pg, "SELECT to_regclass($1) IS NOT NULL AS exists", 1, &table, &rows, err))
        return error_wrap(err, "look for %s", table);
    *exists = pg_bool(rows, 0, "exists");
    return true;
}

/* Whose rows of the task are in that table; *moved if they hold a position. */
static bool find_owner(Pg *pg, const char *table, const char *sql, const TaskFile *task,
                       const char *task_uuid, Owner *owner, bool *moved, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *values[] = {task->name, task_uuid};
    bool exists = false;

    *owner = OWNER_NONE;
    if (!own_objects_exist(pg, table, &exists, err))
        return false;
    if (!exists)
        return true;
    if (!pg_query(pg, sql, 2, values, &rows, err))
        return error_wrap(err, "read %s", table);
    if (pg_int(rows, 0, "rows") > 0)
        *owner = pg_int(rows, 0, "strange") > 0 ? OWNER_OTHER : OWNER_US;
    *moved = pg_bool(rows, 0, "moved");
    return true;
}

bool own_objects_find(Pg *source, Pg *destination, const TaskFile *task, const char *task_uuid,
                      Found *out, Error *err)
{
    static const char HEARTBEAT[] = "SELECT count(*) AS rows, false AS moved,"
                                    " count(*) FILTER (WHERE task_uuid <> $2) AS strange"
                                    " FROM walferry.heartbeat WHERE task = $1";
    static const char PROGRESS[] = "SELECT count(*) AS rows,"
                                   " coalesce(max(commit_lsn) > '0/0', false) AS moved,"
                                   " count(*) FILTER (WHERE task_uuid <> $2) AS strange"
                                   " FROM walferry.progress WHERE task = $1";
    char slot[OBJECT_NAME_MAX];
    bool unused = false;

    *out = (Found){0};
    return find_owner(source, "walferry.heartbeat", HEARTBEAT, task, task_uuid, &out->heartbeat,
                      &unused, err) &&
           (!destination || find_owner(destination, "walferry.progress", PROGRESS, task, task_uuid,
                                       &out->progress, &out->moved, err)) &&
           slot_read(source, names_slot(task->name, slot), &out->slot, err);
}

/* What of the task is there, for people. By slot, then by progress. */
/* clang-format off */
static const char *const REMAINS[2][2] = {
    {"nothing",    "progress at the destination is"},
    {"its slot is", "its slot and progress at the destination are"},
};
/* clang-format on */

bool own_objects_judge(const Found *found, const char *task, Error *err)
{
    char slot[OBJECT_NAME_MAX];
    bool lost =
        (found->slot.exists && found->heartbeat != OWNER_US) || found->progress == OWNER_OTHER;

    names_slot(task, slot);
    if (found->slot.exists && !found->slot.ours) {
        error_set(err, ERROR_CONFIG, "the slot belongs to database \"%s\" and plugin \"%s\"",
                  found->slot.database, found->slot.plugin);
        error_object(err, "%s", slot);
        return error_hint(err, "give the task another name");
    }
    if (!lost)
        return true;
    error_set(
        err, ERROR_CONFIG,
        "%s there from an earlier start of the task that this state directory knows nothing of",
        REMAINS[found->slot.exists][found->progress != OWNER_NONE]);
    error_object(err, "%s", slot);
    return error_hint(err,
                      "use the state directory that made it; if that is lost: walferry release %s, "
                      "drop the tables at the destination, start anew",
                      task);
}

/* A role without CREATE on the database may still use what is there: so no IF NOT EXISTS. */
static bool make_schema(Pg *pg, const char *objects, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, "SELECT to_regnamespace('walferry') IS NULL AS missing", &rows, err))
        return false;
    if (pg_bool(rows, 0, "missing") && !pg_exec(pg, "CREATE SCHEMA walferry", NULL, err))
        return false;
    return pg_exec(pg, objects, NULL, err);
}

static bool make_source_objects(Pg *pg, const TaskFile *task, const char *task_uuid, Error *err)
{
    static const char SQL[] = "INSERT INTO walferry.heartbeat (task, task_uuid) VALUES ($1, $2)"
                              " ON CONFLICT (task) DO UPDATE SET task_uuid = excluded.task_uuid"
                              " WHERE heartbeat.task_uuid <> excluded.task_uuid";
    const char *values[] = {task->name, task_uuid};
    bool exists = false;

    if (!own_objects_exist(pg, "walferry.identity", &exists, err))
        return false;
    return (exists || make_schema(pg, SQL_SOURCE_OBJECTS, err)) &&
           pg_query(pg, SQL, 2, values, NULL, err);
}

/* Lanes that an earlier run made and this one has not, unless they hold a position. */
static bool make_destination_objects(Pg *pg, const TaskFile *task, const char *task_uuid,
                                     int64_t lanes, Error *err)
{
    static const char INSERT[] =
        "INSERT INTO walferry.progress (task, lane, task_uuid)"
        " SELECT $1, lane, $2 FROM generate_series(0, $3::int - 1) AS lane ON CONFLICT DO NOTHING";
    static const char DELETE[] =
        "DELETE FROM walferry.progress WHERE task = $1 AND lane >= $2::int AND commit_lsn = '0/0'";
    char count[24];
    const char *inserted[] = {task->name, task_uuid, count};
    const char *deleted[] = {task->name, count};
    bool exists = false;

    snprintf(count, sizeof count, "%lld", (long long)lanes);
    if (!own_objects_exist(pg, "walferry.created", &exists, err))
        return false;
    return (exists || make_schema(pg, SQL_DESTINATION_OBJECTS, err)) &&
           pg_query(pg, INSERT, 3, inserted, NULL, err) &&
           pg_query(pg, DELETE, 2, deleted, NULL, err);
}

/* After a failure, so that the connection may be used on. */
static void roll_back(Pg *pg)
{
    Error ignored = {0};

    (void)!pg_exec(pg, "ROLLBACK", NULL, &ignored);
}

bool own_objects_make_source(Pg *pg, const TaskFile *task, const char *task_uuid, Error *err)
{
    if (pg_exec(pg, "BEGIN; " LOCK_OWN_OBJECTS, NULL, err) &&
        make_source_objects(pg, task, task_uuid, err) && pg_exec(pg, "COMMIT", NULL, err))
        return true;
    roll_back(pg);
    return error_wrap(err, "make the schema walferry");
}

bool own_objects_make_destination(Pg *pg, const TaskFile *task, const char *task_uuid,
                                  int64_t lanes, Error *err)
{
    if (pg_exec(pg, "BEGIN; " LOCK_OWN_OBJECTS, NULL, err) &&
        make_destination_objects(pg, task, task_uuid, lanes, err) &&
        pg_exec(pg, "COMMIT", NULL, err))
        return true;
    roll_back(pg);
    return error_wrap(err, "make the schema walferry");
}

/* *empty stays true only if it has no row of any task. Missing tables are left out of `found`. */
static bool forget_rows(Pg *pg, const TaskFile *task, const char *table, bool *found, bool *empty,
                        Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(mem_free) char *name = mem_printf(WALFERRY_SCHEMA ".%s", table);
    CLEANUP(mem_free) char *forget = mem_printf("DELETE FROM %s WHERE task = $1", name);
    CLEANUP(mem_free) char *look = mem_printf("SELECT EXISTS (SELECT FROM %s) AS used", name);

    if (!own_objects_exist(pg, name, found, err))
        return false;
    if (!*found)
        return true;
    if (!pg_query(pg, forget, 1, &task->name, NULL, err) || !pg_exec(pg, look, &rows, err))
        return false;
    *empty = *empty && !pg_bool(rows, 0, "used");
    return true;
}

/* The other end's tables may be in it, where a destination is the source of another task. */
static bool drop_empty_schema(Pg *pg, Error *err)
{
    static const char SQL[] = "SELECT 1 FROM pg_namespace AS n WHERE nspname = 'walferry'"
                              " AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid)";
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, SQL, &rows, err))
        return false;
    return pg_rows_count(rows) == 0 || pg_exec(pg, "DROP SCHEMA walferry", NULL, err);
}

static bool drop_objects(Pg *pg, const TaskFile *task, const char *const *tables, size_t count,
                         Error *err)
{
    bool empty = true, found[COUNT_OF(DESTINATION_TABLES)] = {false};

    for (size_t i = 0; i < count; i++) {
        if (!forget_rows(pg, task, tables[i], &found[i], &empty, err))
            return false;
    }
    for (size_t i = 0; empty && i < count; i++) {
        if (found[i] && !pg_execf(pg, err, "DROP TABLE " WALFERRY_SCHEMA ".%s", tables[i]))
            return false;
    }
    return !empty || drop_empty_schema(pg, err);
}

static bool drop_in_transaction(Pg *pg, const TaskFile *task, const char *const *tables,
                                size_t count, Error *err)
{
    if (pg_exec(pg, "BEGIN; " LOCK_OWN_OBJECTS, NULL, err) &&
        drop_objects(pg, task, tables, count, err) && pg_exec(pg, "COMMIT", NULL, err))
        return true;
    roll_back(pg);
    return error_wrap(err, "take away the schema walferry");
}

bool own_objects_drop_source(Pg *pg, const TaskFile *task, Error *err)
{
    return drop_in_transaction(pg, task, SOURCE_TABLES, COUNT_OF(SOURCE_TABLES), err);
}

bool own_objects_drop_destination(Pg *pg, const TaskFile *task, Error *err)
{
    return drop_in_transaction(pg, task, DESTINATION_TABLES, COUNT_OF(DESTINATION_TABLES), err);
}
