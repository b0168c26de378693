#include "schema/restart.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/model_index.h"
#include "common/replica_role.h"
#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/selectdb_restart.h"

typedef Walferry__Model__Model Model;
typedef Walferry__Model__ModelTable ModelTable;

enum { TABLES_AT_ONCE = 500 };

typedef struct Restart {
    const TaskFile *task;
    JobHost *host;
    Pg *pg;
} Restart;

static void restart_done(Restart *restart)
{
    pg_close(&restart->pg);
}

static bool may_be_emptied(Restart *r, const ModelTable *table, Error *err)
{
    CLEANUP(mem_free) char *made = created_object("table", table->to_schema, table->to_name);
    CLEANUP(mem_free) char *empty = created_object("empty", table->to_schema, table->to_name);
    const char *objects[] = {made, empty};
    bool found[COUNT_OF(objects)];

    if (!created_find(r->pg, r->task, objects, COUNT_OF(objects), found, err))
        return false;
    if (found[0] || found[1])
        return true;
    error_set(err, ERROR_CONFIG,
              "its copy must start again, and it had rows already when the task came");
    error_object(err, "%s.%s", table->to_schema, table->to_name);
    return error_hint(err, "empty the table at the destination, walferry release %s, start anew",
                      r->task->name);
}

/* TRUNCATE refuses a table that a foreign key refers to, even an empty one. */
static bool is_referred_to(Restart *r, const char *qualified, bool *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(r->pg,
                  "SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f'"
                  " AND confrelid = $1::regclass AND conrelid <> confrelid) AS referred",
                  1, &qualified, &rows, err))
        return false;
    *out = pg_bool(rows, 0, "referred");
    return true;
}

static bool empty_table(Restart *r, const ModelTable *table, Error *err)
{
    CLEANUP(mem_free) char *name = pg_qualified(r->pg, table->to_schema, table->to_name);
    bool referred = false;

    if (!may_be_emptied(r, table, err))
        return false;
    if (!is_referred_to(r, name, &referred, err) ||
        !pg_execf(r->pg, err, referred ? "DELETE FROM ONLY %s" : "TRUNCATE ONLY %s", name))
        return error_object(err, "%s.%s", table->to_schema, table->to_name);
    return true;
}

static bool forget_chunks(Restart *r, uint32_t oid, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "DELETE FROM walferry.chunk WHERE relation_oid = %u AND task = ", oid);
    sql_literal(&sql, str_of(r->task->name));
    return pg_exec(r->pg, sql_text(&sql), NULL, err);
}

/* What is emptied stays locked until then; a job that is killed empties all of them again. */
static bool commit_now_and_then(Restart *r, size_t emptied, Error *err)
{
    return emptied % TABLES_AT_ONCE != 0 || pg_exec(r->pg, "COMMIT; BEGIN", NULL, err);
}

static bool empty_tables(Restart *r, const Model *model, const uint32_t *oids, size_t count,
                         Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    ModelIndex tables = model_index_of(&arena, model);

    for (size_t i = 0; i < count; i++) {
        const ModelTable *table = model_index_find(&tables, oids[i]);

        if (!table)
            return error_set(err, ERROR_CONFIG, "table %u is not in the model", oids[i]);
        if (table->has_rows && !empty_table(r, table, err))
            return false;
        if (!forget_chunks(r, oids[i], err) || !commit_now_and_then(r, i + 1, err))
            return false;
        job_notice(r->host, i + 1, count, "emptying tables");
    }
    return true;
}

bool restart_tables(const TaskFile *task, const Model *model, const uint32_t *oids, size_t count,
                    JobHost *host, Error *err)
{
    CLEANUP(restart_done) Restart r = {.task = task, .host = host};
    bool replica = false;

    if (task->destination.type == DESTINATION_SELECTDB)
        return selectdb_restart(task, model, oids, count, host, err);
    if (!job_connect_destination(&r.pg, task, "schema", host, err) ||
        !job_end_predecessor(r.pg, task, "schema", host, err))
        return false;
    /* as a replica: rows that others refer to come again */
    if (!replica_role_take(r.pg, &replica, err) || !pg_exec(r.pg, "BEGIN", NULL, err) ||
        !empty_tables(&r, model, oids, count, err))
        return error_wrap(err, "empty the tables that start again");
    (void)FAILPOINT("schema.truncated");
    return pg_exec(r.pg, "COMMIT", NULL, err) ||
           error_wrap(err, "empty the tables that start again");
}
