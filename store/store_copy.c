#include "common/mem.h"
#include "store/store_internal.h"

static const char *const RELATION_STATES[RELATION_STATE_COUNT] = {
    [RELATION_PLANNED] = "planned",
    [RELATION_COPYING] = "copying",
    [RELATION_COPIED] = "copied",
    [RELATION_INDEXED] = "indexed",
};

const char *relation_state_name(RelationState state)
{
    return state < RELATION_STATE_COUNT ? RELATION_STATES[state] : "?";
}

static bool put_relation(Store *store, const char *name, const StorePlan *plan,
                         const StoreRelation *relation, Error *err)
{
    return sql_do(store->sql, err, "DELETE FROM relation WHERE task = ? AND oid = ?", "si", name,
                  (int64_t)relation->oid) &&
           sql_do(store->sql, err,
                  "INSERT INTO relation (task, oid, schema, name, state, gate, estimated_rows,"
                  " estimated_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  "sissibii", name, (int64_t)relation->oid, relation->schema, relation->name,
                  (int64_t)RELATION_PLANNED, plan->gate, (int64_t)relation->estimated_rows,
                  (int64_t)relation->estimated_bytes);
}

static bool put_chunk(Store *store, const char *name, const StoreChunk *chunk, Error *err)
{
    return sql_do(store->sql, err,
                  "INSERT INTO chunk (task, oid, chunk, first_block, end_block)"
                  " VALUES (?, ?, ?, ?, ?)",
                  "siiii", name, (int64_t)chunk->oid, (int64_t)chunk->chunk,
                  (int64_t)chunk->first_block, (int64_t)chunk->end_block);
}

/* One without chunks (a partitioned parent) has nothing to wait for. */
static bool settle_empty(Store *store, const char *name, Error *err)
{
    return sql_do(store->sql, err,
                  "UPDATE relation SET state = ?3 WHERE task = ?1 AND state = ?2 AND NOT EXISTS"
                  " (SELECT 1 FROM chunk AS c WHERE c.task = ?1 AND c.oid = relation.oid)",
                  "sii", name, (int64_t)RELATION_PLANNED, (int64_t)RELATION_COPIED);
}

static bool put_plan(Store *store, const char *name, const StorePlan *plan, const char *phase,
                     Error *err)
{
    for (size_t i = 0; i < plan->relation_count; i++) {
        if (!put_relation(store, name, plan, &plan->relations[i], err))
            return false;
    }
    for (size_t i = 0; i < plan->chunk_count; i++) {
        if (!put_chunk(store, name, &plan->chunks[i], err))
            return false;
    }
    if (!settle_empty(store, name, err))
        return false;
    return sql_do(store->sql, err,
                  "UPDATE task SET model = ?2, snapshot_lsn = max(snapshot_lsn, ?3), phase = ?4"
                  " WHERE name = ?1",
                  "sbis", name, plan->model, (int64_t)plan->snapshot_lsn, phase);
}

bool store_set_plan(Store *store, const char *name, const StorePlan *plan, const char *phase,
                    Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, put_plan(store, name, plan, phase, err), err);
}

bool store_model(Store *store, const char *name, Arena *arena, Str *out, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};

    if (!sql_query(store->sql, &rows, err, "SELECT model FROM task WHERE name = ?", "s", name))
        return false;
    *out = sql_next(rows, &found) ? arena_copy(arena, sql_blob(rows, 0)) : (Str){0};
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

static bool count_of(Store *store, const char *query, const char *name, size_t *out, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};

    if (!sql_query(store->sql, &rows, err, query, "s", name))
        return false;
    *out = sql_next(rows, &found) ? (size_t)sql_int(rows, 0) : 0;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

static void read_relation(const SqlRows *rows, Arena *arena, StoreRelation *out)
{
    *out = (StoreRelation){
        .oid = (uint32_t)sql_int(rows, 0),
        .schema = arena_strdup(arena, sql_column(rows, 1)),
        .name = arena_strdup(arena, sql_column(rows, 2)),
        .state = (RelationState)sql_int(rows, 3),
        .gate = arena_copy(arena, sql_blob(rows, 4)),
        .estimated_rows = (uint64_t)sql_int(rows, 5),
        .estimated_bytes = (uint64_t)sql_int(rows, 6),
        .chunks = (uint32_t)sql_int(rows, 7),
        .chunks_done = (uint32_t)sql_int(rows, 8),
        .rows = (uint64_t)sql_int(rows, 9),
        .bytes = (uint64_t)sql_int(rows, 10),
        .kept = (uint64_t)sql_int(rows, 11),
    };
}

bool store_relations(Store *store, const char *name, Arena *arena, StoreRelation **out,
                     size_t *count, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};
    size_t most, n = 0;

    if (!count_of(store, "SELECT count(*) FROM relation WHERE task = ?", name, &most, err) ||
        !sql_query(store->sql, &rows, err,
                   "SELECT r.oid, schema, name, state, gate, estimated_rows, estimated_bytes,"
                   "       count(c.chunk), total(done), total(rows), total(bytes), total(kept)"
                   "  FROM relation AS r LEFT JOIN chunk AS c ON c.task = r.task AND c.oid = r.oid"
                   " WHERE r.task = ? GROUP BY r.oid"
                   " ORDER BY estimated_bytes DESC, schema, name",
                   "s", name))
        return false;
    *out = ARENA_ARRAY(arena, StoreRelation, most);
    while (n < most && sql_next(rows, &found))
        read_relation(rows, arena, &(*out)[n++]);
    *count = n;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

bool store_chunks(Store *store, const char *name, Arena *arena, StoreChunk **out, size_t *count,
                  Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};
    size_t most, n = 0;

    if (!count_of(store, "SELECT count(*) FROM chunk WHERE task = ?", name, &most, err) ||
        !sql_query(store->sql, &rows, err,
                   "SELECT c.oid, chunk, first_block, end_block, done"
                   "  FROM chunk AS c JOIN relation AS r ON r.task = c.task AND r.oid = c.oid"
                   " WHERE c.task = ? ORDER BY estimated_bytes DESC, c.oid, chunk",
                   "s", name))
        return false;
    *out = ARENA_ARRAY(arena, StoreChunk, most);
    for (; n < most && sql_next(rows, &found); n++)
        (*out)[n] = (StoreChunk){
            .oid = (uint32_t)sql_int(rows, 0),
            .chunk = (uint32_t)sql_int(rows, 1),
            .first_block = (uint64_t)sql_int(rows, 2),
            .end_block = (uint64_t)sql_int(rows, 3),
            .done = sql_int(rows, 4) != 0,
        };
    *count = n;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

bool store_mark_chunk(Store *store, const char *name, const StoreChunk *chunk, uint64_t rows,
                      uint64_t kept, uint64_t bytes, Error *err)
{
    return sql_do(store->sql, err,
                  "UPDATE chunk SET done = 1, rows = ?4, kept = ?5, bytes = ?6"
                  " WHERE task = ?1 AND oid = ?2 AND chunk = ?3 AND done = 0",
                  "siiiii", name, (int64_t)chunk->oid, (int64_t)chunk->chunk, (int64_t)rows,
                  (int64_t)kept, (int64_t)bytes) &&
           sql_do(store->sql, err,
                  "UPDATE relation SET state = CASE WHEN EXISTS (SELECT 1 FROM chunk"
                  "   WHERE task = ?1 AND oid = ?2 AND done = 0) THEN ?3 ELSE ?4 END"
                  " WHERE task = ?1 AND oid = ?2",
                  "siii", name, (int64_t)chunk->oid, (int64_t)RELATION_COPYING,
                  (int64_t)RELATION_COPIED);
}

bool store_chunk_done(Store *store, const char *name, const StoreChunk *chunk, uint64_t rows,
                      uint64_t kept, uint64_t bytes, Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, store_mark_chunk(store, name, chunk, rows, kept, bytes, err), err);
}

/* With what was about to be loaded: no load of it is under way any more (task_lose_snapshot). */
static bool restart_copy(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_do(store->sql, err,
                  "DELETE FROM intent WHERE task = ?1 AND copy = 1 AND oid IN"
                  " (SELECT oid FROM relation WHERE task = ?1 AND state < ?2)",
                  "si", name, (int64_t)RELATION_COPIED) &&
           sql_do(store->sql, err,
                  "DELETE FROM chunk WHERE task = ?1 AND oid IN"
                  " (SELECT oid FROM relation WHERE task = ?1 AND state < ?2)",
                  "si", name, (int64_t)RELATION_COPIED) &&
           sql_do(store->sql, err, "UPDATE relation SET state = ?3 WHERE task = ?1 AND state < ?2",
                  "sii", name, (int64_t)RELATION_COPIED, (int64_t)RELATION_PLANNED) &&
           store_set_phase(store, name, phase, err);
}

bool store_restart_copy(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, restart_copy(store, name, phase, err), err);
}

static bool set_indexed(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_do(store->sql, err, "UPDATE relation SET state = ? WHERE task = ?", "is",
                  (int64_t)RELATION_INDEXED, name) &&
           store_set_phase(store, name, phase, err);
}

bool store_set_indexed(Store *store, const char *name, const char *phase, Error *err)
{
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, set_indexed(store, name, phase, err), err);
}

bool store_reserve_attempts(Store *store, const char *name, uint64_t below, Error *err)
{
    return sql_do(store->sql, err, "UPDATE task SET attempts = ?2 WHERE name = ?1", "si", name,
                  (int64_t)below);
}
