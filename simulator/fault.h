/*
 * fault - what a test lets go wrong, where, and how often. A table of kinds, each with the moments
 * of a load at which it may strike; a list of armed ones, matched by database, table, label and
 * turn. The list lives in memory only. Any thread may call any function.
 */
#pragma once

#include "common/bytes.h"
#include "common/error.h"
#include <stdint.h>

typedef enum FaultMoment {
    FAULT_FE_HEADERS, /* the stream load's request has come to the FE */
    FAULT_BE_HEADERS, /* ... to the BE, before anything was looked at */
    FAULT_BE_BEGUN,   /* the transaction has begun and is planned, before the 100 Continue */
    FAULT_BE_BODY,    /* `bytes` of the body have come (default: half of it, or some) */
    FAULT_BE_END,     /* the whole body has come, nothing is committed */
    FAULT_BE_DONE,    /* it is committed, nothing is replied */
    FAULT_BE_REPLY,   /* the form of the reply */
    FAULT_STATE,      /* get_load_state */
    FAULT_SQL,        /* a statement has come to /api/query */
    FAULT_SQL_DONE,   /* it was carried out, nothing is replied */
    FAULT_MOMENT_COUNT,
} FaultMoment;

typedef enum FaultKind {
    /* everywhere */
    FAULT_CLOSE,
    FAULT_RESET,
    FAULT_HANG,
    FAULT_DELAY,
    FAULT_HTTP_STATUS,
    FAULT_DIE,
    FAULT_KILL_BE,
    FAULT_RESTART_FE,
    FAULT_PURGE_LABELS,
    FAULT_RUN_SQL,
    /* the redirect */
    FAULT_CLOSE_AFTER_307,
    FAULT_REDIRECT_DEAD_PORT,
    FAULT_REDIRECT_NO_NAME,
    FAULT_REFUSE_BE,
    FAULT_NO_BACKEND,
    FAULT_UNAUTHORIZED,
    /* the load */
    FAULT_FAIL,
    FAULT_E235,
    FAULT_E238,
    FAULT_TXN_LIMIT,
    FAULT_MEMORY,
    FAULT_LOCK_TIMEOUT,
    FAULT_REPLY_AND_CLOSE,
    FAULT_REPLY_AND_READ,
    FAULT_SLOW_READER,
    FAULT_RUNNING_THEN_VISIBLE,
    FAULT_RUNNING_THEN_ABORTED,
    FAULT_PUBLISH_TIMEOUT,
    FAULT_LEGACY_STATUS,
    /* forms of a reply */
    FAULT_TRUNCATED,
    FAULT_RECORD_JSON,
    FAULT_SPACED_JSON,
    FAULT_GZIP,
    /* SQL */
    FAULT_SATURATED,
    FAULT_SQL_ERROR,
    FAULT_ALTER_BUSY,
    FAULT_KIND_COUNT,
} FaultKind;

enum { FAULT_NAME_MAX = 160, FAULT_TEXT_MAX = 1024 };

typedef struct Fault {
    int64_t id;
    FaultKind kind;
    FaultMoment moment;
    char database[FAULT_NAME_MAX]; /* "": any; * and ? as in a pattern */
    char table[FAULT_NAME_MAX];
    char label[FAULT_NAME_MAX];
    int64_t nth;   /* the first time that it strikes, among those that match; 1 */
    int64_t count; /* how many times in a row; 1 */
    int64_t seen;
    int64_t fired;
    int64_t ms;
    int64_t bytes;
    int64_t status; /* of http_status */
    char text[FAULT_TEXT_MAX];
} Fault;

/* What a fault is held against; NULL: not known here. */
typedef struct FaultWhere {
    const char *database;
    const char *table;
    const char *label;
} FaultWhere;

typedef struct Faults Faults;

void faults_open(Faults **out);
void faults_close(Faults **faults);

/* From the JSON of POST /sim/faults. What is not known is refused. */
NODISCARD bool faults_arm(Faults *faults, Str json, int64_t *id, Error *err);
void faults_clear(Faults *faults);

/* The fault that strikes now, if there is one; its turn is counted. */
bool faults_take(Faults *faults, FaultMoment moment, const FaultWhere *where, Fault *out);

/* {"kinds": [{"fault", "moments", "is"}], "armed": [...]} */
void faults_list(Faults *faults, Bytes *out);

const char *fault_name(FaultKind kind);
const char *fault_moment_name(FaultMoment moment);
