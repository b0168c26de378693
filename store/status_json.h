/*
 * status_json - what `status --json` and `tables --json` show, made from the store and, while a
 * supervisor runs, from what it knows besides.
 *
 * Its shape is design.md 9; what is not known is null. Besides the keys named there a task has
 * source.wal_lsn and source.at_ms (the source's flushed position and when, Unix ms, it was asked):
 * a task has caught up with a moment T when, in a status with source.at_ms after T, applied_lsn is
 * at or past source.wal_lsn.
 */
#pragma once

#include "store/store.h"

typedef struct StatusStage {
    const char *role; /* capture, copy, transform, loader, schema */
    uint32_t instance;
    int64_t pid;      /* 0: none at the moment */
    const char *host; /* of one that attached: what its pid counts on; "": ours */
    const char *state;
    uint32_t restarts;
    int64_t rss; /* bytes; -1: not known */
} StatusStage;

typedef struct StatusSource {
    int64_t at_ms; /* of the facts below; 0: not known yet */
    Lsn confirmed_lsn;
    Lsn wal_lsn;
    int64_t lag_bytes; /* behind the confirmed position; -1: not known */
    int64_t retained_wal_bytes;
    char wal_status[16];
    char waiting_for[256]; /* what the next step waits for; "": nothing */
} StatusSource;

/* What only a running supervisor knows. */
typedef struct StatusLive {
    const char *state;
    Error error; /* of the moment: what is being retried, or why it failed */
    StoreCounters counters;
    const StatusStage *stages;
    size_t stage_count;
    const StatusSource *source;
    int64_t latency_ms; /* -1: not known */
    int64_t eta_s;      /* -1: not known */
    const char *const *warnings;
    size_t warning_count;
} StatusLive;

/* Fills *out; false: that task does not run here. */
typedef bool StatusLiveOf(void *self, const char *task, StatusLive *out);

/* Of one task, or of all with name NULL. live_of may be NULL: no supervisor runs. free() *out. */
NODISCARD bool status_json(Store *store, const char *name, StatusLiveOf *live_of, void *self,
                           char **out, Error *err);

/* {"tables": [...]}, biggest first. free() *out. */
NODISCARD bool tables_json(Store *store, const char *name, char **out, Error *err);

/* The error for a name that the store does not know. Returns false. */
bool status_no_such_task(const char *name, Error *err);
