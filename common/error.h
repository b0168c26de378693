/*
 * error - a failure as a value.
 *
 * What can fail returns bool and takes `Error *err` last: on false *err is filled, on true it is
 * untouched. Who finds the failure sets it, callers add what they know, and only a stage's loop, a
 * main() or the supervisor reports it, once. Nothing below them logs an error that it returns.
 *
 * The kind is an order to whoever handles it. The optional parts say where it happened, so that an
 * operator sees the table, the key and the position without reading code.
 */
#pragma once

#include "common/compiler.h"
#include <stdbool.h>

typedef enum ErrorKind {
    ERROR_NONE = 0,
    ERROR_CONFIG,     /* an operator must change something: stop, do not try again */
    ERROR_CONNECTION, /* a server cannot be reached: try again within connection_minutes */
    ERROR_TRANSIENT,  /* anything else that may pass: try again within other_minutes */
    ERROR_DATA,       /* this change can never be applied: stop */
    ERROR_PROTOCOL, /* bytes that break a contract: drop the peer, stop if they are the stream's */
    ERROR_KIND_COUNT,
} ErrorKind;

typedef struct Error {
    ErrorKind kind;
    char message[1024];
    char object[256];  /* a table, a slot, a file: what it is about; empty if nothing */
    char key[256];     /* the row's key as column=value */
    char position[64]; /* a position or an LSN */
    char hint[512];    /* what to do about it */
} Error;

/* Fills *err, clears the optional parts, returns false: `return error_set(...)`. */
bool error_set(Error *err, ErrorKind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the message; the rest stays. Returns false. */
bool error_wrap(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Each fills one optional part unless a callee, who knew better, has filled it. Returns false. */
bool error_object(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_key(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_position(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_hint(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* "config", "connection", ...; and back, ERROR_NONE for what is no kind. */
const char *error_kind_name(ErrorKind kind);
ErrorKind error_kind_of(const char *name);

/* A failure of this kind is worth another try without an operator. */
bool error_may_pass(ErrorKind kind);

/* The process exit status that tells the supervisor the kind: EX_CONFIG, EX_TEMPFAIL, ... */
int error_exit_status(ErrorKind kind);

/* One line for people: message, then object, key, position and hint where there are any. */
void error_format(const Error *err, char *out, unsigned long size);
