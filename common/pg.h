/*
 * pg - a connection to a PostgreSQL server, with our session settings and our errors.
 *
 * Every connection of walferry is opened here: it reads the password file anew, and sets the one
 * table of session settings (search_path, DateStyle, ..., see pg.c), without which row security
 * cuts a copy in silence and values come out in the user's formats.
 *
 * Errors: what the server refused becomes a kind by its SQLSTATE (a table in pg.c); a connection
 * that cannot be had or is lost is CONNECTION; a refused password is TRANSIENT, since password
 * files change. Statement text and values are never part of a message.
 */
#pragma once

#include "common/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Pg Pg;
typedef struct PgRows PgRows;

typedef struct PgTarget {
    const char *side;          /* "source" or "destination", for messages */
    const char *conninfo;      /* given to libpq untouched */
    const char *password_file; /* "" : none */
    const char *time_zone;     /* of the session: a name, or an offset as in "+08:00"; NULL: UTC */
} PgTarget;

/* Called while a statement runs: waits until fd is readable (or writable). False: give up. */
typedef bool PgWait(void *self, int fd, bool write, Error *err);

/* name becomes application_name, cut to 63 bytes. replication: a walsender connection. */
NODISCARD bool pg_connect(Pg **out, const PgTarget *target, const char *name, bool replication,
                          Error *err);
void pg_close(Pg **pg);

/* From now on statements wait through this instead of blocking. */
void pg_set_wait(Pg *pg, PgWait *wait, void *self);

/*
 * The same for a process that must never wait for a server: start, then poll until PG_DONE; send,
 * then receive until PG_DONE. In between wait until pg_socket() is readable (PG_WAIT_READ) or
 * writable, and give up after a time of your own: no timeout works here. Only looking up a host's
 * name still blocks.
 */
typedef enum PgProgress { PG_FAILED, PG_WAIT_READ, PG_WAIT_WRITE, PG_DONE } PgProgress;

NODISCARD bool pg_connect_start(Pg **out, const PgTarget *target, const char *name, Error *err);
NODISCARD PgProgress pg_connect_poll(Pg *pg, Error *err);
NODISCARD bool pg_send(Pg *pg, const char *sql, Error *err);
NODISCARD PgProgress pg_receive(Pg *pg, PgRows **rows, Error *err);
int pg_socket(const Pg *pg);

/* One or more statements without parameters; rows of the last one (rows may be NULL). */
NODISCARD bool pg_exec(Pg *pg, const char *sql, PgRows **rows, Error *err);
NODISCARD bool pg_execf(Pg *pg, Error *err, const char *format, ...) PRINTF_LIKE(3, 4);

/* One statement with text parameters ($1...; NULL is NULL). */
NODISCARD bool pg_query(Pg *pg, const char *sql, int count, const char *const *values,
                        PgRows **rows, Error *err);

int pg_rows_count(const PgRows *rows);
/* By column name; our own bug if there is none. NULL gives "" (and pg_is_null true). */
const char *pg_text(const PgRows *rows, int row, const char *column);
bool pg_is_null(const PgRows *rows, int row, const char *column);
int64_t pg_int(const PgRows *rows, int row, const char *column);
bool pg_bool(const PgRows *rows, int row, const char *column);
void pg_rows_done(PgRows **rows);

/* Quoted by libpq; free() it. */
char *pg_identifier(Pg *pg, const char *name);
char *pg_literal(Pg *pg, const char *text);
/* "schema"."name" */
char *pg_qualified(Pg *pg, const char *schema, const char *name);

int pg_server_version(const Pg *pg); /* 150020 */
int pg_backend_pid(const Pg *pg);
/* "host:port" as libpq connected, for messages. */
const char *pg_address(const Pg *pg);

/* For the few files that speak libpq themselves (COPY, pipelines, COPY BOTH). */
struct pg_conn;
struct pg_result;
struct pg_conn *pg_raw(Pg *pg);
const struct pg_result *pg_rows_raw(const PgRows *rows);

/* Fills *err from a failed result or, if NULL, from the connection. Returns false. */
bool pg_error(Pg *pg, const struct pg_result *result, Error *err);

/* Waits as pg_set_wait says (or with poll) until the socket is readable or writable. */
NODISCARD bool pg_wait_socket(Pg *pg, bool write, Error *err);

/* The SQLSTATE of the last error that pg_error saw, "" if none. */
const char *pg_last_sqlstate(const Pg *pg);
ErrorKind pg_kind_of_sqlstate(const char *sqlstate);
