/*
 * replication - one slot's logical stream over COPY BOTH; knows libpq, not pgoutput.
 *
 * replication_connect() makes sure that the server is the one we know; replication_start() that
 * the slot is ours, not ahead of what we keep, and not in use (a backend that a dead capture of
 * this task left is ended and waited for; a stranger's is a fault), and that the server's timeline
 * holds all that we have. It then streams without ever blocking.
 *
 * Errors that only an operator can mend are CONFIG; a lost connection is CONNECTION.
 */
#pragma once

#include "common/error.h"
#include "common/lsn.h"
#include "common/pg.h"
#include "common/str.h"

typedef struct Replication Replication;

/* Borrowed as long as the connection is open. */
typedef struct ReplicationPlan {
    PgTarget source;
    const char *task;
    const char *system_identifier; /* "": not known yet, any */
    uint32_t timeline;             /* that we have read from; 0: any */
    Lsn snapshot_lsn;              /* of the newest copied table */
    bool binary;                   /* values in binary form where the type has one */
    bool streaming;                /* transactions in progress */
    PgWait *wait;                  /* while connecting */
    void *wait_self;
} ReplicationPlan;

typedef enum ReplicationKind {
    REPLICATION_NOTHING = 0, /* wait for replication_socket() */
    REPLICATION_DATA,
    REPLICATION_KEEPALIVE,
} ReplicationKind;

typedef struct ReplicationMessage {
    ReplicationKind kind;
    Str data;   /* DATA: one message of pgoutput; valid until the next receive */
    Lsn end;    /* all up to here was sent */
    bool reply; /* KEEPALIVE: the server waits for a status */
} ReplicationMessage;

NODISCARD bool replication_connect(Replication **out, const ReplicationPlan *plan, Error *err);
void replication_close(Replication **replication);

NODISCARD bool replication_start(Replication *replication, Lsn resume, Error *err);

NODISCARD bool replication_receive(Replication *replication, ReplicationMessage *out, Error *err);

/* Standby status: all up to `received` was received, all up to `confirmed` is not needed again. */
NODISCARD bool replication_report(Replication *replication, Lsn received, Lsn confirmed,
                                  int64_t now_us, bool ask, Error *err);
/* Sends what could not be sent at once. */
NODISCARD bool replication_flush(Replication *replication, Error *err);
bool replication_wants_write(const Replication *replication);

int replication_socket(const Replication *replication);

/* The normal connection beside the stream. */
Pg *replication_session(Replication *replication);

uint32_t replication_timeline(const Replication *replication);
/* The server ends a connection it hears nothing of for so long; 0: never. */
int replication_timeout_ms(const Replication *replication);
