#include "simulator/txn.h"

#include "common/clock.h"
#include "common/mem.h"
#include "txns.sql.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Txns {
    sqlite3 *db;
    TxnLimits limits;
    pthread_mutex_t lock;
};

#define COLUMNS                                                                                    \
    "SELECT id, database, target, label, state, coordinator, publish_ms, reason FROM txn "

/* ---- SQLite ---- */

/* A statement with its values: i is an int64_t, s a text. Never NULL: our SQL is right, and a file
 * that cannot be read any more is nothing a simulator could go on with. */
static sqlite3_stmt *prepare(Txns *txns, const char *sql, const char *kinds, va_list values)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(txns->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fprintf(stderr, "transactions: %s: %s\n", sql, sqlite3_errmsg(txns->db));
        abort();
    }
    for (int i = 1; *kinds; kinds++, i++)
        if (*kinds == 'i')
            sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        else
            sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
    return statement;
}

/* How many rows were changed. */
static int64_t run(Txns *txns, const char *sql, const char *kinds, ...)
{
    sqlite3_stmt *statement;
    va_list values;

    va_start(values, kinds);
    statement = prepare(txns, sql, kinds, values);
    va_end(values);
    if (sqlite3_step(statement) != SQLITE_DONE) {
        fprintf(stderr, "transactions: %s: %s\n", sql, sqlite3_errmsg(txns->db));
        abort();
    }
    sqlite3_finalize(statement);
    return sqlite3_changes(txns->db);
}

/* The first column of the first row, 0 without one. */
static int64_t number(Txns *txns, const char *sql, const char *kinds, ...)
{
    sqlite3_stmt *statement;
    int64_t value = 0;
    va_list values;

    va_start(values, kinds);
    statement = prepare(txns, sql, kinds, values);
    va_end(values);
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void copy_text(char *out, size_t size, sqlite3_stmt *statement, int column)
{
    snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, column));
}

/* One transaction, by COLUMNS and what follows. */
static bool fetch(Txns *txns, Txn *out, const char *sql, const char *kinds, ...)
{
    sqlite3_stmt *statement;
    va_list values;
    bool found;

    va_start(values, kinds);
    statement = prepare(txns, sql, kinds, values);
    va_end(values);
    found = sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        out->id = sqlite3_column_int64(statement, 0);
        copy_text(out->database, sizeof(out->database), statement, 1);
        copy_text(out->table, sizeof(out->table), statement, 2);
        copy_text(out->label, sizeof(out->label), statement, 3);
        out->state = (TxnState)sqlite3_column_int(statement, 4);
        out->coordinator = sqlite3_column_int(statement, 5);
        out->publish_at_ms = sqlite3_column_int64(statement, 6);
        copy_text(out->reason, sizeof(out->reason), statement, 7);
    }
    sqlite3_finalize(statement);
    return found;
}

/* ---- open ---- */

bool txns_open(Txns **out, const char *path, const TxnLimits *limits, Error *err)
{
    CLEANUP(txns_close) Txns *txns = MEM_NEW(Txns);
    /* A kill of the process loses nothing that was written; a loss of power may. */
    const char *setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                        "PRAGMA locking_mode = EXCLUSIVE;";

    pthread_mutex_init(&txns->lock, NULL);
    txns->limits = *limits;
    if (sqlite3_open(path, &txns->db) != SQLITE_OK ||
        sqlite3_exec(txns->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(txns->db, SQL_TXNS, NULL, NULL, NULL) != SQLITE_OK) {
        error_set(err, ERROR_CONFIG, "%s", sqlite3_errmsg(txns->db));
        error_hint(err, "another simulator may be using the folder");
        return error_object(err, "%s", path);
    }
    *out = txns;
    txns = NULL; /* handed over */
    return true;
}

void txns_close(Txns **txns)
{
    if (!*txns)
        return;
    sqlite3_close((*txns)->db);
    pthread_mutex_destroy(&(*txns)->lock);
    free(*txns);
    *txns = NULL;
}

static void unlock(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}

/* Until the end of the scope. */
#define LOCK(txns)                                                                                 \
    CLEANUP(unlock) pthread_mutex_t *locked = &(txns)->lock;                                       \
    pthread_mutex_lock(locked)

void txns_set_limits(Txns *txns, const TxnLimits *limits)
{
    LOCK(txns);
    txns->limits = *limits;
}

void txns_get_limits(Txns *txns, TxnLimits *out)
{
    LOCK(txns);
    *out = txns->limits;
}

/* ---- the life of a transaction ---- */

static int64_t now_ms(void)
{
    return clock_wall_us() / 1000;
}

static int64_t count_running(Txns *txns, const char *database)
{
    return number(txns, "SELECT count(*) FROM txn WHERE state = ? AND database = ?", "is",
                  (int64_t)TXN_PREPARE, database);
}

static int64_t count_attempts(Txns *txns, const TxnBegin *begin)
{
    return number(txns, "SELECT count(*) FROM txn WHERE database = ? AND label = ?", "ss",
                  begin->database, begin->label);
}

static bool newest(Txns *txns, const char *database, const char *label, Txn *out)
{
    return fetch(txns, out, COLUMNS "WHERE database = ? AND label = ? ORDER BY id DESC LIMIT 1",
                 "ss", database, label);
}

TxnBegun txns_begin(Txns *txns, const TxnBegin *begin, Txn *out)
{
    LOCK(txns);
    const TxnLimits *limits = &txns->limits;

    if (newest(txns, begin->database, begin->label, out)) {
        if (out->state != TXN_ABORTED)
            return TXN_LABEL_USED;
        if (limits->max_aborted > 0 && count_attempts(txns, begin) >= limits->max_aborted)
            return TXN_TOO_MANY_ABORTED;
    }
    out->id = count_running(txns, begin->database);
    if (limits->max_running > 0 && out->id >= limits->max_running)
        return TXN_TOO_MANY_RUNNING;
    run(txns,
        "INSERT INTO txn (database, target, label, state, coordinator, expires_ms) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        "sssiii", begin->database, begin->table, begin->label, (int64_t)TXN_PREPARE,
        (int64_t)begin->coordinator, now_ms() + begin->timeout_s * 1000);
    newest(txns, begin->database, begin->label, out);
    return TXN_BEGUN;
}

bool txns_commit(Txns *txns, int64_t id, int64_t publish_at_ms, Error *err)
{
    LOCK(txns);
    Txn txn;

    if (run(txns,
            "UPDATE txn SET state = ?, publish_ms = ?, finished_ms = ?, "
            "committed = (SELECT 1 + max(committed) FROM txn) WHERE id = ? AND state = ?",
            "iiiii", (int64_t)TXN_COMMITTED, publish_at_ms, now_ms(), id, (int64_t)TXN_PREPARE))
        return true;
    if (!fetch(txns, &txn, COLUMNS "WHERE id = ?", "i", id))
        return error_set(err, ERROR_DATA, "transaction [%lld] not found", (long long)id);
    if (txn.state == TXN_ABORTED)
        return error_set(err, ERROR_DATA, "transaction [%lld] is already aborted. abort reason: %s",
                         (long long)id, txn.reason);
    return error_set(err, ERROR_DATA, "transaction [%lld] is already %s, not pre-committed.",
                     (long long)id, txn.state == TXN_VISIBLE ? "visible" : "committed");
}

bool txns_abort(Txns *txns, int64_t id, const char *reason)
{
    LOCK(txns);

    return run(txns,
               "UPDATE txn SET state = ?, reason = ?, finished_ms = ? WHERE id = ? AND state = ?",
               "isiii", (int64_t)TXN_ABORTED, reason, now_ms(), id, (int64_t)TXN_PREPARE) > 0;
}

void txns_made_visible(Txns *txns, int64_t id)
{
    LOCK(txns);

    run(txns, "UPDATE txn SET state = ?, finished_ms = ? WHERE id = ? AND state = ?", "iiii",
        (int64_t)TXN_VISIBLE, now_ms(), id, (int64_t)TXN_COMMITTED);
}

bool txns_next_to_publish(Txns *txns, int64_t now, Txn *out)
{
    LOCK(txns);

    /* Versions of a table are made in order: who committed earlier is waited for. */
    return fetch(txns, out,
                 COLUMNS "AS t WHERE state = ?1 AND publish_ms <= ?2 AND NOT EXISTS (SELECT 1 "
                         "FROM txn AS e WHERE e.state = ?1 AND e.database = t.database AND "
                         "e.target = t.target AND e.committed < t.committed) "
                         "ORDER BY committed LIMIT 1",
                 "ii", (int64_t)TXN_COMMITTED, now);
}

/* ---- decided without a client ---- */

void txns_decide_later(Txns *txns, int64_t id, TxnState fate, int64_t at_ms, const char *reason)
{
    LOCK(txns);

    run(txns, "UPDATE txn SET later = ?, later_ms = ?, reason = ? WHERE id = ? AND state = ?",
        "iisii", (int64_t)fate, at_ms, reason, id, (int64_t)TXN_PREPARE);
}

void txns_decide_for_be(Txns *txns, int be, int64_t at_ms, const char *reason)
{
    LOCK(txns);

    run(txns,
        "UPDATE txn SET later = ?1, later_ms = ?2, reason = ?3 "
        "WHERE state = ?4 AND later <> ?5 AND (coordinator = ?6 OR ?6 < 0)",
        "iisiii", (int64_t)TXN_ABORTED, at_ms, reason, (int64_t)TXN_PREPARE, (int64_t)TXN_COMMITTED,
        (int64_t)be);
}

bool txns_next_decided(Txns *txns, int64_t now, Txn *out, TxnState *fate)
{
    LOCK(txns);

    if (fetch(txns, out, COLUMNS "WHERE state = ? AND later <> 0 AND later_ms <= ? LIMIT 1", "ii",
              (int64_t)TXN_PREPARE, now)) {
        *fate = (TxnState)number(txns, "SELECT later FROM txn WHERE id = ?", "i", out->id);
        return true;
    }
    if (!fetch(txns, out, COLUMNS "WHERE state = ? AND expires_ms <= ? LIMIT 1", "ii",
               (int64_t)TXN_PREPARE, now))
        return false;
    /* fe TransactionState.java, DatabaseTransactionMgr.java: the reason of the cleaner. */
    snprintf(out->reason, sizeof(out->reason), "timeout by txn manager");
    *fate = TXN_ABORTED;
    return true;
}

/* ---- finding and forgetting ---- */

void txns_find_label(Txns *txns, const char *database, const char *label, Txn *out)
{
    LOCK(txns);

    *out = (Txn){0};
    newest(txns, database, label, out);
}

bool txns_find(Txns *txns, int64_t id, Txn *out)
{
    LOCK(txns);

    return fetch(txns, out, COLUMNS "WHERE id = ?", "i", id);
}

static int64_t purge_by_age(Txns *txns, int64_t before_ms)
{
    return run(txns, "DELETE FROM txn WHERE state IN (?, ?) AND finished_ms <= ?", "iii",
               (int64_t)TXN_VISIBLE, (int64_t)TXN_ABORTED, before_ms);
}

int64_t txns_purge(Txns *txns, int64_t now)
{
    LOCK(txns);
    int64_t gone = 0;

    if (txns->limits.label_keep_s > 0)
        gone += purge_by_age(txns, now - txns->limits.label_keep_s * 1000);
    if (txns->limits.label_num_threshold > 0)
        gone += run(txns,
                    "DELETE FROM txn WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
                    "(PARTITION BY database ORDER BY finished_ms DESC, id DESC) AS n FROM txn "
                    "WHERE state IN (?, ?)) WHERE n > ?)",
                    "iii", (int64_t)TXN_VISIBLE, (int64_t)TXN_ABORTED,
                    txns->limits.label_num_threshold);
    return gone;
}

int64_t txns_purge_all(Txns *txns)
{
    LOCK(txns);

    return purge_by_age(txns, INT64_MAX);
}

const char *txn_state_name(TxnState state)
{
    static const char *const names[] = {"UNKNOWN", "PREPARE", "COMMITTED", "VISIBLE", "ABORTED"};

    return names[state];
}
