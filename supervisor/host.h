/*
 * host - what all tasks of a supervisor share: the store, the control socket, where things are.
 */
#pragma once

#include "store/store.h"
#include "supervisor/control_socket.h"

#include <sys/types.h>

/* Processes that lost their place because they were silent; see host_retire(). */
typedef struct Retired {
    pid_t pid; /* 0: free */
    int64_t kill_ms;
} Retired;

enum { RETIRED_MAX = 256, RETIRED_KILL_MS = 10000 };

typedef struct Host {
    Store *store;
    ControlSocket *control;
    const char *state_dir; /* absolute */
    const char *bin_dir;   /* of our own program, where the stages' are too */
    char token[33];        /* our children know it, and nobody else */
    unsigned external;     /* roles (1 << role) that we start no process for: they attach */
    int hung_ms;           /* a stage that is silent so long is replaced */
    bool log_to_stderr;    /* stages inherit our standard error */
    Retired retired[RETIRED_MAX];
    Error failure; /* set once when the store fails: the supervisor ends */
} Host;

/* Passes ok through; a store that fails ends the supervisor, since nothing can be promised then. */
bool host_stored(Host *host, bool ok, const Error *err);

/* SIGTERM now, SIGKILL when it is still there later. What it does until then is fenced at the
 * destination. */
void host_retire(Host *host, pid_t pid, int64_t now_ms);
/* True if the pid was one of those. */
bool host_reaped(Host *host, pid_t pid);
void host_tick(Host *host, int64_t now_ms);
