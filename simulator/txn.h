/*
 * txn - the transactions of the databases and their labels: begin, commit, publish, abort, and the
 * forgetting that makes labels usable again. Durable in SQLite; a kill -9 loses nothing.
 *
 *     PREPARE --commit--> COMMITTED --publish--> VISIBLE
 *        \--abort, timeout, death of the BE--> ABORTED
 *
 * PRECOMMITTED does not occur: two-phase commit is refused. A label names the newest of its
 * transactions; when that is ABORTED or forgotten, the label may be used again
 * (fe DatabaseTransactionMgr.java: beginTransaction, removeExpiredTxns; cloud/src/meta-service
 * meta_service_txn.cpp: begin_txn). Any thread may call any function.
 */
#pragma once

#include "common/error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct Txns Txns;

typedef enum TxnState {
    TXN_UNKNOWN, /* no such label */
    TXN_PREPARE,
    TXN_COMMITTED,
    TXN_VISIBLE,
    TXN_ABORTED,
} TxnState;

enum { TXN_NAME_MAX = 160, TXN_REASON_MAX = 256 };

typedef struct Txn {
    int64_t id;
    char database[TXN_NAME_MAX];
    char table[TXN_NAME_MAX];
    char label[TXN_NAME_MAX];
    TxnState state;
    int coordinator; /* the BE's number */
    int64_t publish_at_ms;
    char reason[TXN_REASON_MAX]; /* of the abort */
} Txn;

/* Limits; tests turn them. 0 or less: none. */
typedef struct TxnLimits {
    int64_t label_keep_s;        /* a finished transaction is forgotten after so long */
    int64_t label_num_threshold; /* ... or when its database has more finished ones */
    int64_t max_running;         /* transactions in PREPARE in a database */
    int64_t max_aborted;         /* attempts of one label (cloud) */
} TxnLimits;

NODISCARD bool txns_open(Txns **out, const char *path, const TxnLimits *limits, Error *err);
void txns_close(Txns **txns);
void txns_set_limits(Txns *txns, const TxnLimits *limits);
void txns_get_limits(Txns *txns, TxnLimits *out);

typedef struct TxnBegin {
    const char *database;
    const char *table;
    const char *label;
    int coordinator;
    int64_t timeout_s;
} TxnBegin;

typedef enum TxnBegun {
    TXN_BEGUN,
    TXN_LABEL_USED,       /* *out is the transaction that has it */
    TXN_TOO_MANY_RUNNING, /* out->id is how many there are */
    TXN_TOO_MANY_ABORTED, /* out->id is the last of them */
} TxnBegun;

TxnBegun txns_begin(Txns *txns, const TxnBegin *begin, Txn *out);

/* PREPARE only; false with the reason otherwise. Published from publish_at_ms on (wall, ms). */
NODISCARD bool txns_commit(Txns *txns, int64_t id, int64_t publish_at_ms, Error *err);
/* Does nothing to what is not in PREPARE any more; true if it was. */
bool txns_abort(Txns *txns, int64_t id, const char *reason);
void txns_made_visible(Txns *txns, int64_t id);

/* The next COMMITTED one to be published: in order of commit, table by table. */
bool txns_next_to_publish(Txns *txns, int64_t now_ms, Txn *out);

/* What will become of a PREPARE whose client is gone: it is committed, or aborted, at that time. */
void txns_decide_later(Txns *txns, int64_t id, TxnState fate, int64_t at_ms, const char *reason);
/* The same for all that a BE coordinated and that nothing was decided of. -1: of all BEs. */
void txns_decide_for_be(Txns *txns, int be, int64_t at_ms, const char *reason);
/* The next PREPARE whose time has come, by a decision or by its timeout; *fate says what it is to
 * become. */
bool txns_next_decided(Txns *txns, int64_t now_ms, Txn *out, TxnState *fate);

/* The newest transaction of the label; state TXN_UNKNOWN if there is none. */
void txns_find_label(Txns *txns, const char *database, const char *label, Txn *out);
bool txns_find(Txns *txns, int64_t id, Txn *out);

/* By age and by count; how many were forgotten. */
int64_t txns_purge(Txns *txns, int64_t now_ms);
/* Forgets all that are finished, as if their time had come. */
int64_t txns_purge_all(Txns *txns);

const char *txn_state_name(TxnState state);
