/*
 * tables - what the simulator stores: databases, tables and their rows, durable in SQLite, and the
 * SQL that reads and changes them.
 *
 * It knows transactions only by number: a load stages its rows under one, outside the tables, and
 * they are seen by nobody until tables_publish(). Labels, states and replies are the server's.
 *
 * What is written survives a kill -9 of the simulator (not a loss of power). Every function may be
 * called from any thread; one Load or SqlResult belongs to one thread at a time. A failure's
 * message is the text that a real one shows, complete with its code: for loads what stands behind
 * "Message", for SQL what stands behind "java.sql.SQLException: (conn=N) ".
 */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include "simulator/profile.h"
#include <stdint.h>

typedef struct Tables Tables;

typedef struct TablesOptions {
    const char *directory; /* exists; holds tables.sqlite, stage/ and error_log/ */
    Profile profile;
    int version_limit;          /* max_tablet_version_num; 0: 2000 */
    double versions_per_second; /* that compaction merges; 0: 1000 */
    size_t string_limit;        /* 0: the profile's */
} TablesOptions;

bool tables_open(Tables **out, const TablesOptions *options, Error *err);
void tables_close(Tables **tables);

/* ---- what exists ---- */

typedef enum TableFound { TABLE_FOUND, TABLE_NO_DATABASE, TABLE_NO_TABLE } TableFound;

typedef struct TableInfo {
    int64_t id;
    bool unique;         /* else Duplicate */
    bool merge_on_write; /* Unique tables only */
} TableInfo;

/* *out is written when the table is found; NULL is fine. Names compare with case. */
TableFound tables_find(Tables *tables, const char *database, const char *table, TableInfo *out);

/* The member `data` of the reply to /api/{db}/{table}/_schema, as JSON; free() it. */
bool tables_schema_json(Tables *tables, const char *database, const char *table, char **out,
                        Error *err);

/* /api/enable_light_schema_change: true if the change in the JSON body would be a light one. */
bool tables_light_change(Tables *tables, const char *database, const char *table, Str body,
                         Error *err);

/* ---- SQL ---- */

typedef struct SqlSession {
    const char *user;
    const char *database;   /* of the URL; may be "" */
    const char *privileges; /* what SHOW GRANTS shows as GlobalPrivs, "Admin_priv" */
} SqlSession;

typedef enum SqlValueKind {
    SQL_NULL,
    SQL_NUMBER, /* its text is a JSON number as Gson writes it */
    SQL_BOOL,   /* "true" or "false": what JDBC makes of a BOOLEAN */
    SQL_STRING, /* UTF-8, not yet escaped */
} SqlValueKind;

typedef struct SqlValue {
    SqlValueKind kind;
    Str text;
} SqlValue;

typedef struct SqlColumn {
    const char *name;
    const char *type; /* as JDBC names it: BIGINT, VARCHAR, DATETIME ... */
} SqlColumn;

typedef struct SqlResult SqlResult;

/* Runs one statement. The rows of a SELECT are read as they are asked for, from a snapshot. */
bool tables_sql(Tables *tables, const SqlSession *session, Str statement, SqlResult **out,
                Error *err);

/* False: the statement has no rows (`exec_status`), as DDL. */
bool sql_result_has_rows(const SqlResult *result);
size_t sql_result_columns(const SqlResult *result, const SqlColumn **out);

/* *row is NULL behind the last one; it and its texts live until the next call. */
bool sql_result_next(SqlResult *result, const SqlValue **row, Error *err);
void sql_result_close(SqlResult **result);

/* ---- loads ---- */

typedef struct LoadHeader {
    const char *name; /* without regard to case */
    const char *value;
} LoadHeader;

typedef struct LoadRequest {
    const char *database;
    const char *table;
    const LoadHeader *headers; /* all of the request; those that are not ours are passed over */
    size_t header_count;
} LoadRequest;

typedef struct LoadPlan LoadPlan;

/* What the FE does when it plans the load: refuses bad headers, fixes schema and mapping. */
bool load_plan(Tables *tables, const LoadRequest *request, LoadPlan **out, Error *err);
void load_plan_close(LoadPlan **plan);

typedef struct LoadResult {
    int64_t total_rows;
    int64_t loaded_rows;
    int64_t filtered_rows;
    int64_t unselected_rows;
    int64_t load_bytes;
    const char *error_log;   /* "" or the value of file= in ErrorURL */
    const char *first_error; /* "" or FirstErrorMsg */
} LoadResult;

typedef struct Load Load;

/* Takes the plan. */
bool load_begin(LoadPlan **plan, int64_t txn, Load **out, Error *err);

/* The next piece of the body, of any size. False: the load has failed, with the message to reply;
 * what follows of the body need not be fed. */
bool load_feed(Load *load, const void *data, size_t len, Error *err);

/* The body is complete: the last line is read and the filtered rows are judged. After true the
 * rows are staged and wait, also over a restart, for tables_publish or tables_discard. */
bool load_finish(Load *load, Error *err);

/* Good at any time, after a failure too; lives as long as the load. */
void load_result(const Load *load, LoadResult *out);

/* A load that was not finished leaves nothing behind. */
void load_close(Load **load);

/* Makes a finished load's rows visible in one step. A second call for the same txn does nothing. */
bool tables_publish(Tables *tables, int64_t txn, Error *err);
void tables_discard(Tables *tables, int64_t txn);

/* At the start: discards what a killed simulator has staged, but for the txns that keep() wants. */
void tables_sweep(Tables *tables, bool (*keep)(void *context, int64_t txn), void *context);

/* A path to read the error log from; false if file= is not one of ours. */
bool tables_error_log_path(const Tables *tables, const char *file, char *out, size_t size);

/* ---- what tests turn ---- */

/* Values below 0 leave as it is. */
void tables_set_limits(Tables *tables, int version_limit, double versions_per_second,
                       int64_t string_limit);

/* All versions of all tablets become one; tombstones are forgotten. */
bool tables_compact(Tables *tables, Error *err);

/* As if a heavy ALTER ran: the table's state is SCHEMA_CHANGE, and ALTER is refused. */
bool tables_set_altering(Tables *tables, const char *database, const char *table, bool altering,
                         Error *err);
