#include "simulator/db.h"

#include "simulator/number_order.h"

#include <sqlite3.h>
#include <stdarg.h>

enum { BUSY_MS = 60000 };

static bool failed(sqlite3 *db, const char *what, Error *err)
{
    return error_set(err, ERROR_TRANSIENT, "the simulator's database: %s: %s", what,
                     db ? sqlite3_errmsg(db) : "no memory");
}

static int compare_numbers(void *unused, int left_len, const void *left, int right_len,
                           const void *right)
{
    (void)unused;
    return number_order((Str){left, (size_t)left_len}, (Str){right, (size_t)right_len});
}

static void sum_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    NumberSum **sum = sqlite3_aggregate_context(context, sizeof *sum);

    (void)count;
    if (!sum || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (!*sum)
        *sum = number_sum_new();
    number_sum_add(*sum, (Str){(const char *)sqlite3_value_text(values[0]),
                               (size_t)sqlite3_value_bytes(values[0])});
}

static void sum_final(sqlite3_context *context)
{
    NumberSum **sum = sqlite3_aggregate_context(context, 0);
    char text[64];

    if (!sum || !*sum) {
        sqlite3_result_null(context);
        return;
    }
    number_sum_text(*sum, text, sizeof text);
    number_sum_free(sum);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static bool prepare_connection(sqlite3 *db, Error *err)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    if (sqlite3_create_collation(db, "sim_number", SQLITE_UTF8, NULL, compare_numbers) ||
        sqlite3_create_function(db, "sim_sum", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, NULL,
                                sum_step, sum_final))
        return failed(db, "set up", err);
    return db_run(db, err, "PRAGMA journal_mode = WAL") &&
           db_run(db, err, "PRAGMA synchronous = OFF") &&
           db_run(db, err, "PRAGMA cache_size = -65536") &&
           db_run(db, err, "PRAGMA temp_store = MEMORY");
}

bool db_open(sqlite3 **out, const char *path, Error *err)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        NULL) != SQLITE_OK) {
        failed(db, path, err);
        sqlite3_close(db);
        return false;
    }
    if (!prepare_connection(db, err)) {
        sqlite3_close(db);
        return false;
    }
    *out = db;
    return true;
}

void db_close(sqlite3 **db)
{
    sqlite3_close(*db);
    *db = NULL;
}

bool db_run(sqlite3 *db, Error *err, const char *format, ...)
{
    va_list args;
    char *sql;
    int code;

    va_start(args, format);
    sql = sqlite3_vmprintf(format, args);
    va_end(args);
    code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return code == SQLITE_OK || failed(db, format, err);
}

bool db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, Error *err)
{
    return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK || failed(db, sql, err);
}

bool db_step(sqlite3_stmt *statement, bool *row, Error *err)
{
    int code = sqlite3_step(statement);

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return failed(sqlite3_db_handle(statement), "step", err);
    *row = code == SQLITE_ROW;
    return true;
}

void db_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

bool db_bind_cell(sqlite3_stmt *statement, int at, const Cell *cell, Error *err)
{
    int code;

    if (cell->form == CELL_NULL)
        code = sqlite3_bind_null(statement, at);
    else if (cell->form == CELL_INTEGER)
        code = sqlite3_bind_int64(statement, at, cell->number);
    else
        code = sqlite3_bind_text(statement, at, cell->text.data ? cell->text.data : "",
                                 (int)cell->text.len, SQLITE_STATIC);
    return code == SQLITE_OK || failed(sqlite3_db_handle(statement), "bind", err);
}

Str db_column(sqlite3_stmt *statement, int at, bool *null)
{
    const char *text;

    *null = sqlite3_column_type(statement, at) == SQLITE_NULL;
    text = (const char *)sqlite3_column_text(statement, at);
    return (Str){text, (size_t)sqlite3_column_bytes(statement, at)};
}

int64_t db_column_integer(sqlite3_stmt *statement, int at)
{
    return sqlite3_column_int64(statement, at);
}
