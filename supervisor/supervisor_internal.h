/* supervisor_internal - shared by supervisor.c and requests.c only. */
#pragma once

#include "store/state_dir.h"
#include "supervisor/supervisor.h"
#include "supervisor/task.h"

enum { TASKS_MAX = 32, MESSAGES_PER_TURN = 1000 };

typedef struct Supervisor {
    StateDir *dir;
    Host host;
    char bin_dir[4096];
    Task *tasks[TASKS_MAX];
    size_t task_count;
    int signals;       /* a signalfd */
    bool serves;       /* was given no task file: runs until it is stopped */
    bool moved_on;     /* a task did in the last turn: the next one follows at once */
    bool any_failed;   /* a task that is closed by now, or one that could not be taken in */
    unsigned stops;    /* how often it was asked to end */
    int64_t turned_ms; /* when the last turn of the loop began */
} Supervisor;

Task *supervisor_find(const Supervisor *supervisor, const char *name);

/* Takes a task in, from its text or, with text empty, from the file. */
NODISCARD bool supervisor_add(Supervisor *supervisor, const char *path, Str text, Task **out,
                              Error *err);
/* Closes the task and opens it again from its file. *task becomes the new one, or stays. */
NODISCARD bool supervisor_open_again(Supervisor *supervisor, Task **task, Error *err);
void supervisor_stop(Supervisor *supervisor);

/* requests.c: a command of the command line, answered now or when it is done. */
void requests_serve(Supervisor *supervisor, const char *peer,
                    const Walferry__Control__Request *request);
