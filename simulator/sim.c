#include "simulator/sim.h"

#include "common/clock.h"
#include "common/log.h"
#include "simulator/be.h"
#include "simulator/fe.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const SimSettings DEFAULTS = {
    .publish_wait_ms = 30000,
    .cleaner_ms = 30000,
    .heartbeat_ms = 2000,
    .be_down_abort_ms = 300000,
    .sql_workers = 2,
};

int64_t sim_now_ms(void)
{
    return clock_wall_us() / 1000;
}

/* ---- open ---- */

static bool open_node(Simulator *sim, int number, const SimAddress *address, Error *err)
{
    Node *node = &sim->nodes[number];
    HttpOptions options = {
        .host = address->host,
        .port = address->port,
        .tls_cert = sim->options->tls_cert,
        .tls_key = sim->options->tls_key,
        .handler = number == 0 ? &FE_HANDLER : &BE_HANDLER,
        .context = node,
    };

    node->sim = sim;
    node->number = number;
    node->wanted = true;
    if (number == 0)
        snprintf(node->name, sizeof(node->name), "fe");
    else
        snprintf(node->name, sizeof(node->name), "be%d", number);
    sim->node_count = number + 1;
    return http_open(&node->http, &options, err);
}

static bool open_nodes(Simulator *sim, Error *err)
{
    HttpOptions dead = {.host = sim->options->be[0].host, .handler = &BE_HANDLER};

    if (!open_node(sim, 0, &sim->options->fe, err))
        return false;
    for (int i = 0; i < sim->options->be_count; i++)
        if (!open_node(sim, i + 1, &sim->options->be[i], err))
            return false;
    if (!http_open(&sim->dead, &dead, err))
        return false;
    snprintf(sim->dead_address, sizeof(sim->dead_address), "%s", http_address(sim->dead));
    return true;
}

static bool keep_staged(void *context, int64_t id)
{
    Simulator *sim = context;
    Txn txn;

    return txns_find(sim->txns, id, &txn) &&
           (txn.state == TXN_COMMITTED || txn.state == TXN_PREPARE);
}

static bool open_stores(Simulator *sim, Arena *arena, Error *err)
{
    const char *data = sim->options->data;
    TablesOptions tables = {.directory = data, .profile = sim->profile};
    TxnLimits limits = {
        .label_keep_s = profile_label_keep_s(sim->profile),
        .label_num_threshold = profile_label_num_threshold(sim->profile),
        .max_running = profile_max_running(sim->profile),
        .max_aborted = profile_max_aborted(sim->profile),
    };

    if (mkdir(data, 0700) != 0 && errno != EEXIST)
        return error_set(err, ERROR_CONFIG, "%s: %s", data, strerror(errno));
    return txns_open(&sim->txns, arena_printf(arena, "%s/txns.sqlite", data), &limits, err) &&
           journal_open(&sim->journal, arena_printf(arena, "%s/journal.jsonl", data), err) &&
           tables_open(&sim->tables, &tables, err);
}

/* What a killed simulator has left: the BEs died with it, and their loads with them. */
static void recover(Simulator *sim)
{
    txns_decide_for_be(sim->txns, -1, sim_now_ms() + sim->settings.heartbeat_ms,
                       "coordinate BE restart");
    tables_sweep(sim->tables, keep_staged, sim);
    sim_publish(sim);
}

bool sim_open(Simulator *sim, const SimOptions *options, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};

    *sim = (Simulator){.options = options, .profile = options->profile, .settings = DEFAULTS};
    sim->settings.publish_delay_ms = options->publish_delay_ms;
    pthread_mutex_init(&sim->lock, NULL);
    pthread_cond_init(&sim->changed, NULL);
    pthread_mutex_init(&sim->publishing, NULL);
    faults_open(&sim->faults);
    if (!open_stores(sim, &arena, err) || !open_nodes(sim, err))
        return false;
    journal_write(sim->journal,
                  &(JournalEvent){.event = "start", .text = profile_name(sim->profile)});
    recover(sim);
    return true;
}

void sim_close(Simulator *sim)
{
    for (int i = 0; i < sim->node_count; i++)
        http_close(&sim->nodes[i].http);
    http_close(&sim->dead);
    tables_close(&sim->tables);
    txns_close(&sim->txns);
    journal_close(&sim->journal);
    faults_close(&sim->faults);
    pthread_mutex_destroy(&sim->publishing);
    pthread_cond_destroy(&sim->changed);
    pthread_mutex_destroy(&sim->lock);
}

void sim_settings(Simulator *sim, SimSettings *out)
{
    pthread_mutex_lock(&sim->lock);
    *out = sim->settings;
    pthread_mutex_unlock(&sim->lock);
}

/* ---- time goes by ---- */

/* A BE that comes back tells the FE so, which then aborts what the BE had begun in its life before;
 * of one that stays away the FE gives up later (fe DatabaseTransactionMgr.java:
 * abortTxnWhenCoordinateBeRestart, abortTxnWhenCoordinateBeDown). */
static void be_changed(Node *be, bool runs, const SimSettings *settings)
{
    if (be->number == 0)
        return;
    txns_decide_for_be(be->sim->txns, be->number,
                       sim_now_ms() + (runs ? settings->heartbeat_ms : settings->be_down_abort_ms),
                       runs ? "coordinate BE restart" : "coordinate BE is down");
}

static bool apply_wanted(Node *node, Error *err)
{
    Simulator *sim = node->sim;
    SimSettings settings;
    bool wanted;

    pthread_mutex_lock(&sim->lock);
    if (node->start_at_ms && clock_ms() >= node->start_at_ms) {
        node->start_at_ms = 0;
        node->wanted = true;
    }
    wanted = node->wanted;
    settings = sim->settings;
    pthread_mutex_unlock(&sim->lock);
    if (wanted == http_running(node->http))
        return true;
    if (!wanted)
        http_stop(node->http);
    else if (!http_start(node->http, err))
        return false;
    journal_write(sim->journal,
                  &(JournalEvent){.event = wanted ? "listen" : "killed", .where = node->name});
    if (node->lives > 0)
        be_changed(node, wanted, &settings);
    pthread_mutex_lock(&sim->lock);
    node->changed_at_ms = node->lives > 0 ? clock_ms() : 0;
    node->lives += wanted;
    pthread_cond_broadcast(&sim->changed);
    pthread_mutex_unlock(&sim->lock);
    return true;
}

static void settle_decided(Simulator *sim)
{
    TxnState fate;
    Error err;
    Txn txn;

    while (txns_next_decided(sim->txns, sim_now_ms(), &txn, &fate)) {
        if (fate == TXN_COMMITTED && txns_commit(sim->txns, txn.id, sim_now_ms(), &err)) {
            journal_write(sim->journal, &(JournalEvent){.event = "commit",
                                                        .table = txn.table,
                                                        .database = txn.database,
                                                        .label = txn.label,
                                                        .txn = txn.id});
            continue;
        }
        if (!txns_abort(sim->txns, txn.id, txn.reason))
            continue;
        tables_discard(sim->tables, txn.id);
        journal_write(sim->journal, &(JournalEvent){.event = "abort",
                                                    .database = txn.database,
                                                    .table = txn.table,
                                                    .label = txn.label,
                                                    .txn = txn.id,
                                                    .text = txn.reason});
    }
}

static void forget_labels(Simulator *sim)
{
    int64_t gone;

    pthread_mutex_lock(&sim->lock);
    if (clock_ms() < sim->cleaned_at_ms + sim->settings.cleaner_ms) {
        pthread_mutex_unlock(&sim->lock);
        return;
    }
    sim->cleaned_at_ms = clock_ms();
    pthread_mutex_unlock(&sim->lock);
    gone = txns_purge(sim->txns, sim_now_ms());
    if (gone > 0)
        journal_write(sim->journal, &(JournalEvent){.event = "purge", .rows = gone});
}

bool sim_tick(Simulator *sim, Error *err)
{
    for (int i = 0; i < sim->node_count; i++)
        if (!apply_wanted(&sim->nodes[i], err))
            return false;
    settle_decided(sim);
    sim_publish(sim);
    forget_labels(sim);
    return true;
}

/* ---- transactions ---- */

void sim_publish(Simulator *sim)
{
    Error err;
    Txn txn;

    pthread_mutex_lock(&sim->publishing);
    while (txns_next_to_publish(sim->txns, sim_now_ms(), &txn)) {
        /* Not in COMMITTED for ever by an accident: that would be a hang of the tests. */
        if (!sim->options->count_only && !tables_publish(sim->tables, txn.id, &err)) {
            log_error("publish", "txn=%lld: %s", (long long)txn.id, err.message);
            abort();
        }
        txns_made_visible(sim->txns, txn.id);
        journal_write(sim->journal, &(JournalEvent){.event = "visible",
                                                    .database = txn.database,
                                                    .table = txn.table,
                                                    .label = txn.label,
                                                    .txn = txn.id});
    }
    pthread_mutex_unlock(&sim->publishing);
    pthread_mutex_lock(&sim->lock);
    pthread_cond_broadcast(&sim->changed);
    pthread_mutex_unlock(&sim->lock);
}

/* One wait for `changed`, no longer than a moment. The lock is held. */
static void wait_changed(Simulator *sim)
{
    int64_t until_us = clock_wall_us() + 50000;
    struct timespec until = {until_us / 1000000, (until_us % 1000000) * 1000};

    pthread_cond_timedwait(&sim->changed, &sim->lock, &until);
}

bool sim_wait_visible(Simulator *sim, int64_t id, int64_t ms)
{
    int64_t until = clock_ms() + ms;
    Txn txn;

    for (;;) {
        sim_publish(sim);
        if (!txns_find(sim->txns, id, &txn) || txn.state == TXN_VISIBLE)
            return true;
        if (clock_ms() >= until)
            return false;
        pthread_mutex_lock(&sim->lock);
        wait_changed(sim);
        pthread_mutex_unlock(&sim->lock);
    }
}

/* ---- nodes ---- */

void sim_kill(Node *node, int64_t restart_ms)
{
    pthread_mutex_lock(&node->sim->lock);
    node->wanted = false;
    node->start_at_ms = restart_ms < 0 ? 0 : clock_ms() + restart_ms;
    pthread_mutex_unlock(&node->sim->lock);
}

void sim_start(Node *node)
{
    pthread_mutex_lock(&node->sim->lock);
    node->wanted = true;
    node->start_at_ms = 0;
    pthread_mutex_unlock(&node->sim->lock);
}

bool sim_wait_node(Node *node, bool running)
{
    int64_t until = clock_ms() + 5000;

    pthread_mutex_lock(&node->sim->lock);
    while (http_running(node->http) != running && clock_ms() < until)
        wait_changed(node->sim);
    pthread_mutex_unlock(&node->sim->lock);
    return http_running(node->http) == running;
}

bool sim_fe_is_up(Simulator *sim)
{
    bool up;

    pthread_mutex_lock(&sim->lock);
    up = sim->nodes[0].wanted;
    pthread_mutex_unlock(&sim->lock);
    return up;
}

/* The lock is held. */
static bool seems_alive(const Node *be)
{
    bool runs = http_running(be->http);
    bool known = clock_ms() >= be->changed_at_ms + be->sim->settings.heartbeat_ms;

    /* The first start is known at once, so that a test need not wait for it. */
    return known || be->changed_at_ms == 0 ? runs : !runs || be->sim->settings.heartbeat_ms == 0;
}

bool sim_be_seems_alive(Node *be)
{
    bool alive;

    pthread_mutex_lock(&be->sim->lock);
    alive = seems_alive(be);
    pthread_mutex_unlock(&be->sim->lock);
    return alive;
}

Node *sim_choose_be(Simulator *sim)
{
    Node *found = NULL;

    pthread_mutex_lock(&sim->lock);
    for (int i = 1; !found && i < sim->node_count; i++) {
        int number = 1 + sim->next_be++ % (sim->node_count - 1);

        if (seems_alive(&sim->nodes[number]))
            found = &sim->nodes[number];
    }
    pthread_mutex_unlock(&sim->lock);
    return found;
}
