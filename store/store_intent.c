#include "store/store_internal.h"

typedef Walferry__Control__Intent Intent;
typedef Walferry__Control__IntentWrite IntentWrite;

bool store_raise_generation(Store *store, const char *name, uint32_t lane, uint64_t *out,
                            Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};
    uint64_t raised = 0;

    if (!sql_query(store->sql, &rows, err,
                   "UPDATE lane SET generation = generation + 1 WHERE task = ?1 AND lane = ?2"
                   " RETURNING generation",
                   "si", name, (int64_t)lane))
        return false;
    while (sql_next(rows, &found))
        raised = (uint64_t)sql_int(rows, 0);
    if (found.kind != ERROR_NONE) {
        *err = found;
        return false;
    }
    *out = raised;
    return true;
}

/* One number; 0 where there is no row. */
static bool ask_number(SqlRows **rows, int64_t *out, Error *err)
{
    Error found = {0};

    *out = sql_next(*rows, &found) ? sql_int(*rows, 0) : 0;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

/* ---- reading ---- */

static const char INTENT_QUERY[] =
    "SELECT lane, label, oid, copy, chunk, first_lsn, first_ordinal, last_lsn, last_ordinal,"
    "       first_row, rows, column_set, checksum, attempt, state, granted_ms"
    "  FROM intent WHERE task = ?1 AND (?2 < 0 OR lane = ?2) AND (?3 < 0 OR oid = ?3)"
    " ORDER BY lane, oid, copy DESC, chunk, first_lsn, first_ordinal, first_row, rows DESC, label";

static Walferry__Change__Position *read_position(const SqlRows *rows, int column, Arena *arena)
{
    Walferry__Change__Position *position = ARENA_NEW(arena, Walferry__Change__Position);

    walferry__change__position__init(position);
    position->commit_lsn = (Lsn)sql_int(rows, column);
    position->ordinal = (uint64_t)sql_int(rows, column + 1);
    return position;
}

static void read_intent(const SqlRows *rows, Arena *arena, StoreIntent *out)
{
    Intent *intent = &out->intent;

    walferry__control__intent__init(intent);
    out->lane = (uint32_t)sql_int(rows, 0);
    intent->label = arena_strdup(arena, sql_column(rows, 1));
    intent->relation_oid = (uint32_t)sql_int(rows, 2);
    intent->copy = sql_int(rows, 3) != 0;
    intent->chunk = (uint32_t)sql_int(rows, 4);
    intent->first = read_position(rows, 5, arena);
    intent->last = read_position(rows, 7, arena);
    intent->first_row = (uint64_t)sql_int(rows, 9);
    intent->rows = (uint64_t)sql_int(rows, 10);
    intent->column_set = (uint32_t)sql_int(rows, 11);
    intent->checksum = (uint64_t)sql_int(rows, 12);
    intent->attempt = (uint32_t)sql_int(rows, 13);
    intent->state = (Walferry__Control__IntentState)sql_int(rows, 14);
    intent->granted_ms = sql_int(rows, 15);
}

/* lane, oid: -1 for all. */
static bool read_intents(Store *store, const char *name, int64_t lane, int64_t oid, Arena *arena,
                         StoreIntent **out, size_t *count, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *counted = NULL, *rows = NULL;
    Error found = {0};
    int64_t most;
    size_t n = 0;

    if (!sql_query(store->sql, &counted, err, "SELECT count(*) FROM intent WHERE task = ?", "s",
                   name) ||
        !ask_number(&counted, &most, err) ||
        !sql_query(store->sql, &rows, err, INTENT_QUERY, "sii", name, lane, oid))
        return false;
    *out = ARENA_ARRAY(arena, StoreIntent, (size_t)most + 1);
    while (n < (size_t)most && sql_next(rows, &found))
        read_intent(rows, arena, &(*out)[n++]);
    *count = n;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

bool store_intents(Store *store, const char *name, int64_t lane, Arena *arena, StoreIntent **out,
                   size_t *count, Error *err)
{
    return read_intents(store, name, lane, -1, arena, out, count, err);
}

bool store_table_positions(Store *store, const char *name, uint32_t lane, Arena *arena,
                           StoreTablePosition **out, size_t *count, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *counted = NULL, *rows = NULL;
    Error found = {0};
    int64_t most;
    size_t n = 0;

    if (!sql_query(store->sql, &counted, err, "SELECT count(*) FROM table_position WHERE task = ?",
                   "s", name) ||
        !ask_number(&counted, &most, err) ||
        !sql_query(store->sql, &rows, err,
                   "SELECT oid, commit_lsn, ordinal FROM table_position"
                   " WHERE task = ? AND lane = ? ORDER BY oid",
                   "si", name, (int64_t)lane))
        return false;
    *out = ARENA_ARRAY(arena, StoreTablePosition, (size_t)most + 1);
    for (; n < (size_t)most && sql_next(rows, &found); n++)
        (*out)[n] = (StoreTablePosition){
            .oid = (uint32_t)sql_int(rows, 0),
            .position = {(Lsn)sql_int(rows, 1), (uint64_t)sql_int(rows, 2)},
        };
    *count = n;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

/* ---- what a write is held against ---- */

static uint32_t table_of(const IntentWrite *write, const StoreIntent *all, size_t count)
{
    if (write->cut)
        return write->cut->relation_oid;
    if (write->n_puts > 0)
        return write->puts[0]->relation_oid;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].intent.label, write->grant) == 0)
            return all[i].intent.relation_oid;
    }
    return 0;
}

static const Intent *cut_of(const IntentWrite *write)
{
    return write->cut ? write->cut : write->n_puts > 0 ? write->puts[0] : NULL;
}

static bool read_lane(Store *store, const char *name, uint32_t oid, IntentFacts *facts, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};

    if (!sql_query(store->sql, &rows, err,
                   "SELECT generation, l.commit_lsn, l.ordinal, p.commit_lsn, p.ordinal"
                   "  FROM lane AS l LEFT JOIN table_position AS p"
                   "    ON p.task = l.task AND p.lane = l.lane AND p.oid = ?3"
                   " WHERE l.task = ?1 AND l.lane = ?2",
                   "sii", name, (int64_t)facts->lane, (int64_t)oid))
        return false;
    if (sql_next(rows, &found)) {
        Position table = {(Lsn)sql_int(rows, 3), (uint64_t)sql_int(rows, 4)};

        facts->generation = (uint64_t)sql_int(rows, 0);
        facts->reached = (Position){(Lsn)sql_int(rows, 1), (uint64_t)sql_int(rows, 2)};
        if (position_compare(table, facts->reached) > 0)
            facts->reached = table;
    }
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

static bool read_chunk(Store *store, const char *name, const Intent *cut, IntentFacts *facts,
                       Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};

    if (!sql_query(store->sql, &rows, err,
                   "SELECT done FROM chunk WHERE task = ? AND oid = ? AND chunk = ?", "sii", name,
                   (int64_t)cut->relation_oid, (int64_t)cut->chunk))
        return false;
    facts->chunk_exists = sql_next(rows, &found);
    facts->chunk_done = facts->chunk_exists && sql_int(rows, 0) != 0;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

static bool read_facts(Store *store, const char *name, const IntentWrite *write, Arena *arena,
                       IntentFacts *facts, Error *err)
{
    StoreIntent *all;
    size_t count;

    if (!read_intents(store, name, -1, -1, arena, &all, &count, err))
        return false;
    const Intent *cut = cut_of(write);
    uint32_t oid = table_of(write, all, count);
    StoreIntent *of_table = ARENA_ARRAY(arena, StoreIntent, count + 1);

    for (size_t i = 0; i < count; i++) {
        if (all[i].intent.relation_oid == oid)
            of_table[facts->known_count++] = all[i];
        if (!cut && strcmp(all[i].intent.label, write->grant) == 0)
            cut = &all[i].intent;
    }
    facts->known = of_table;
    return read_lane(store, name, oid, facts, err) &&
           (!cut || !cut->copy || read_chunk(store, name, cut, facts, err));
}

/* ---- writing ---- */

static Position position_of(const Walferry__Change__Position *position)
{
    return position ? (Position){position->commit_lsn, position->ordinal} : (Position){0, 0};
}

static bool put(Store *store, const char *name, uint32_t lane, const Intent *intent, Error *err)
{
    Position first = position_of(intent->first), last = position_of(intent->last);

    return sql_do(store->sql, err,
                  "INSERT INTO intent (task, label, lane, oid, copy, chunk, first_lsn,"
                  " first_ordinal, last_lsn, last_ordinal, first_row, rows, column_set, checksum,"
                  " attempt, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                  " ON CONFLICT (task, label) DO UPDATE SET state = excluded.state",
                  "ssiiiiiiiiiiiiii", name, intent->label, (int64_t)lane,
                  (int64_t)intent->relation_oid, (int64_t)intent->copy, (int64_t)intent->chunk,
                  (int64_t)first.commit_lsn, (int64_t)first.ordinal, (int64_t)last.commit_lsn,
                  (int64_t)last.ordinal, (int64_t)intent->first_row, (int64_t)intent->rows,
                  (int64_t)intent->column_set, (int64_t)intent->checksum, (int64_t)intent->attempt,
                  (int64_t)intent->state);
}

static bool put_all(Store *store, const char *name, uint32_t lane, const IntentWrite *write,
                    Error *err)
{
    for (size_t i = 0; i < write->n_puts; i++) {
        if (!put(store, name, lane, write->puts[i], err))
            return false;
    }
    return true;
}

static bool grant(Store *store, const char *name, const IntentWrite *write, int64_t now_ms,
                  Error *err)
{
    return write->grant[0] == '\0' ||
           sql_do(store->sql, err,
                  "UPDATE intent SET granted_ms = ?3 WHERE task = ?1 AND label = ?2", "ssi", name,
                  write->grant, now_ms);
}

static bool finish_copy(Store *store, const char *name, const IntentWrite *write, Error *err)
{
    const StoreChunk chunk = {.oid = write->cut->relation_oid, .chunk = write->cut->chunk};

    return sql_do(store->sql, err,
                  "DELETE FROM intent WHERE task = ? AND oid = ? AND copy = 1 AND chunk = ?", "sii",
                  name, (int64_t)chunk.oid, (int64_t)chunk.chunk) &&
           store_mark_chunk(store, name, &chunk, write->copied_rows, 0, write->copied_bytes, err);
}

static bool finish_stream(Store *store, const char *name, uint32_t lane, const Intent *cut,
                          Error *err)
{
    Position first = position_of(cut->first), last = position_of(cut->last);

    return sql_do(store->sql, err,
                  "DELETE FROM intent WHERE task = ?1 AND lane = ?2 AND oid = ?3 AND copy = 0"
                  " AND first_lsn = ?4 AND first_ordinal = ?5 AND last_lsn = ?6"
                  " AND last_ordinal = ?7",
                  "siiiiii", name, (int64_t)lane, (int64_t)cut->relation_oid,
                  (int64_t)first.commit_lsn, (int64_t)first.ordinal, (int64_t)last.commit_lsn,
                  (int64_t)last.ordinal) &&
           sql_do(store->sql, err,
                  "INSERT INTO table_position (task, lane, oid, commit_lsn, ordinal)"
                  " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (task, lane, oid)"
                  " DO UPDATE SET commit_lsn = excluded.commit_lsn, ordinal = excluded.ordinal"
                  " WHERE (excluded.commit_lsn, excluded.ordinal) > (commit_lsn, ordinal)",
                  "siiii", name, (int64_t)lane, (int64_t)cut->relation_oid,
                  (int64_t)last.commit_lsn, (int64_t)last.ordinal);
}

static bool apply(Store *store, const char *name, uint32_t lane, const IntentWrite *write,
                  int64_t now_ms, Error *err)
{
    if (!put_all(store, name, lane, write, err) || !grant(store, name, write, now_ms, err))
        return false;
    if (!write->finishes)
        return true;
    return write->cut->copy ? finish_copy(store, name, write, err)
                            : finish_stream(store, name, lane, write->cut, err);
}

static bool count_copied(Store *store, const char *name, const IntentFacts *facts,
                         const IntentWrite *write, uint64_t *out, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    int64_t sum;

    if (!sql_query(store->sql, &rows, err,
                   "SELECT sum(rows) FROM chunk WHERE task = ? AND oid = ? AND done = 1", "si",
                   name, (int64_t)table_of(write, facts->known, facts->known_count)) ||
        !ask_number(&rows, &sum, err))
        return false;
    *out = (uint64_t)sum;
    return true;
}

static bool judge_and_apply(Store *store, const char *name, const StoreIntentWrite *request,
                            StoreIntentAnswer *out, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    IntentFacts facts = {.lane = request->lane, .duplicate = request->duplicate};

    if (!read_facts(store, name, request->write, &arena, &facts, err))
        return false;
    out->ruling = intent_rules_judge(&facts, request->write, out->reason);
    if (out->ruling != INTENT_ALLOWED)
        return true;
    return apply(store, name, request->lane, request->write, request->now_ms, err) &&
           count_copied(store, name, &facts, request->write, &out->copied_rows, err);
}

bool store_write_intents(Store *store, const char *name, const StoreIntentWrite *request,
                         StoreIntentAnswer *out, Error *err)
{
    *out = (StoreIntentAnswer){.ruling = INTENT_NEVER};
    return sql_begin(store->sql, err) &&
           sql_end(store->sql, judge_and_apply(store, name, request, out, err), err);
}
