#include "common/pg.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/password_file.h"
#include "common/sql_text.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Pg {
    PGconn *conn;
    PgWait *wait;
    void *wait_self;
    const char *side;   /* a literal: "source" or "destination" */
    char time_zone[64]; /* "": as the session settings have it */
    char address[300];
    char sqlstate[6];
    bool connected;   /* pg_connect_poll: what follows are the session settings */
    PGresult *last;   /* pg_receive: of the statements so far */
    bool send_failed; /* pg_receive: *err of a failed one is in `failure` */
    Error failure;
};

struct PgRows {
    PGresult *result;
};

/*
 * The one table of session settings. Text that the catalog gives, the text of values and how it is
 * read must not depend on what server, database and role have set; a copy must see all rows
 * (row_security off makes it fail rather than cut); what we write is written; and no timeout of
 * theirs may end our long work.
 */
/* clang-format off */
static const struct {
    const char *name, *value;
    int since; /* the first version of the server that knows it */
} SESSION_SETTINGS[] = {
    {"search_path", "pg_catalog", 0},
    {"row_security", "off", 0},
    {"DateStyle", "ISO, MDY", 0},
    {"IntervalStyle", "postgres", 0},
    {"TimeZone", "UTC", 0},
    {"extra_float_digits", "3", 0},
    {"bytea_output", "hex", 0},
    {"lc_monetary", "C", 0},
    {"xmloption", "content", 0},
    {"array_nulls", "on", 0},
    {"quote_all_identifiers", "off", 0},
    {"standard_conforming_strings", "on", 0},
    {"transform_null_equals", "off", 0},
    {"client_encoding", "UTF8", 0},
    {"default_transaction_read_only", "off", 0},
    {"default_transaction_isolation", "read committed", 0},
    {"default_transaction_deferrable", "off", 0},
    {"exit_on_error", "off", 0},
    {"statement_timeout", "0", 0},
    {"lock_timeout", "0", 0},
    {"idle_in_transaction_session_timeout", "0", 0},
    {"idle_session_timeout", "0", 140000},
    {"transaction_timeout", "0", 170000},
};

/* By prefix of the SQLSTATE, the longest first. What is not listed the server may well accept later. */
static const struct {
    const char *prefix;
    ErrorKind kind;
} SQLSTATES[] = {
    {"08",    ERROR_CONNECTION}, /* connection exception */
    {"57P",   ERROR_CONNECTION}, /* shutdown, crash, starting up, terminated */
    {"28",    ERROR_TRANSIENT},  /* authorization: password files change */
    {"53",    ERROR_TRANSIENT},  /* disk full, too many connections */
    {"40",    ERROR_TRANSIENT},  /* serialization, deadlock */
    {"55P03", ERROR_TRANSIENT},  /* lock not available */
    {"55006", ERROR_TRANSIENT},  /* object in use: a slot that is still active */
    {"57",    ERROR_TRANSIENT},  /* cancelled */
    {"22",    ERROR_DATA},       /* data exception */
    {"23",    ERROR_DATA},       /* constraint */
    {"21",    ERROR_DATA},
    {"54",    ERROR_DATA},       /* limits: too large a row, too many columns */
    {"44",    ERROR_DATA},
    {"58P01", ERROR_CONFIG},     /* WAL that is not there any more */
    {"3D",    ERROR_CONFIG},     /* no such database */
    {"3F",    ERROR_CONFIG},     /* no such schema */
    {"42",    ERROR_CONFIG},     /* undefined objects, privileges */
    {"55",    ERROR_CONFIG},     /* wal_level is not logical, slot is lost */
    {"0A",    ERROR_CONFIG},     /* feature not supported */
    {"2B",    ERROR_CONFIG},
};
/* clang-format on */

ErrorKind pg_kind_of_sqlstate(const char *sqlstate)
{
    for (size_t i = 0; i < COUNT_OF(SQLSTATES); i++) {
        if (strncmp(sqlstate, SQLSTATES[i].prefix, strlen(SQLSTATES[i].prefix)) == 0)
            return SQLSTATES[i].kind;
    }
    return ERROR_TRANSIENT;
}

static void clear_result(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

/*
 * libpq has no SQLSTATE for a refused connection. A password that is refused is told from a server
 * that is not there by whether the server asked for one.
 */
static bool connect_failed(Pg *pg, Error *err)
{
    bool refused = PQconnectionNeedsPassword(pg->conn) || PQconnectionUsedPassword(pg->conn);

    error_set(err, refused ? ERROR_TRANSIENT : ERROR_CONNECTION, "cannot connect to the %s: %s",
              pg->side, PQerrorMessage(pg->conn));
    return error_hint(err, refused ? "check user, password and pg_hba.conf"
                                   : "check that the server is up and reachable from here");
}

/* Notices would land on standard error; an error says enough. */
static void ignore_notice(void *self, const PGresult *result)
{
    (void)self;
    (void)result;
}

/*
 * A server without an encoding converts nothing, but refuses what is not UTF-8 to a client that
 * speaks it, without a word about the row. So it is given and gives bytes; the other end judges.
 */
static const char *value_of_setting(const Pg *pg, size_t number)
{
    const char *encoding = PQparameterStatus(pg->conn, "server_encoding");

    if (encoding && strcmp(encoding, "SQL_ASCII") == 0 &&
        strcmp(SESSION_SETTINGS[number].name, "client_encoding") == 0)
        return encoding;
    return SESSION_SETTINGS[number].value;
}

/*
 * PostgreSQL takes a bare offset as POSIX does: "+08:00" would be west of Greenwich. With a name
 * before it, and the other sign, it is what everybody else means.
 */
static void put_time_zone(const char *zone, Bytes *sql)
{
    bool is_offset = zone[0] == '+' || zone[0] == '-';

    sql_add(sql, "SET TimeZone = ");
    if (!is_offset) {
        sql_literal(sql, str_of(zone));
        return;
    }
    sql_add(sql, "'<%s>%c%s'", zone, zone[0] == '+' ? '-' : '+', zone + 1);
}

static void put_session_settings(const Pg *pg, Bytes *sql)
{
    for (size_t i = 0; i < COUNT_OF(SESSION_SETTINGS); i++) {
        if (PQserverVersion(pg->conn) < SESSION_SETTINGS[i].since)
            continue;
        sql_add(sql, "SET %s = '%s';", SESSION_SETTINGS[i].name, value_of_setting(pg, i));
    }
    if (pg->time_zone[0])
        put_time_zone(pg->time_zone, sql);
}

static bool apply_session_settings(Pg *pg, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    put_session_settings(pg, &sql);
    return pg_exec(pg, sql_text(&sql), NULL, err);
}

typedef PGconn *Connect(const char *const *keys, const char *const *values, int expand_dbname);

/* With PQconnectdbParams, or PQconnectStartParams, which only begins. */
static bool begin_connection(Pg *pg, const PgTarget *target, const char *name, bool replication,
                             Connect *connect, Error *err)
{
    CLEANUP(password_clear) char *password = NULL;

    if (target->password_file && target->password_file[0] &&
        !password_file_read(target->password_file, &password, err))
        return error_wrap(err, "%s", target->side);

    /* What stands before dbname is overridden by the user's conninfo, what stands behind it not. */
    const char *keys[] = {"connect_timeout",
                          "keepalives_idle",
                          "tcp_user_timeout",
                          "dbname",
                          "application_name",
                          "replication",
                          "client_encoding",
                          "fallback_application_name",
                          password ? "password" : NULL,
                          NULL};
    const char *values[] = {"10",     "30",
                            "60000",  target->conninfo,
                            name,     replication ? "database" : "false",
                            "UTF8",   "walferry",
                            password, NULL};

    pg->conn = connect(keys, values, /* expand_dbname= */ 1);
    return PQstatus(pg->conn) != CONNECTION_BAD || connect_failed(pg, err);
}

static void note_connected(Pg *pg)
{
    snprintf(pg->address, sizeof pg->address, "%s:%s", PQhost(pg->conn), PQport(pg->conn));
    PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
    pg->connected = true;
}

static void note_target(Pg *pg, const PgTarget *target)
{
    pg->side = target->side;
    snprintf(pg->time_zone, sizeof pg->time_zone, "%s", target->time_zone ? target->time_zone : "");
}

bool pg_connect(Pg **out, const PgTarget *target, const char *name, bool replication, Error *err)
{
    CLEANUP(pg_close) Pg *pg = MEM_NEW(Pg);

    note_target(pg, target);
    if (!begin_connection(pg, target, name, replication, PQconnectdbParams, err))
        return false;
    note_connected(pg);
    if (!apply_session_settings(pg, err))
        return error_wrap(err, "session settings at the %s", target->side);

    *out = pg;
    pg = NULL; /* handed over */
    return true;
}

void pg_close(Pg **pg)
{
    if (!*pg)
        return;
    PQclear((*pg)->last);
    PQfinish((*pg)->conn);
    free(*pg);
    *pg = NULL;
}

void pg_set_wait(Pg *pg, PgWait *wait, void *self)
{
    pg->wait = wait;
    pg->wait_self = self;
}

/* The server says so in three ways, of which only one bears a SQLSTATE of its own. */
static bool is_too_large(const char *state, const char *message)
{
    static const char *const SAYINGS[] = {"invalid memory alloc request size",
                                          "string buffer exceeds maximum allowed length",
                                          "out of memory"};

    if (strcmp(state, "54000") != 0 && strcmp(state, "XX000") != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(SAYINGS); i++) {
        if (strncmp(message, SAYINGS[i], strlen(SAYINGS[i])) == 0)
            return true;
    }
    return false;
}

static bool too_large(Error *err)
{
    err->kind = ERROR_DATA;
    return error_hint(err,
                      "a row has more than the 1 GB that PostgreSQL sends or takes in one piece "
                      "(bytea as text takes twice its size; with REPLICA IDENTITY FULL the row "
                      "before counts too): exclude the table in objects");
}

bool pg_error(Pg *pg, const struct pg_result *result, Error *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = state ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool lost = PQstatus(pg->conn) == CONNECTION_BAD;

    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", state ? state : "");
    if (message)
        error_set(err, lost ? ERROR_CONNECTION : pg_kind_of_sqlstate(state), "%s: %s", pg->side,
                  message);
    else
        error_set(err, ERROR_CONNECTION, "%s: connection lost: %s", pg->side,
                  PQerrorMessage(pg->conn));
    if (state && PQresultErrorField(result, PG_DIAG_MESSAGE_HINT))
        error_hint(err, "%s", PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
    return message && !lost && is_too_large(state, message) ? too_large(err) : false;
}

bool pg_wait_socket(Pg *pg, bool write, Error *err)
{
    struct pollfd item = {.fd = PQsocket(pg->conn), .events = write ? POLLIN | POLLOUT : POLLIN};

    if (item.fd < 0)
        return pg_error(pg, NULL, err);
    if (pg->wait)
        return pg->wait(pg->wait_self, item.fd, write, err);
    (void)poll(&item, 1, -1);
    return true;
}

/* Until all of the statement has gone out; reading meanwhile, or both sides could block. */
static bool flush_out(Pg *pg, Error *err)
{
    int left;

    while ((left = PQflush(pg->conn)) > 0) {
        if (!pg_wait_socket(pg, true, err))
            return false;
        if (!PQconsumeInput(pg->conn))
            return pg_error(pg, NULL, err);
    }
    return left == 0 || pg_error(pg, NULL, err);
}

/* The next result, or NULL in *out when there is none left. */
static bool next_result(Pg *pg, PGresult **out, Error *err)
{
    while (PQisBusy(pg->conn)) {
        if (!pg_wait_socket(pg, false, err))
            return false;
        if (!PQconsumeInput(pg->conn))
            return pg_error(pg, NULL, err);
    }
    *out = PQgetResult(pg->conn);
    return true;
}

static bool is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* Reads all results of what was sent; keeps the last in *rows. The first failure is the error. */
static bool collect(Pg *pg, PgRows **rows, Error *err)
{
    CLEANUP(clear_result) PGresult *last = NULL;
    bool ok = true;

    if (!flush_out(pg, err))
        return false;
    for (;;) {
        PGresult *result = NULL;

        if (!next_result(pg, &result, err))
            return false;
        if (!result)
            break;
        if (ok && !is_success(result))
            ok = pg_error(pg, result, err);
        PQclear(last);
        last = result;
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            break;
    }
    if (ok && rows) {
        *rows = MEM_NEW(PgRows);
        (*rows)->result = last;
        last = NULL; /* handed over */
    }
    return ok;
}

bool pg_exec(Pg *pg, const char *sql, PgRows **rows, Error *err)
{
    if (!PQsendQuery(pg->conn, sql))
        return pg_error(pg, NULL, err);
    return collect(pg, rows, err);
}

bool pg_execf(Pg *pg, Error *err, const char *format, ...)
{
    CLEANUP(mem_free) char *sql = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&sql, format, arguments) < 0)
        abort();
    va_end(arguments);
    return pg_exec(pg, sql, NULL, err);
}

bool pg_query(Pg *pg, const char *sql, int count, const char *const *values, PgRows **rows,
              Error *err)
{
    if (!PQsendQueryParams(pg->conn, sql, count, NULL, values, NULL, NULL, 0))
        return pg_error(pg, NULL, err);
    return collect(pg, rows, err);
}

bool pg_connect_start(Pg **out, const PgTarget *target, const char *name, Error *err)
{
    CLEANUP(pg_close) Pg *pg = MEM_NEW(Pg);

    note_target(pg, target);
    if (!begin_connection(pg, target, name, false, PQconnectStartParams, err))
        return false;
    *out = pg;
    pg = NULL; /* handed over */
    return true;
}

/* Connected: the session settings follow as the first statements. */
static PgProgress settings_sent(Pg *pg, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (PQsetnonblocking(pg->conn, 1) != 0) {
        pg_error(pg, NULL, err);
        return PG_FAILED;
    }
    note_connected(pg);
    put_session_settings(pg, &sql);
    return pg_send(pg, sql_text(&sql), err) ? PG_WAIT_WRITE : PG_FAILED;
}

PgProgress pg_connect_poll(Pg *pg, Error *err)
{
    if (pg->connected)
        return pg_receive(pg, NULL, err);
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_OK:
        return settings_sent(pg, err);
    case PGRES_POLLING_READING:
        return PG_WAIT_READ;
    case PGRES_POLLING_FAILED:
        connect_failed(pg, err);
        return PG_FAILED;
    case PGRES_POLLING_WRITING:
    case PGRES_POLLING_ACTIVE:
        break;
    }
    return PG_WAIT_WRITE;
}

bool pg_send(Pg *pg, const char *sql, Error *err)
{
    pg->send_failed = false;
    return PQsendQuery(pg->conn, sql) || pg_error(pg, NULL, err);
}

static PgProgress received_all(Pg *pg, PgRows **rows, Error *err)
{
    PGresult *last = pg->last;

    pg->last = NULL;
    if (pg->send_failed || !rows) {
        PQclear(last);
        if (pg->send_failed)
            *err = pg->failure;
        return pg->send_failed ? PG_FAILED : PG_DONE;
    }
    *rows = MEM_NEW(PgRows);
    (*rows)->result = last;
    return PG_DONE;
}

PgProgress pg_receive(Pg *pg, PgRows **rows, Error *err)
{
    int left = PQflush(pg->conn);

    if (left < 0 || !PQconsumeInput(pg->conn)) {
        pg_error(pg, NULL, err);
        return PG_FAILED;
    }
    while (!PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);

        if (!result)
            return received_all(pg, rows, err);
        if (!pg->send_failed && !is_success(result))
            pg->send_failed = !pg_error(pg, result, &pg->failure);
        PQclear(pg->last);
        pg->last = result;
    }
    return left > 0 ? PG_WAIT_WRITE : PG_WAIT_READ;
}

int pg_socket(const Pg *pg)
{
    return PQsocket(pg->conn);
}

int pg_rows_count(const PgRows *rows)
{
    return PQntuples(rows->result);
}

static int column_of(const PgRows *rows, const char *name)
{
    int column = PQfnumber(rows->result, name);

    if (column < 0) {
        fprintf(stderr, "walferry: a statement of ours has no column %s\n", name);
        abort();
    }
    return column;
}

const char *pg_text(const PgRows *rows, int row, const char *column)
{
    return PQgetvalue(rows->result, row, column_of(rows, column));
}

bool pg_is_null(const PgRows *rows, int row, const char *column)
{
    return PQgetisnull(rows->result, row, column_of(rows, column));
}

int64_t pg_int(const PgRows *rows, int row, const char *column)
{
    return strtoll(pg_text(rows, row, column), NULL, 10);
}

bool pg_bool(const PgRows *rows, int row, const char *column)
{
    return pg_text(rows, row, column)[0] == 't';
}

void pg_rows_done(PgRows **rows)
{
    if (!*rows)
        return;
    PQclear((*rows)->result);
    free(*rows);
    *rows = NULL;
}

/* libpq's quoting fails only for text that is not in the client's encoding, or without memory. */
static char *own_copy(Pg *pg, char *quoted)
{
    if (!quoted) {
        fprintf(stderr, "walferry: cannot quote: %s", PQerrorMessage(pg->conn));
        abort();
    }
    char *copy = mem_strdup(quoted);
    PQfreemem(quoted);
    return copy;
}

char *pg_identifier(Pg *pg, const char *name)
{
    return own_copy(pg, PQescapeIdentifier(pg->conn, name, strlen(name)));
}

char *pg_literal(Pg *pg, const char *text)
{
    return own_copy(pg, PQescapeLiteral(pg->conn, text, strlen(text)));
}

char *pg_qualified(Pg *pg, const char *schema, const char *name)
{
    CLEANUP(mem_free) char *first = pg_identifier(pg, schema);
    CLEANUP(mem_free) char *second = pg_identifier(pg, name);

    return mem_printf("%s.%s", first, second);
}

int pg_server_version(const Pg *pg)
{
    return PQserverVersion(pg->conn);
}

int pg_backend_pid(const Pg *pg)
{
    return PQbackendPID(pg->conn);
}

const char *pg_address(const Pg *pg)
{
    return pg->address;
}

struct pg_conn *pg_raw(Pg *pg)
{
    return pg->conn;
}

const struct pg_result *pg_rows_raw(const PgRows *rows)
{
    return rows->result;
}

const char *pg_last_sqlstate(const Pg *pg)
{
    return pg->sqlstate;
}
