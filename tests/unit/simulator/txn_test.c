#include "simulator/txn.h"

#include "common/arena.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Store {
    char folder[64];
    char path[96];
    TxnLimits limits;
    Txns *txns;
} Store;

static void reopen(Store *store)
{
    Error err;

    txns_close(&store->txns);
    assert_true(txns_open(&store->txns, store->path, &store->limits, &err));
}

static int set_up(void **state)
{
    Store *store = calloc(1, sizeof(*store));

    snprintf(store->folder, sizeof(store->folder), "/tmp/wf-txn-XXXXXX");
    assert_non_null(mkdtemp(store->folder));
    snprintf(store->path, sizeof(store->path), "%s/t.sqlite", store->folder);
    reopen(store);
    *state = store;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    Store *store = *state;
    char path[128];

    txns_close(&store->txns);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        snprintf(path, sizeof(path), "%s%s", store->path, suffixes[i]);
        unlink(path);
    }
    rmdir(store->folder);
    free(store);
    return 0;
}

static TxnBegun begin(Store *store, const char *label, Txn *out)
{
    TxnBegin begin = {"d", "t", label, 1, 600};

    return txns_begin(store->txns, &begin, out);
}

static Txn begun(Store *store, const char *label)
{
    Txn txn;

    assert_int_equal(begin(store, label, &txn), TXN_BEGUN);
    assert_int_equal(txn.state, TXN_PREPARE);
    return txn;
}

static void commit(Store *store, int64_t id)
{
    Error err;

    assert_true(txns_commit(store->txns, id, 0, &err));
}

static TxnState state_of(Store *store, const char *label)
{
    Txn txn;

    txns_find_label(store->txns, "d", label, &txn);
    return txn.state;
}

/* fe DatabaseTransactionMgr.java: beginTransaction */
static void a_live_label_cannot_be_used_again(void **state)
{
    Store *store = *state;
    Txn first = begun(store, "l"), other;

    assert_int_equal(begin(store, "l", &other), TXN_LABEL_USED);
    assert_int_equal(other.id, first.id);
    commit(store, first.id);
    assert_int_equal(begin(store, "l", &other), TXN_LABEL_USED);
    assert_int_equal(other.state, TXN_COMMITTED);
    txns_made_visible(store->txns, first.id);
    assert_int_equal(begin(store, "l", &other), TXN_LABEL_USED);
    assert_int_equal(other.state, TXN_VISIBLE);
}

static void an_aborted_label_can_be_used_again(void **state)
{
    Store *store = *state;
    Txn first = begun(store, "l"), second;
    Error err;

    assert_true(txns_abort(store->txns, first.id, "because"));
    assert_int_equal(state_of(store, "l"), TXN_ABORTED);
    second = begun(store, "l");
    assert_true(second.id > first.id);
    assert_int_equal(state_of(store, "l"), TXN_PREPARE);
    assert_false(txns_commit(store->txns, first.id, 0, &err));
    assert_non_null(strstr(err.message, "is already aborted. abort reason: because"));
}

static void a_label_belongs_to_its_database(void **state)
{
    Store *store = *state;
    TxnBegin elsewhere = {"other", "t", "l", 1, 600};
    Txn txn;

    begun(store, "l");
    assert_int_equal(txns_begin(store->txns, &elsewhere, &txn), TXN_BEGUN);
}

static void an_abort_after_the_commit_does_nothing(void **state)
{
    Store *store = *state;
    Txn txn = begun(store, "l");

    commit(store, txn.id);
    assert_false(txns_abort(store->txns, txn.id, "late"));
    assert_int_equal(state_of(store, "l"), TXN_COMMITTED);
}

static void nothing_is_lost_over_a_restart(void **state)
{
    Store *store = *state;
    Txn first = begun(store, "l"), second;

    commit(store, first.id);
    begun(store, "open");
    reopen(store);
    assert_int_equal(state_of(store, "l"), TXN_COMMITTED);
    assert_int_equal(state_of(store, "open"), TXN_PREPARE);
    second = begun(store, "next");
    assert_true(second.id > first.id);
}

static void what_is_published_follows_the_order_of_commits(void **state)
{
    Store *store = *state;
    Txn a = begun(store, "a"), b = begun(store, "b"), out;
    Error err;

    assert_true(txns_commit(store->txns, b.id, 1000, &err));
    assert_true(txns_commit(store->txns, a.id, 0, &err));
    /* a is due, but b of the same table committed before it */
    assert_false(txns_next_to_publish(store->txns, 999, &out));
    assert_true(txns_next_to_publish(store->txns, 1000, &out));
    assert_int_equal(out.id, b.id);
    txns_made_visible(store->txns, b.id);
    assert_true(txns_next_to_publish(store->txns, 1000, &out));
    assert_int_equal(out.id, a.id);
}

/* fe TransactionState.java: isTimeout; the cleaner's reason */
static void a_prepare_ends_at_its_timeout(void **state)
{
    Store *store = *state;
    TxnBegin short_one = {"d", "t", "l", 1, 0};
    TxnState fate;
    Txn txn;

    assert_int_equal(txns_begin(store->txns, &short_one, &txn), TXN_BEGUN);
    assert_true(txns_next_decided(store->txns, INT64_MAX, &txn, &fate));
    assert_int_equal(fate, TXN_ABORTED);
    assert_string_equal(txn.reason, "timeout by txn manager");
}

static void a_dead_backends_loads_wait_for_the_frontend_to_notice(void **state)
{
    Store *store = *state;
    Txn ours = begun(store, "ours"), out;
    TxnState fate;

    txns_decide_for_be(store->txns, 2, 100, "coordinate BE restart");
    assert_false(txns_next_decided(store->txns, 100, &out, &fate));
    txns_decide_for_be(store->txns, 1, 100, "coordinate BE restart");
    assert_false(txns_next_decided(store->txns, 99, &out, &fate));
    assert_true(txns_next_decided(store->txns, 100, &out, &fate));
    assert_int_equal(out.id, ours.id);
    assert_int_equal(fate, TXN_ABORTED);
    assert_string_equal(out.reason, "coordinate BE restart");
}

static void a_load_that_is_to_commit_later_does(void **state)
{
    Store *store = *state;
    Txn txn = begun(store, "l"), out;
    TxnState fate;

    txns_decide_later(store->txns, txn.id, TXN_COMMITTED, 100, "");
    txns_decide_for_be(store->txns, -1, 0, "coordinate BE restart");
    assert_false(txns_next_decided(store->txns, 99, &out, &fate));
    assert_true(txns_next_decided(store->txns, 100, &out, &fate));
    assert_int_equal(fate, TXN_COMMITTED);
}

/* Config.java label_num_threshold, streaming_label_keep_max_second */
static void finished_labels_are_forgotten_by_count_and_by_age(void **state)
{
    Store *store = *state;
    TxnLimits limits = {.label_num_threshold = 2};
    char label[8];
    Txn txn;

    for (int i = 0; i < 4; i++) {
        snprintf(label, sizeof(label), "l%d", i);
        txn = begun(store, label);
        commit(store, txn.id);
        txns_made_visible(store->txns, txn.id);
    }
    begun(store, "open");
    txns_set_limits(store->txns, &limits);
    assert_int_equal(txns_purge(store->txns, 0), 2);
    assert_int_equal(state_of(store, "l1"), TXN_UNKNOWN);
    assert_int_equal(state_of(store, "l2"), TXN_VISIBLE);
    limits = (TxnLimits){.label_keep_s = 1};
    txns_set_limits(store->txns, &limits);
    assert_int_equal(txns_purge(store->txns, 0), 0);
    assert_int_equal(txns_purge(store->txns, INT64_MAX), 2);
    assert_int_equal(state_of(store, "open"), TXN_PREPARE);
    txn = begun(store, "l3");
}

/* cloud/src/common/config.h max_num_aborted_txn */
static void a_label_cannot_be_aborted_for_ever(void **state)
{
    Store *store = *state;
    TxnLimits limits = {.max_aborted = 3};
    Txn txn;

    txns_set_limits(store->txns, &limits);
    for (int i = 0; i < 3; i++) {
        txn = begun(store, "l");
        txns_abort(store->txns, txn.id, "again");
    }
    assert_int_equal(begin(store, "l", &txn), TXN_TOO_MANY_ABORTED);
}

static void running_loads_are_bounded(void **state)
{
    Store *store = *state;
    TxnLimits limits = {.max_running = 2};
    Txn txn;

    txns_set_limits(store->txns, &limits);
    begun(store, "a");
    begun(store, "b");
    assert_int_equal(begin(store, "c", &txn), TXN_TOO_MANY_RUNNING);
    assert_int_equal(txn.id, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_live_label_cannot_be_used_again),
        TEST(an_aborted_label_can_be_used_again),
        TEST(a_label_belongs_to_its_database),
        TEST(an_abort_after_the_commit_does_nothing),
        TEST(nothing_is_lost_over_a_restart),
        TEST(what_is_published_follows_the_order_of_commits),
        TEST(a_prepare_ends_at_its_timeout),
        TEST(a_dead_backends_loads_wait_for_the_frontend_to_notice),
        TEST(a_load_that_is_to_commit_later_does),
        TEST(finished_labels_are_forgotten_by_count_and_by_age),
        TEST(a_label_cannot_be_aborted_for_ever),
        TEST(running_loads_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
