/*
 * client - what the command line asks of a supervisor: one Request, one Reply.
 *
 * A supervisor runs when somebody holds the lock of the state directory; it is then asked through
 * the control socket there. With an endpoint given it is taken for granted that one runs.
 */
#pragma once

#include "cli/command.h"
#include "common/str.h"

typedef enum ClientResult {
    CLIENT_ANSWERED,
    CLIENT_FAILED, /* it does not answer, or refuses; *err is filled */
    CLIENT_ABSENT, /* none runs: the state directory is nobody's */
} ClientResult;

typedef struct ClientRequest {
    const char *command;
    const char *arguments[4]; /* the first `count` */
    size_t count;
    Str file_text;
    int timeout_ms;
} ClientRequest;

/* *json is the answer, malloc'ed; may be empty. */
ClientResult client_ask(const Invocation *in, const ClientRequest *request, char **json,
                        Error *err);

/* The error of a command that needs a supervisor where there is none. Returns false. */
bool client_no_supervisor(const Invocation *in, Error *err);
