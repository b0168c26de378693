#include "common/mem.h"
#include "store/store_internal.h"

static bool add_lanes(Store *store, const StoreTask *task, Error *err)
{
    for (uint32_t lane = 0; lane < task->lanes; lane++) {
        if (!sql_do(store->sql, err, "INSERT INTO lane (task, lane) VALUES (?, ?)", "si",
                    task->name, (int64_t)lane))
            return false;
    }
    return true;
}

static bool add_task(Store *store, const StoreTask *task, Error *err)
{
    return sql_do(store->sql, err,
                  "INSERT INTO task (name, uuid, tag, file, settings, state, phase, created_ms)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  "sssssssi", task->name, task->uuid, task->tag, task->file, task->settings,
                  task->state, task->phase, task->created_ms) &&
           add_lanes(store, task, err);
}

bool store_add_task(Store *store, const StoreTask *task, Error *err)
{
    return sql_begin(store->sql, err) && sql_end(store->sql, add_task(store, task, err), err);
}

bool store_forget_task(Store *store, const char *name, Error *err)
{
    return sql_do(store->sql, err, "DELETE FROM task WHERE name = ?", "s", name);
}

static const char *copy_text(const SqlRows *rows, int column, Arena *arena)
{
    return arena_strdup(arena, sql_column(rows, column));
}

static void read_error(const SqlRows *rows, int column, Error *out)
{
    *out = (Error){.kind = error_kind_of(sql_column(rows, column))};
    if (out->kind == ERROR_NONE)
        return;
    error_set(out, out->kind, "%s", sql_column(rows, column + 1));
    error_object(out, "%s", sql_column(rows, column + 2));
    error_key(out, "%s", sql_column(rows, column + 3));
    error_position(out, "%s", sql_column(rows, column + 4));
    error_hint(out, "%s", sql_column(rows, column + 5));
}

/* The resume point is the least of the lanes', computed where it is read: one truth, not two. */
static const char TASK_QUERY[] =
    "SELECT t.name, uuid, tag, file, settings, state, phase, created_ms, epoch,"
    "       system_identifier, timeline, slot_lsn, snapshot_lsn, consistent, attempts,"
    "       applied, redelivered, duplicates, rewinds, rows_missing, rows_replaced,"
    "       count(*), min(resume_lsn), min(next_record_id),"
    "       error_kind, error_message, error_object, error_key, error_position, error_hint"
    "  FROM task AS t JOIN lane AS l ON l.task = t.name"
    " WHERE ?1 IS NULL OR t.name = ?1 GROUP BY t.name ORDER BY t.name";

static void read_task(const SqlRows *rows, Arena *arena, StoreTask *out)
{
    *out = (StoreTask){
        .name = copy_text(rows, 0, arena),
        .uuid = copy_text(rows, 1, arena),
        .tag = copy_text(rows, 2, arena),
        .file = copy_text(rows, 3, arena),
        .settings = copy_text(rows, 4, arena),
        .state = copy_text(rows, 5, arena),
        .phase = copy_text(rows, 6, arena),
        .created_ms = sql_int(rows, 7),
        .epoch = (uint64_t)sql_int(rows, 8),
        .system_identifier = copy_text(rows, 9, arena),
        .timeline = (uint32_t)sql_int(rows, 10),
        .slot_lsn = (Lsn)sql_int(rows, 11),
        .snapshot_lsn = (Lsn)sql_int(rows, 12),
        .consistent = sql_int(rows, 13) != 0,
        .attempts = (uint64_t)sql_int(rows, 14),
        .counters = {sql_int(rows, 15), sql_int(rows, 16), sql_int(rows, 17), sql_int(rows, 18),
                     sql_int(rows, 19), sql_int(rows, 20)},
        .lanes = (uint32_t)sql_int(rows, 21),
        .resume_lsn = (Lsn)sql_int(rows, 22),
        .next_record_id = (uint64_t)sql_int(rows, 23),
    };
    read_error(rows, 24, &out->error);
}

static bool query_tasks(Store *store, const char *name, Arena *arena, StoreTask **out,
                        size_t *count, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    StoreTask *tasks = NULL;
    Error found = {0};
    size_t n = 0;

    if (!sql_query(store->sql, &rows, err, TASK_QUERY, "s", name))
        return false;
    for (; sql_next(rows, &found); n++) {
        StoreTask *more = ARENA_ARRAY(arena, StoreTask, n + 1); /* few: a task is a pipeline */

        if (n > 0)
            memcpy(more, tasks, n * sizeof *tasks);
        tasks = more;
        read_task(rows, arena, &tasks[n]);
    }
    if (found.kind != ERROR_NONE) {
        *err = found;
        return false;
    }
    *out = tasks;
    *count = n;
    return true;
}

bool store_tasks(Store *store, Arena *arena, StoreTask **out, size_t *count, Error *err)
{
    return query_tasks(store, NULL, arena, out, count, err);
}

bool store_find_task(Store *store, const char *name, Arena *arena, StoreTask **out, Error *err)
{
    StoreTask *tasks;
    size_t count;

    if (!query_tasks(store, name, arena, &tasks, &count, err))
        return false;
    *out = count > 0 ? tasks : NULL;
    return true;
}

bool store_set_state(Store *store, const char *name, const char *state, const Error *error,
                     Error *err)
{
    bool none = !error || error->kind == ERROR_NONE;

    return sql_do(store->sql, err,
                  "UPDATE task SET state = ?2, error_kind = ?3, error_message = ?4,"
                  " error_object = ?5, error_key = ?6, error_position = ?7, error_hint = ?8"
                  " WHERE name = ?1",
                  "ssssssss", name, state, none ? NULL : error_kind_name(error->kind),
                  none ? NULL : error->message, none ? NULL : error->object,
                  none ? NULL : error->key, none ? NULL : error->position,
                  none ? NULL : error->hint);
}

bool store_set_phase(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_do(store->sql, err, "UPDATE task SET phase = ?2 WHERE name = ?1", "ss", name, phase);
}

bool store_set_file(Store *store, const char *name, const char *file, const char *tag, Error *err)
{
    return sql_do(store->sql, err, "UPDATE task SET file = ?2, tag = ?3 WHERE name = ?1", "sss",
                  name, file, tag);
}

/* Lanes that are further keep what they have: the slot may have been found, not made. */
static bool set_source(Store *store, const char *name, const StoreSource *source, const char *phase,
                       Error *err)
{
    return sql_do(store->sql, err,
                  "UPDATE task SET system_identifier = ?2, timeline = ?3, slot_lsn = ?4, phase = ?5"
                  " WHERE name = ?1",
                  "ssiis", name, source->system_identifier, (int64_t)source->timeline,
                  (int64_t)source->slot_lsn, phase) &&
           sql_do(store->sql, err,
                  "UPDATE lane SET resume_lsn = max(resume_lsn, ?2),"
                  " next_record_id = max(next_record_id, ?3) WHERE task = ?1",
                  "sii", name, (int64_t)source->slot_lsn, (int64_t)source->next_record_id);
}

bool store_set_source(Store *store, const char *name, const StoreSource *source, const char *phase,
                      Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, set_source(store, name, source, phase, err), err);
}

bool store_set_timeline(Store *store, const char *name, uint32_t timeline, Error *err)
{
    return sql_do(store->sql, err, "UPDATE task SET timeline = ?2 WHERE name = ?1", "si", name,
                  (int64_t)timeline);
}

bool store_set_consistent(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_do(store->sql, err, "UPDATE task SET consistent = 1, phase = ?2 WHERE name = ?1",
                  "ss", name, phase);
}

/* The first epoch is the start; every other one is a rewind. */
bool store_raise_epoch(Store *store, const char *name, uint64_t *epoch, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};
    uint64_t raised = 0;

    if (!sql_query(store->sql, &rows, err,
                   "UPDATE task SET epoch = epoch + 1, rewinds = rewinds + (epoch > 0)"
                   " WHERE name = ? RETURNING epoch",
                   "s", name))
        return false;
    while (sql_next(rows, &found))
        raised = (uint64_t)sql_int(rows, 0);
    if (found.kind != ERROR_NONE) {
        *err = found;
        return false;
    }
    *epoch = raised;
    return true;
}

/* What a table has in hand over its lane, until the lane has it too. */
static bool forget_table_positions(Store *store, const char *name, Error *err)
{
    return sql_do(store->sql, err,
                  "DELETE FROM table_position WHERE task = ?1 AND EXISTS"
                  " (SELECT 1 FROM lane AS l WHERE l.task = ?1 AND l.lane = table_position.lane"
                  "  AND (l.commit_lsn, l.ordinal) >="
                  "      (table_position.commit_lsn, table_position.ordinal))",
                  "s", name);
}

static bool set_lanes(Store *store, const char *name, const StoreLane *lanes, uint32_t count,
                      Error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!sql_do(store->sql, err,
                    "UPDATE lane SET commit_lsn = ?3, ordinal = ?4, resume_lsn = ?5,"
                    " next_record_id = ?6, commit_time_us = ?7 WHERE task = ?1 AND lane = ?2",
                    "siiiiii", name, (int64_t)i, (int64_t)lanes[i].position.commit_lsn,
                    (int64_t)lanes[i].position.ordinal, (int64_t)lanes[i].resume_lsn,
                    (int64_t)lanes[i].next_record_id, lanes[i].commit_time_us))
            return false;
    }
    return forget_table_positions(store, name, err);
}

bool store_set_lanes(Store *store, const char *name, const StoreLane *lanes, uint32_t count,
                     Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, set_lanes(store, name, lanes, count, err), err);
}

bool store_lanes(Store *store, const char *name, StoreLane *lanes, uint32_t *count, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};
    uint32_t n = 0;

    if (!sql_query(store->sql, &rows, err,
                   "SELECT commit_lsn, ordinal, resume_lsn, next_record_id, commit_time_us"
                   "  FROM lane WHERE task = ? ORDER BY lane",
                   "s", name))
        return false;
    for (; n < STAGES_MAX && sql_next(rows, &found); n++)
        lanes[n] = (StoreLane){
            .position = {(Lsn)sql_int(rows, 0), (uint64_t)sql_int(rows, 1)},
            .resume_lsn = (Lsn)sql_int(rows, 2),
            .next_record_id = (uint64_t)sql_int(rows, 3),
            .commit_time_us = sql_int(rows, 4),
        };
    if (found.kind != ERROR_NONE) {
        *err = found;
        return false;
    }
    *count = n;
    return true;
}

bool store_set_counters(Store *store, const char *name, const StoreCounters *counters, Error *err)
{
    return sql_do(store->sql, err,
                  "UPDATE task SET applied = ?2, redelivered = ?3, duplicates = ?4,"
                  " rows_missing = ?5, rows_replaced = ?6 WHERE name = ?1",
                  "siiiii", name, counters->applied, counters->redelivered, counters->duplicates,
                  counters->rows_missing, counters->rows_replaced);
}
