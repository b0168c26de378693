#include "store/store.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <unistd.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

typedef Walferry__Control__Intent Intent;
typedef Walferry__Control__IntentWrite IntentWrite;

enum { ORDERS = 16400 };

/* Every test writes, closes, opens again and reads: only what is on disk counts. */
static struct {
    char path[64];
    Store *store;
    Arena arena;
    uint64_t generation;
    Walferry__Change__Position first, last;
    StoreIntentAnswer answer;
} t;

static void open_again(void)
{
    Error err = {0};

    store_close(&t.store);
    if (!store_open(&t.store, t.path, &err))
        fail_msg("%s", err.message);
}

static void make_plan(void)
{
    Error err = {0};
    const StoreRelation relation = {.oid = ORDERS, .schema = "public", .name = "orders"};
    const StoreChunk chunks[] = {{.oid = ORDERS, .chunk = 0}, {.oid = ORDERS, .chunk = 1}};
    const StorePlan plan = {
        .relations = &relation, .relation_count = 1, .chunks = chunks, .chunk_count = 2};

    assert_true(store_set_plan(t.store, "orders", &plan, "copy", &err));
}

static int make_store(void **state)
{
    const StoreTask task = {.name = "orders",
                            .uuid = "6f1c20d4-b7e3-4b1c-9f5e-0a1b2c3d4e5f",
                            .tag = "",
                            .file = "/etc/orders.cfg",
                            .settings = "",
                            .state = "running",
                            .phase = "copy",
                            .lanes = 2};
    Error err = {0};

    (void)state;
    snprintf(t.path, sizeof t.path, "/tmp/walferry-intent-test-%d.sqlite", (int)getpid());
    unlink(t.path);
    open_again();
    assert_true(store_add_task(t.store, &task, &err));
    make_plan();
    assert_true(store_raise_generation(t.store, "orders", 0, &t.generation, &err));
    walferry__change__position__init(&t.first);
    walferry__change__position__init(&t.last);
    t.first.commit_lsn = 0x200;
    t.first.ordinal = 1;
    t.last.commit_lsn = 0x300;
    t.last.ordinal = 9;
    open_again();
    return 0;
}

static int remove_store(void **state)
{
    static const char *const ENDS[] = {"", "-wal", "-shm"};
    char path[80];

    (void)state;
    store_close(&t.store);
    arena_done(&t.arena);
    for (size_t i = 0; i < COUNT_OF(ENDS); i++) {
        snprintf(path, sizeof path, "%s%s", t.path, ENDS[i]);
        unlink(path);
    }
    return 0;
}

static Intent streamed(const char *label, uint64_t first_row, uint64_t rows)
{
    Intent intent = WALFERRY__CONTROL__INTENT__INIT;

    intent.relation_oid = ORDERS;
    intent.first = &t.first;
    intent.last = &t.last;
    intent.first_row = first_row;
    intent.rows = rows;
    intent.checksum = UINT64_C(0xfedcba9876543210);
    intent.label = (char *)(uintptr_t)label;
    return intent;
}

static Intent copied(const char *label, uint32_t chunk)
{
    Intent intent = WALFERRY__CONTROL__INTENT__INIT;

    intent.relation_oid = ORDERS;
    intent.copy = true;
    intent.chunk = chunk;
    intent.rows = 10;
    intent.label = (char *)(uintptr_t)label;
    return intent;
}

static IntentRuling write_it(IntentWrite *write, int64_t now_ms)
{
    Error err = {0};
    const StoreIntentWrite request = {.lane = 0, .now_ms = now_ms, .write = write};

    write->generation = t.generation;
    if (!store_write_intents(t.store, "orders", &request, &t.answer, &err))
        fail_msg("%s", err.message);
    open_again();
    return t.answer.ruling;
}

static IntentRuling put(Intent *intent, const char *grant)
{
    IntentWrite write = WALFERRY__CONTROL__INTENT_WRITE__INIT;

    write.puts = &intent;
    write.n_puts = 1;
    write.grant = (char *)(uintptr_t)grant;
    return write_it(&write, 5000);
}

static IntentRuling finish(Intent cut, uint64_t rows)
{
    IntentWrite write = WALFERRY__CONTROL__INTENT_WRITE__INIT;

    write.finishes = true;
    write.cut = &cut;
    write.copied_rows = rows;
    write.copied_bytes = rows * 100;
    return write_it(&write, 6000);
}

static size_t intents(StoreIntent **out)
{
    Error err = {0};
    size_t count;

    assert_true(store_intents(t.store, "orders", 0, &t.arena, out, &count, &err));
    return count;
}

static size_t positions(StoreTablePosition **out)
{
    Error err = {0};
    size_t count;

    assert_true(store_table_positions(t.store, "orders", 0, &t.arena, out, &count, &err));
    return count;
}

static void each_process_of_a_lane_has_a_higher_generation(void **state)
{
    (void)state;
    Error err = {0};
    uint64_t next, other;

    assert_true(store_raise_generation(t.store, "orders", 0, &next, &err));
    assert_true(store_raise_generation(t.store, "orders", 1, &other, &err));
    open_again();
    assert_int_equal(next, t.generation + 1);
    assert_int_equal(other, 1);

    Intent intent = streamed("a", 0, 10);
    assert_int_equal(put(&intent, "a"), INTENT_NEVER);
}

static void an_intent_is_read_as_it_was_put(void **state)
{
    (void)state;
    StoreIntent *found;
    Intent intent = streamed("a", 3, 10);

    intent.column_set = 2;
    intent.attempt = 4;
    assert_int_equal(put(&intent, "a"), INTENT_ALLOWED);
    assert_int_equal(intents(&found), 1);
    const Intent *read = &found[0].intent;
    assert_string_equal(read->label, "a");
    assert_int_equal(read->relation_oid, ORDERS);
    assert_false(read->copy);
    assert_int_equal(read->first->commit_lsn, 0x200);
    assert_int_equal(read->first->ordinal, 1);
    assert_int_equal(read->last->commit_lsn, 0x300);
    assert_int_equal(read->last->ordinal, 9);
    assert_int_equal(read->first_row, 3);
    assert_int_equal(read->rows, 10);
    assert_int_equal(read->column_set, 2);
    assert_int_equal(read->attempt, 4);
    assert_true(read->checksum == UINT64_C(0xfedcba9876543210));
    assert_int_equal(read->state, STATE(OPEN));
    assert_int_equal(read->granted_ms, 5000);
}

static void what_is_refused_writes_nothing(void **state)
{
    (void)state;
    StoreIntent *found;
    Intent intent = streamed("a", 0, 10);
    Intent other = streamed("b", 0, 10);

    assert_int_equal(put(&intent, "a"), INTENT_ALLOWED);
    assert_int_equal(put(&other, "b"), INTENT_NEVER);
    assert_int_equal(intents(&found), 1);
    assert_string_equal(found[0].intent.label, "a");
}

static void the_end_of_a_cut_moves_its_table(void **state)
{
    (void)state;
    StoreIntent *left;
    StoreTablePosition *at;
    Intent intent = streamed("a", 0, 10);

    assert_int_equal(put(&intent, "a"), INTENT_ALLOWED);
    assert_int_equal(finish(streamed("", 0, 0), 0), INTENT_ALLOWED);
    assert_int_equal(intents(&left), 0);
    assert_int_equal(positions(&at), 1);
    assert_int_equal(at[0].oid, ORDERS);
    assert_int_equal(at[0].position.commit_lsn, 0x300);
    assert_int_equal(at[0].position.ordinal, 9);
    assert_int_equal(put(&intent, "a"), INTENT_NEVER);
    assert_int_equal(finish(streamed("", 0, 0), 0), INTENT_ALLOWED);
    assert_int_equal(positions(&at), 1);
}

static void a_table_has_no_position_of_its_own_once_its_lane_is_there(void **state)
{
    (void)state;
    Error err = {0};
    StoreTablePosition *at;
    StoreLane lanes[] = {{{0x300, 8}, 0x200, 1, 0}, {{0x900, 1}, 0x900, 1, 0}};

    assert_int_equal(finish(streamed("", 0, 0), 0), INTENT_ALLOWED);
    assert_true(store_set_lanes(t.store, "orders", lanes, 2, &err));
    assert_int_equal(positions(&at), 1);
    lanes[0].position.ordinal = 9;
    assert_true(store_set_lanes(t.store, "orders", lanes, 2, &err));
    open_again();
    assert_int_equal(positions(&at), 0);
}

static void the_end_of_a_chunk_marks_it(void **state)
{
    (void)state;
    Error err = {0};
    StoreIntent *left;
    StoreChunk *chunks;
    size_t count;
    Intent intent = copied("c", 0);

    assert_int_equal(put(&intent, "c"), INTENT_ALLOWED);
    assert_int_equal(t.answer.copied_rows, 0);
    assert_int_equal(finish(copied("", 0), 10), INTENT_ALLOWED);
    assert_int_equal(intents(&left), 0);
    assert_true(store_chunks(t.store, "orders", &t.arena, &chunks, &count, &err));
    assert_true(chunks[0].done);
    assert_false(chunks[1].done);
    assert_int_equal(put(&intent, "c"), INTENT_CHUNK_DONE);

    Intent next = copied("d", 1);
    assert_int_equal(put(&next, "d"), INTENT_ALLOWED);
    assert_int_equal(t.answer.copied_rows, 10);
}

static void tables_that_start_again_have_no_loads_left(void **state)
{
    (void)state;
    Error err = {0};
    StoreIntent *left;
    Intent intent = copied("c", 0);

    assert_int_equal(put(&intent, "c"), INTENT_ALLOWED);
    assert_true(store_restart_copy(t.store, "orders", "snapshot", &err));
    open_again();
    assert_int_equal(intents(&left), 0);
    assert_int_equal(put(&intent, "c"), INTENT_NEVER);
}

static void a_forgotten_task_has_no_loads(void **state)
{
    (void)state;
    Error err = {0};
    StoreIntent *left;
    StoreTablePosition *at;
    Intent intent = copied("c", 0);

    assert_int_equal(put(&intent, "c"), INTENT_ALLOWED);
    assert_int_equal(finish(streamed("", 0, 0), 0), INTENT_NEVER);
    assert_true(store_forget_task(t.store, "orders", &err));
    open_again();
    assert_int_equal(intents(&left), 0);
    assert_int_equal(positions(&at), 0);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    const struct CMUnitTest tests[] = {
        STORE_TEST(each_process_of_a_lane_has_a_higher_generation),
        STORE_TEST(an_intent_is_read_as_it_was_put),
        STORE_TEST(what_is_refused_writes_nothing),
        STORE_TEST(the_end_of_a_cut_moves_its_table),
        STORE_TEST(a_table_has_no_position_of_its_own_once_its_lane_is_there),
        STORE_TEST(the_end_of_a_chunk_marks_it),
        STORE_TEST(tables_that_start_again_have_no_loads_left),
        STORE_TEST(a_forgotten_task_has_no_loads),
    };
    return cmocka_run_group_tests_name("store_intent", tests, NULL, NULL);
}
