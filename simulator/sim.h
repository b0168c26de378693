/*
 * sim - the simulated cluster as a whole: one FE, some BEs, what they share, and what happens by
 * itself as time goes by. Connections run in threads of their own; starting and stopping listeners
 * is left to the main thread (sim_tick), since a handler cannot stop the listener that it runs in.
 */
#pragma once

#include "simulator/fault.h"
#include "simulator/http.h"
#include "simulator/journal.h"
#include "simulator/options.h"
#include "simulator/tables.h"
#include "simulator/txn.h"
#include <pthread.h>
#include <stdatomic.h>

/* What tests turn while it runs (POST /sim/settings); the txns' and tables' limits are theirs. */
typedef struct SimSettings {
    int64_t publish_delay_ms;
    int64_t publish_wait_ms;  /* a BE waits so long before it replies Publish Timeout */
    int64_t bandwidth;        /* bytes a second that a BE reads of one body; 0: all */
    int64_t cleaner_ms;       /* how often labels are forgotten (transaction_clean_interval) */
    int64_t heartbeat_ms;     /* the FE knows of a BE's death or life so much later */
    int64_t be_down_abort_ms; /* ... and aborts what a dead BE coordinated so much later */
    int64_t sql_workers;      /* http_sql_submitter_max_worker_threads */
    int64_t legacy_status;    /* 1: ExistingJobStatus is empty */
} SimSettings;

/* A listener, and what the main thread is to do with it. */
typedef struct Node {
    struct Simulator *sim;
    int number; /* 0: the FE; BEs from 1 */
    char name[8];
    Http *http;
    bool wanted;           /* it shall run */
    int64_t start_at_ms;   /* monotonic; not 0: wanted from then on */
    int lives;             /* how often it was started */
    int64_t changed_at_ms; /* since when it runs or not; 0: from the beginning */
} Node;

typedef struct Simulator {
    const SimOptions *options;
    Profile profile;
    Tables *tables;
    Txns *txns;
    Faults *faults;
    Journal *journal;
    Node nodes[1 + OPTIONS_BE_MAX];
    int node_count;
    char dead_address[32]; /* nobody listens there */
    Http *dead;

    pthread_mutex_t lock;   /* of what follows, and of the nodes */
    pthread_cond_t changed; /* a transaction was published, a listener started or stopped */
    SimSettings settings;
    int next_be;
    int sql_running;
    int64_t cleaned_at_ms;
    pthread_mutex_t publishing; /* one at a time, so that commits are published in their order */
} Simulator;

NODISCARD bool sim_open(Simulator *sim, const SimOptions *options, Error *err);
void sim_close(Simulator *sim);

/* Starts and stops listeners as wanted; timeouts, decisions, publishing, forgetting. Called by the
 * main thread again and again. */
NODISCARD bool sim_tick(Simulator *sim, Error *err);

void sim_settings(Simulator *sim, SimSettings *out);

/* ---- nodes ---- */

static inline Node *sim_fe(Simulator *sim)
{
    return &sim->nodes[0];
}

/* To be stopped; started again after restart_ms if that is not negative. */
void sim_kill(Node *node, int64_t restart_ms);
void sim_start(Node *node);
/* Until the main thread has done it; false after five seconds. */
bool sim_wait_node(Node *node, bool running);
bool sim_fe_is_up(Simulator *sim);
/* What the FE believes, which lags behind. */
bool sim_be_seems_alive(Node *be);
/* The BE for the next load, by turns; NULL if none seems alive. */
Node *sim_choose_be(Simulator *sim);

/* ---- transactions ---- */

/* Publishes whatever may be. */
void sim_publish(Simulator *sim);
/* Waits until the transaction is VISIBLE; false after ms. */
bool sim_wait_visible(Simulator *sim, int64_t txn, int64_t ms);

int64_t sim_now_ms(void); /* wall */
