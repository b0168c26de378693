/* be_load_internal - what the files be_load_*.c share. */
#pragma once

#include "simulator/be_headers.h"
#include "simulator/be_load.h"
#include "simulator/fault_act.h"
#include "simulator/gunzip.h"
#include "simulator/load_reply.h"
#include "simulator/row_counter.h"

struct BeLoad {
    Node *be;
    Simulator *sim;
    HttpRequest *request;
    FaultWhere where;
    const char *user;
    BeHeaders headers;
    Txn txn;
    bool begun;   /* there is a transaction ... */
    bool settled; /* ... and its fate needs nothing more of us */
    LoadPlan *plan;
    Load *rows;
    Gunzip *gunzip;
    RowCounter counter; /* --count-only */
    Fault fault;        /* that waits for its bytes of the body; id 0: none */
    int64_t bandwidth;
    bool failed;
    Error err; /* its message is the reply's */
    LoadReply reply;
    int64_t began_ms;
    int64_t body_ms;
};

/* ---- the header phase (be_load_begin.c) ---- */

/* Authorization, headers, transaction, plan. False: load->err. */
NODISCARD bool be_load_begin(BeLoad *load);

/* ---- the fate (be_load_commit.c) ---- */

/* Rolled back with load->err as the reason. */
void be_load_abort(BeLoad *load, const char *reason);
/* Commits, publishes, and fills the reply's status. */
void be_load_commit(BeLoad *load, const Fault *fault);

/* ---- the reply (be_load_reply.c) ---- */

void be_load_set_status(BeLoad *load, const char *status, const char *message);
/* load->err becomes the reply's message, Status Fail. */
void be_load_set_failed(BeLoad *load);
HttpNext be_load_send_reply(BeLoad *load);
/* Past HTTP, in the middle of the body. */
void be_load_send_raw_reply(BeLoad *load);

/* The message with which a fault of this kind fails a load; NULL: it does not. */
const char *be_load_fault_message(BeLoad *load, const Fault *fault);

void be_load_note(const BeLoad *load, const char *event, const char *text);
