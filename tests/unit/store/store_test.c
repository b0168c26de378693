#include "store/store.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Every test writes, closes, opens again and reads: only what is on disk counts. */
static struct {
    char path[64];
    Store *store;
    Arena arena;
} t;

static void open_again(void)
{
    Error err = {0};

    store_close(&t.store);
    if (!store_open(&t.store, t.path, &err))
        fail_msg("%s", err.message);
}

static const StoreTask NEW_TASK = {
    .name = "orders",
    .uuid = "6f1c20d4-b7e3-4b1c-9f5e-0a1b2c3d4e5f",
    .tag = "shop",
    .file = "/etc/walferry/orders.cfg",
    .settings = "destination.type=postgresql\n",
    .state = "running",
    .phase = "check",
    .created_ms = 1700000000000,
    .lanes = 2,
};

static int make_store(void **state)
{
    Error err = {0};

    (void)state;
    snprintf(t.path, sizeof t.path, "/tmp/walferry-store-test-%d.sqlite", (int)getpid());
    unlink(t.path);
    open_again();
    assert_true(store_add_task(t.store, &NEW_TASK, &err));
    open_again();
    return 0;
}

static int remove_store(void **state)
{
    char other[80];

    (void)state;
    store_close(&t.store);
    arena_done(&t.arena);
    unlink(t.path);
    snprintf(other, sizeof other, "%s-wal", t.path);
    unlink(other);
    snprintf(other, sizeof other, "%s-shm", t.path);
    unlink(other);
    return 0;
}

static StoreTask *find(const char *name)
{
    StoreTask *task = NULL;
    Error err = {0};

    assert_true(store_find_task(t.store, name, &t.arena, &task, &err));
    return task;
}

static void a_new_task_is_found_with_its_lanes(void **state)
{
    (void)state;
    const StoreTask *task = find("orders");

    assert_non_null(task);
    assert_string_equal(task->uuid, NEW_TASK.uuid);
    assert_string_equal(task->settings, NEW_TASK.settings);
    assert_string_equal(task->phase, "check");
    assert_int_equal(task->created_ms, NEW_TASK.created_ms);
    assert_int_equal(task->lanes, 2);
    assert_int_equal(task->epoch, 0);
    assert_int_equal(task->error.kind, ERROR_NONE);
    assert_null(find("other"));
}

static void a_second_task_of_the_name_is_refused(void **state)
{
    (void)state;
    Error err = {0};

    assert_false(store_add_task(t.store, &NEW_TASK, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void an_error_is_kept_with_all_its_parts_until_the_state_changes(void **state)
{
    (void)state;
    Error err = {0}, error;

    error_set(&error, ERROR_DATA, "duplicate key");
    error_object(&error, "public.orders");
    error_key(&error, "id=7");
    error_position(&error, "0/16B3748:2");
    error_hint(&error, "delete the row");
    assert_true(store_set_state(t.store, "orders", "failed", &error, &err));
    open_again();

    const StoreTask *task = find("orders");
    assert_string_equal(task->state, "failed");
    assert_memory_equal(&task->error, &error, sizeof error);

    assert_true(store_set_state(t.store, "orders", "running", NULL, &err));
    open_again();
    assert_int_equal(find("orders")->error.kind, ERROR_NONE);
}

static void the_slot_is_where_new_lanes_begin(void **state)
{
    (void)state;
    Error err = {0};
    const StoreSource source = {"7300000000000000001", 3, 0x16B3748, UINT64_C(1700000000000) << 20};

    assert_true(store_set_source(t.store, "orders", &source, "snapshot", &err));
    open_again();

    const StoreTask *task = find("orders");
    assert_string_equal(task->system_identifier, source.system_identifier);
    assert_int_equal(task->timeline, 3);
    assert_int_equal(task->slot_lsn, source.slot_lsn);
    assert_int_equal(task->resume_lsn, source.slot_lsn);
    assert_true(task->next_record_id == source.next_record_id);
    assert_string_equal(task->phase, "snapshot");

    assert_true(store_set_timeline(t.store, "orders", 4, &err));
    open_again();
    assert_int_equal(find("orders")->timeline, 4);
}

static void the_resume_point_is_the_least_of_the_lanes(void **state)
{
    (void)state;
    Error err = {0};
    const StoreLane lanes[] = {
        {{0x2000, 3}, 0x2040, 50, 111},
        {{0x1000, 1}, 0x1040, 20, 222},
    };
    StoreLane found[STAGES_MAX];
    uint32_t count;

    assert_true(store_set_lanes(t.store, "orders", lanes, 2, &err));
    open_again();

    assert_int_equal(find("orders")->resume_lsn, 0x1040);
    assert_int_equal(find("orders")->next_record_id, 20);
    assert_true(store_lanes(t.store, "orders", found, &count, &err));
    assert_int_equal(count, 2);
    assert_memory_equal(found, lanes, sizeof lanes);
}

static void only_epochs_after_the_first_are_rewinds(void **state)
{
    (void)state;
    Error err = {0};
    uint64_t epoch = 0;

    for (uint64_t expected = 1; expected <= 3; expected++) {
        assert_true(store_raise_epoch(t.store, "orders", &epoch, &err));
        assert_int_equal(epoch, expected);
        open_again();
        assert_int_equal(find("orders")->epoch, expected);
        assert_int_equal(find("orders")->counters.rewinds, expected - 1);
    }
}

static void counters_leave_rewinds_alone(void **state)
{
    (void)state;
    Error err = {0};
    uint64_t epoch;
    const StoreCounters counters = {
        .applied = 10, .redelivered = 2, .duplicates = 3, .rows_missing = 4, .rows_replaced = 5};

    assert_true(store_raise_epoch(t.store, "orders", &epoch, &err));
    assert_true(store_raise_epoch(t.store, "orders", &epoch, &err));
    assert_true(store_set_counters(t.store, "orders", &counters, &err));
    open_again();

    const StoreTask *task = find("orders");
    assert_int_equal(task->counters.applied, 10);
    assert_int_equal(task->counters.redelivered, 2);
    assert_int_equal(task->counters.duplicates, 3);
    assert_int_equal(task->counters.rows_missing, 4);
    assert_int_equal(task->counters.rows_replaced, 5);
    assert_int_equal(task->counters.rewinds, 1);
}

static const StoreRelation RELATIONS[] = {
    {.oid = 1, .schema = "public", .name = "small", .estimated_rows = 10, .estimated_bytes = 100},
    {.oid = 2, .schema = "public", .name = "big", .estimated_rows = 1000, .estimated_bytes = 9000},
    {.oid = 3, .schema = "public", .name = "parent"},
};
static const StoreChunk CHUNKS[] = {
    {.oid = 1, .chunk = 0, .first_block = 0, .end_block = 0},
    {.oid = 2, .chunk = 0, .first_block = 0, .end_block = 64},
    {.oid = 2, .chunk = 1, .first_block = 64, .end_block = 0},
};

static void set_plan(void)
{
    Error err = {0};
    const StorePlan plan = {
        .model = STR("model"),
        .gate = STR("gate"),
        .snapshot_lsn = 0x5000,
        .relations = RELATIONS,
        .relation_count = COUNT_OF(RELATIONS),
        .chunks = CHUNKS,
        .chunk_count = COUNT_OF(CHUNKS),
    };

    if (!store_set_plan(t.store, "orders", &plan, "copy", &err))
        fail_msg("%s", err.message);
    open_again();
}

static StoreRelation relation(uint32_t oid)
{
    StoreRelation *all;
    Error err = {0};
    size_t count;

    assert_true(store_relations(t.store, "orders", &t.arena, &all, &count, &err));
    for (size_t i = 0; i < count; i++) {
        if (all[i].oid == oid)
            return all[i];
    }
    fail_msg("no relation %u", oid);
    return (StoreRelation){0};
}

static void finish(uint32_t oid, uint32_t chunk)
{
    Error err = {0};
    const StoreChunk done = {.oid = oid, .chunk = chunk};

    if (!store_chunk_done(t.store, "orders", &done, 5, 2, 50, &err))
        fail_msg("%s", err.message);
    open_again();
}

static void a_plan_is_kept_biggest_table_first(void **state)
{
    (void)state;
    StoreRelation *relations;
    StoreChunk *chunks;
    Error err = {0};
    size_t count;
    Str model;

    set_plan();

    assert_true(store_relations(t.store, "orders", &t.arena, &relations, &count, &err));
    assert_int_equal(count, 3);
    assert_int_equal(relations[0].oid, 2);
    assert_int_equal(relations[0].chunks, 2);
    assert_true(str_equal(relations[0].gate, str_of("gate")));
    assert_true(store_chunks(t.store, "orders", &t.arena, &chunks, &count, &err));
    assert_int_equal(count, 3);
    assert_int_equal(chunks[0].oid, 2);
    assert_int_equal(chunks[1].first_block, 64);
    assert_int_equal(chunks[2].oid, 1);
    assert_true(store_model(t.store, "orders", &t.arena, &model, &err));
    assert_true(str_equal(model, str_of("model")));
    assert_int_equal(find("orders")->snapshot_lsn, 0x5000);
    assert_string_equal(find("orders")->phase, "copy");
}

static void a_table_without_chunks_is_copied_from_the_start(void **state)
{
    (void)state;

    set_plan();

    assert_int_equal(relation(3).state, RELATION_COPIED);
}

static void a_table_is_copied_with_its_last_chunk(void **state)
{
    (void)state;

    set_plan();
    assert_int_equal(relation(2).state, RELATION_PLANNED);
    finish(2, 1);
    assert_int_equal(relation(2).state, RELATION_COPYING);
    finish(2, 0);
    assert_int_equal(relation(2).state, RELATION_COPIED);
    assert_int_equal(relation(2).rows, 10);
    assert_int_equal(relation(2).bytes, 100);
}

static void a_chunk_reported_twice_counts_once(void **state)
{
    (void)state;

    set_plan();
    finish(2, 0);
    finish(2, 0);

    assert_int_equal(relation(2).rows, 5);
    assert_int_equal(relation(2).chunks_done, 1);
}

static void only_unfinished_tables_start_again(void **state)
{
    (void)state;
    Error err = {0};

    set_plan();
    finish(1, 0);
    finish(2, 0);
    assert_true(store_restart_copy(t.store, "orders", "snapshot", &err));
    open_again();

    assert_int_equal(relation(1).state, RELATION_COPIED);
    assert_int_equal(relation(1).rows, 5);
    assert_int_equal(relation(2).state, RELATION_PLANNED);
    assert_int_equal(relation(2).chunks, 0);
    assert_string_equal(find("orders")->phase, "snapshot");
}

static void a_second_plan_replaces_only_its_own_tables(void **state)
{
    (void)state;
    Error err = {0};
    const StoreChunk chunk = {.oid = 2, .chunk = 0};
    const StorePlan plan = {
        .model = STR("model 2"),
        .gate = STR("gate 2"),
        .snapshot_lsn = 0x6000,
        .relations = &RELATIONS[1],
        .relation_count = 1,
        .chunks = &chunk,
        .chunk_count = 1,
    };

    set_plan();
    finish(1, 0);
    assert_true(store_restart_copy(t.store, "orders", "snapshot", &err));
    assert_true(store_set_plan(t.store, "orders", &plan, "copy", &err));
    open_again();

    assert_true(str_equal(relation(1).gate, str_of("gate")));
    assert_true(str_equal(relation(2).gate, str_of("gate 2")));
    assert_int_equal(relation(2).chunks, 1);
    assert_int_equal(find("orders")->snapshot_lsn, 0x6000);
}

static void a_forgotten_task_leaves_nothing(void **state)
{
    (void)state;
    StoreRelation *relations;
    StoreChunk *chunks;
    Error err = {0};
    size_t count;

    set_plan();
    assert_true(store_forget_task(t.store, "orders", &err));
    open_again();

    assert_null(find("orders"));
    assert_true(store_relations(t.store, "orders", &t.arena, &relations, &count, &err));
    assert_int_equal(count, 0);
    assert_true(store_chunks(t.store, "orders", &t.arena, &chunks, &count, &err));
    assert_int_equal(count, 0);
    assert_true(store_add_task(t.store, &NEW_TASK, &err));
}

static void a_file_that_is_no_store_is_refused_by_name(void **state)
{
    (void)state;
    Error err = {0};
    Store *store = NULL;
    char path[80];

    snprintf(path, sizeof path, "%s-text", t.path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this is a letter to the operator and not a database at all, long enough", file);
    fclose(file);

    assert_false(store_open(&store, path, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.object, path);
    unlink(path);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_task_is_found_with_its_lanes),
        STORE_TEST(a_second_task_of_the_name_is_refused),
        STORE_TEST(an_error_is_kept_with_all_its_parts_until_the_state_changes),
        STORE_TEST(the_slot_is_where_new_lanes_begin),
        STORE_TEST(the_resume_point_is_the_least_of_the_lanes),
        STORE_TEST(only_epochs_after_the_first_are_rewinds),
        STORE_TEST(counters_leave_rewinds_alone),
        STORE_TEST(a_plan_is_kept_biggest_table_first),
        STORE_TEST(a_table_without_chunks_is_copied_from_the_start),
        STORE_TEST(a_table_is_copied_with_its_last_chunk),
        STORE_TEST(a_chunk_reported_twice_counts_once),
        STORE_TEST(only_unfinished_tables_start_again),
        STORE_TEST(a_second_plan_replaces_only_its_own_tables),
        STORE_TEST(a_forgotten_task_leaves_nothing),
        STORE_TEST(a_file_that_is_no_store_is_refused_by_name),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
