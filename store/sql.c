#include "store/sql.h"

#include "common/mem.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

struct Sql {
    sqlite3 *db;
    char *path;
};

struct SqlRows {
    Sql *sql;
    sqlite3_stmt *statement;
};

enum { BUSY_MS = 5000 };

/*
 * A commit of WAL mode with synchronous=FULL is one fsync, and is on disk when it returns. Readers
 * (the command line without a supervisor) do not block the writer.
 */
static const char DURABLE[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = ON;";

static bool failed(const Sql *sql, Error *err)
{
    error_set(err, ERROR_CONFIG, "the store cannot be used: %s",
              sql->db ? sqlite3_errmsg(sql->db) : "out of memory");
    error_object(err, "%s", sql->path);
    return error_hint(err, "check the disk's space and the rights on the state directory");
}

/* SQLite gives its other files the mode of the first one. */
static void make_private(const char *path)
{
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}

bool sql_open(Sql **out, const char *path, Error *err)
{
    CLEANUP(sql_close) Sql *sql = MEM_NEW(Sql);

    sql->path = mem_strdup(path);
    make_private(path);
    if (sqlite3_open_v2(path, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        return failed(sql, err);
    sqlite3_busy_timeout(sql->db, BUSY_MS);
    if (!sql_run(sql, DURABLE, err))
        return false;

    *out = sql;
    sql = NULL; /* handed over */
    return true;
}

void sql_close(Sql **sql)
{
    if (!*sql)
        return;
    sqlite3_close((*sql)->db);
    free((*sql)->path);
    free(*sql);
    *sql = NULL;
}

bool sql_run(Sql *sql, const char *text, Error *err)
{
    return sqlite3_exec(sql->db, text, NULL, NULL, NULL) == SQLITE_OK || failed(sql, err);
}

static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *values)
{
    Str blob;

    switch (type) {
    case 'i':
        return sqlite3_bind_int64(statement, index, va_arg(*values, int64_t));
    case 's':
        return sqlite3_bind_text(statement, index, va_arg(*values, const char *), -1,
                                 SQLITE_TRANSIENT);
    case 'b':
        blob = va_arg(*values, Str);
        return blob.len > INT_MAX ? SQLITE_TOOBIG
                                  : sqlite3_bind_blob(statement, index, blob.data, (int)blob.len,
                                                      SQLITE_TRANSIENT);
    default:
        return SQLITE_MISUSE;
    }
}

static bool prepare(Sql *sql, SqlRows **out, Error *err, const char *text, const char *types,
                    va_list *values)
{
    CLEANUP(sql_rows_done) SqlRows *rows = MEM_NEW(SqlRows);

    rows->sql = sql;
    if (sqlite3_prepare_v2(sql->db, text, -1, &rows->statement, NULL) != SQLITE_OK)
        return failed(sql, err);
    for (int i = 0; types[i]; i++) {
        if (bind_one(rows->statement, i + 1, types[i], values) != SQLITE_OK)
            return failed(sql, err);
    }
    *out = rows;
    rows = NULL; /* handed over */
    return true;
}

bool sql_do(Sql *sql, Error *err, const char *text, const char *types, ...)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    va_list values;
    Error found = {0};

    va_start(values, types);
    bool ok = prepare(sql, &rows, err, text, types, &values);
    va_end(values);
    if (!ok)
        return false;
    while (sql_next(rows, &found))
        continue;
    if (found.kind != ERROR_NONE)
        *err = found;
    return found.kind == ERROR_NONE;
}

bool sql_begin(Sql *sql, Error *err)
{
    return sql_run(sql, "BEGIN IMMEDIATE", err);
}

bool sql_end(Sql *sql, bool ok, Error *err)
{
    Error ignored = {0};

    if (ok && sql_run(sql, "COMMIT", err))
        return true;
    if (!sqlite3_get_autocommit(sql->db))
        (void)!sql_run(sql, "ROLLBACK", &ignored); /* the first error is the one to report */
    return false;
}

bool sql_query(Sql *sql, SqlRows **out, Error *err, const char *text, const char *types, ...)
{
    va_list values;

    va_start(values, types);
    bool ok = prepare(sql, out, err, text, types, &values);
    va_end(values);
    return ok;
}

bool sql_next(SqlRows *rows, Error *err)
{
    int result = sqlite3_step(rows->statement);

    if (result != SQLITE_ROW && result != SQLITE_DONE)
        failed(rows->sql, err);
    return result == SQLITE_ROW;
}

void sql_rows_done(SqlRows **rows)
{
    if (!*rows)
        return;
    sqlite3_finalize((*rows)->statement);
    free(*rows);
    *rows = NULL;
}

int64_t sql_int(const SqlRows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

const char *sql_column(const SqlRows *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);

    return text ? (const char *)text : "";
}

Str sql_blob(const SqlRows *rows, int column)
{
    const char *data = sqlite3_column_blob(rows->statement, column);

    return (Str){data, (size_t)sqlite3_column_bytes(rows->statement, column)};
}
