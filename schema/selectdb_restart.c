#include "schema/selectdb_restart.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/model_index.h"
#include "common/selectdb.h"
#include "common/selectdb_sql.h"
#include "common/sql_text.h"

typedef Walferry__Model__SelectdbTable SelectdbTable;

static bool refuse(const TaskFile *task, const SelectdbTable *table, Error *err)
{
    error_set(err, ERROR_CONFIG,
              "its copy must start again, and it had rows already when the task came");
    error_object(err, "%s.%s", table->database, table->table);
    return error_hint(err, "empty the table at SelectDB, walferry release %s, start anew",
                      task->name);
}

static bool empty_table(Selectdb *db, const TaskFile *task, const SelectdbTable *table,
                        Arena *arena, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!table->may_be_emptied)
        return refuse(task, table, err);
    sql_add(&sql, "TRUNCATE TABLE ");
    selectdb_sql_table(&sql, str_of(table->database), str_of(table->table));
    return selectdb_query(db, table->database, sql_text(&sql), arena, NULL, err) ||
           error_object(err, "%s.%s", table->database, table->table);
}

bool selectdb_restart(const TaskFile *task, const Walferry__Model__Model *model,
                      const uint32_t *oids, size_t count, JobHost *host, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(selectdb_close) Selectdb *db = NULL;
    ModelIndex tables = model_index_of(&arena, model);

    if (!job_open_selectdb(&db, task, host, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const Walferry__Model__ModelTable *table = model_index_find(&tables, oids[i]);

        if (!table)
            return error_set(err, ERROR_CONFIG, "table %u is not in the model", oids[i]);
        if (table->selectdb && !empty_table(db, task, table->selectdb, &arena, err))
            return error_wrap(err, "empty the tables that start again");
        job_notice(host, i + 1, count, "emptying tables");
    }
    (void)FAILPOINT("schema.selectdb_truncated");
    return true;
}
