/*
 * job - who a piece of schema work is done for, and how it waits.
 *
 * The schema stage must go on answering its supervisor while a statement runs for an hour; the
 * command line just waits. Both hand in a JobHost; NULL stands for one that blocks and is silent.
 */
#pragma once

#include "common/error.h"
#include "common/pg.h"
#include "common/task_file.h"

#include <stdint.h>

struct pollfd;

/* Waits until a descriptor is ready (revents) or timeout_ms (-1: none) are over. False: give up. */
typedef bool JobWait(void *self, struct pollfd *items, size_t count, int timeout_ms, Error *err);

/* For people: what is waited for, or how far it is (total 0: no count). */
typedef void JobNotice(void *self, const char *text, uint64_t done, uint64_t total);

typedef struct JobHost {
    JobWait *wait;
    JobNotice *notice;
    void *self;
} JobHost;

NODISCARD bool job_wait(JobHost *host, struct pollfd *items, size_t count, int timeout_ms,
                        Error *err);
/* A pause, during which the host is served. */
NODISCARD bool job_pause(JobHost *host, int ms, Error *err);
void job_notice(JobHost *host, uint64_t done, uint64_t total, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Connections whose statements wait through the host, which must outlive them. role becomes part of
 * the application_name: "schema", "check", ... */
NODISCARD bool job_connect_source(Pg **out, const TaskFile *task, const char *role, JobHost *host,
                                  Error *err);
NODISCARD bool job_connect_destination(Pg **out, const TaskFile *task, const char *role,
                                       JobHost *host, Error *err);

struct Selectdb;

/* The same for a SelectDB destination; nothing is connected yet. */
NODISCARD bool job_open_selectdb(struct Selectdb **out, const TaskFile *task, JobHost *host,
                                 Error *err);

/*
 * Ends what a killed predecessor has left running in this database under our application_name, and
 * waits until it is gone: its statement could still take effect behind our back.
 */
NODISCARD bool job_end_predecessor(Pg *pg, const TaskFile *task, const char *role, JobHost *host,
                                   Error *err);

/*
 * Statements that need locks on the user's tables, as one transaction, with the task's
 * lock_timeout: a lock that waits makes everybody wait who comes behind it. Tried again some times
 * with pauses.
 */
NODISCARD bool job_exec_locking(Pg *pg, const TaskFile *task, const char *sql, const char *object,
                                JobHost *host, Error *err);
