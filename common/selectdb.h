/*
 * selectdb - a client of a SelectDB (Apache Doris) cluster over HTTP.
 *
 * It knows the front ends and goes to the next one when one does not answer; which back ends were
 * not reached lately; how back ends are reached from here (redirect_map); user, password (the file
 * is read again for each request), certificate authorities and compute group.
 *
 * An operation is a SelectdbCall: started, stepped with the client, ended, read, freed. Nothing
 * blocks. SQL is one statement at a time, the others wait in order: a front end has two threads for
 * it. Each statement has a session of its own there: nothing set in one lasts to the next.
 *
 * Errors: what cannot be reached is CONNECTION; a refused password, an overloaded server and all
 * that may pass is TRANSIENT; privileges, names, certificates and what a statement cannot do are
 * CONFIG; a refused row is DATA. They say what to do. Statement texts, values of rows, passwords
 * and Locations are in none of them.
 */
#pragma once

#include "common/arena.h"
#include "common/http.h"
#include "common/selectdb_reply.h"
#include "common/task_file.h"

typedef struct Selectdb Selectdb;
typedef struct SelectdbCall SelectdbCall;

/* Borrows the destination. Connects to nothing yet. */
NODISCARD bool selectdb_open(Selectdb **out, const TaskDestination *destination, Error *err);
void selectdb_close(Selectdb **db); /* its calls are freed before */

/* As of http.h. */
size_t selectdb_wait_items(const Selectdb *db, WaitItem *items, size_t most);
int selectdb_timeout_ms(const Selectdb *db);
void selectdb_step(Selectdb *db);

/* ---- calls ---- */

bool selectdb_ended(const SelectdbCall *call);
/* Once it has ended: did it succeed? *err is set if not. */
NODISCARD bool selectdb_result(const SelectdbCall *call, Error *err);
/* One that is under way is given up. */
void selectdb_free(SelectdbCall **call);

/*
 * One statement. The database may be "" for one that needs none. Tried again when it has certainly
 * not run, and, if it only reads (SELECT, SHOW, DESC), also when its answer was lost; any other
 * whose answer was lost is CONNECTION: it may have run.
 */
SelectdbCall *selectdb_sql(Selectdb *db, const char *database, const char *statement);

typedef struct SelectdbValue {
    Str text; /* with a NUL behind it; numbers as they were written */
    bool null;
} SelectdbValue;

typedef struct SelectdbRows {
    size_t column_count, row_count;
    const char *const *columns;
    const SelectdbValue *values; /* row by row */
} SelectdbRows;

/* Of an ended SQL call that succeeded: empty for a DDL. Valid until it is freed. */
const SelectdbRows *selectdb_rows(const SelectdbCall *call);
/* By name, whatever its case; a missing column gives NULL. */
SelectdbValue selectdb_value(const SelectdbRows *rows, size_t row, const char *column);

/* The state of a label, from whichever front end answers. */
SelectdbCall *selectdb_ask_label(Selectdb *db, const char *database, const char *label);
SelectdbLabel selectdb_label(const SelectdbCall *call);

/* A table as _schema tells it. */
typedef struct SelectdbSchemaColumn {
    const char *name;
    const char *type; /* as it is told, without lengths: "DATETIMEV2" */
    bool key, nullable;
} SelectdbSchemaColumn;

typedef struct SelectdbSchema {
    bool exists;           /* false: there is no such table or database */
    const char *keys_type; /* "UNIQUE_KEYS", "DUP_KEYS", ... */
    const SelectdbSchemaColumn *columns;
    size_t column_count;
} SelectdbSchema;

SelectdbCall *selectdb_ask_schema(Selectdb *db, const char *database, const char *table);
const SelectdbSchema *selectdb_schema(const SelectdbCall *call);

/* What /api/bootstrap says of each front end in turn: is it there and ready, and its version. */
SelectdbCall *selectdb_ask_version(Selectdb *db, size_t front_end);
const char *selectdb_version(const SelectdbCall *call); /* "": it does not say */

struct SelectdbBackend;

/* Is a back end reached, and is it one? */
SelectdbCall *selectdb_ask_back_end(Selectdb *db, const struct SelectdbBackend *backend);

/* ---- stream load: two hops ---- */

/* Where a body goes: a back end as a front end named it and as it is reached from here. */
typedef struct SelectdbBackend {
    const char *name; /* HOST:PORT as the front end gave it, for messages */
    const char *url;  /* where to send, without credentials */
} SelectdbBackend;

/*
 * First hop: an empty PUT with the same headers; a front end names a back end. One that could not
 * be reached lately is passed over when another is offered. Headers: "name: value", ends in NULL;
 * those of login, Expect and compute group are added here.
 */
SelectdbCall *selectdb_resolve(Selectdb *db, const char *database, const char *table,
                               const char *const *headers);
/* Of a call that succeeded. Else selectdb_load_reply() says what the front end had to say. */
const SelectdbBackend *selectdb_backend(const SelectdbCall *call);

/*
 * Second hop: the body. It succeeds when a reply was read, whatever it says; else the error says
 * what broke, and selectdb_load_reply() what arrived all the same: HTTP_UNSENT means that nothing
 * was sent. A back end that could not be reached is avoided from then on; one that is silent for
 * 240 s is given up (in test builds WALFERRY_PUT_SILENCE_S), and then the label tells what became
 * of it. begin_by_ms: see http.h.
 */
SelectdbCall *selectdb_put(Selectdb *db, const SelectdbBackend *backend, const char *const *headers,
                           HttpBody body, int64_t begin_by_ms);

typedef struct SelectdbLoadReply {
    HttpState state;
    SelectdbReply reply; /* UNREADABLE and AMBIGUOUS when nothing readable arrived */
    uint64_t sent;       /* bytes of the body, those sent again counted again */
} SelectdbLoadReply;

const SelectdbLoadReply *selectdb_load_reply(const SelectdbCall *call);

/* The reason of the first refused row at a reply's error_url, without values. Best effort. */
SelectdbCall *selectdb_ask_reason(Selectdb *db, const char *error_url);
const char *selectdb_reason_text(const SelectdbCall *call); /* "": none could be had */

/* ---- blocking forms, for schema and cli ---- */

/* From now on these wait through this instead of poll(). */
void selectdb_set_wait(Selectdb *db, HttpWait *wait, void *self);

/* Until the call has ended; then as selectdb_result(). */
NODISCARD bool selectdb_finish(Selectdb *db, SelectdbCall *call, Error *err);

/* A statement; its rows are in the arena. rows may be NULL. */
NODISCARD bool selectdb_query(Selectdb *db, const char *database, const char *statement,
                              Arena *arena, SelectdbRows *rows, Error *err);

NODISCARD bool selectdb_table(Selectdb *db, const char *database, const char *table, Arena *arena,
                              SelectdbSchema *out, Error *err);
