#include "store/status_json.h"
#include "tests/support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    char path[64];
    Store *store;
} t;

static int make_store(void **state)
{
    Error err = {0};
    const StoreTask task = {.name = "orders",
                            .uuid = "u",
                            .tag = "shop",
                            .file = "orders.cfg",
                            .settings = "",
                            .state = "running",
                            .phase = "check",
                            .lanes = 1};

    (void)state;
    snprintf(t.path, sizeof t.path, "/tmp/walferry-status-test-%d.sqlite", (int)getpid());
    unlink(t.path);
    assert_true(store_open(&t.store, t.path, &err));
    assert_true(store_add_task(t.store, &task, &err));
    return 0;
}

static int remove_store(void **state)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm"};
    char path[80];

    (void)state;
    store_close(&t.store);
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        snprintf(path, sizeof path, "%s%s", t.path, ENDINGS[i]);
        unlink(path);
    }
    return 0;
}

static json_t *parse(char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    free(text);
    assert_non_null(json);
    return json;
}

/* The only task of a status, and the document that it is part of. */
static json_t *status(StatusLiveOf *live_of, json_t **document)
{
    char *text = NULL;
    Error err = {0};

    if (!status_json(t.store, "orders", live_of, NULL, &text, &err))
        fail_msg("%s", err.message);
    *document = parse(text);
    return json_array_get(json_object_get(*document, "tasks"), 0);
}

static void every_key_of_the_design_is_there(void **state)
{
    (void)state;
    static const char *const KEYS[] = {
        "name",
        "tag",
        "state",
        "phase",
        "consistent",
        "epoch",
        "error",
        "warnings",
        "latency_ms",
        "applied_lsn",
        "source",
        "stages",
        "tables",
        "rows",
        "bytes",
        "eta_s",
        "changes",
        "redelivered_batches",
        "duplicates_dropped",
        "rewinds",
        "rows_missing",
        "rows_replaced",
    };
    static const char *const SOURCE_KEYS[] = {
        "slot", "confirmed_lsn", "lag_bytes", "retained_wal_bytes", "wal_status", "waiting_for"};
    json_t *document, *task = status(NULL, &document);

    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        if (!json_object_get(task, KEYS[i]))
            fail_msg("no key %s", KEYS[i]);
    }
    for (size_t i = 0; i < COUNT_OF(SOURCE_KEYS); i++) {
        if (!json_object_get(json_object_get(task, "source"), SOURCE_KEYS[i]))
            fail_msg("no key source.%s", SOURCE_KEYS[i]);
    }
    json_decref(document);
}

static void without_a_supervisor_a_running_task_is_paused(void **state)
{
    (void)state;
    json_t *document, *task = status(NULL, &document);

    assert_string_equal(json_string_value(json_object_get(task, "state")), "paused");
    assert_string_equal(json_string_value(json_object_get(task, "phase")), "schema");
    assert_true(json_is_null(json_object_get(task, "error")));
    assert_int_equal(json_array_size(json_object_get(task, "stages")), 0);
    json_decref(document);
}

static bool live_of(void *self, const char *task, StatusLive *out)
{
    static const StatusStage STAGES[] = {{"capture", 0, 4711, "", "running", 2, 1000},
                                         {"loader", 1, 1, "db2", "running", 0, -1}};
    static const StatusSource SOURCE = {.at_ms = 5,
                                        .confirmed_lsn = 0x1040,
                                        .wal_lsn = 0x2000,
                                        .lag_bytes = 4032,
                                        .retained_wal_bytes = 5000,
                                        .wal_status = "reserved"};
    static const char *const WARNINGS[] = {"max_slot_wal_keep_size is set"};

    (void)self;
    (void)task;
    *out = (StatusLive){
        .state = "retrying",
        .stages = STAGES,
        .stage_count = 2,
        .source = &SOURCE,
        .latency_ms = 12,
        .eta_s = -1,
        .counters = {.applied = 9, .redelivered = 1, .duplicates = 2},
        .warnings = WARNINGS,
        .warning_count = 1,
    };
    error_set(&out->error, ERROR_CONNECTION, "cannot connect to the destination");
    error_object(&out->error, "loader");
    return true;
}

static void a_supervisor_adds_what_it_knows(void **state)
{
    (void)state;
    json_t *document, *task = status(live_of, &document);
    json_t *error = json_object_get(task, "error"), *source = json_object_get(task, "source");
    json_t *stages = json_object_get(task, "stages");

    assert_string_equal(json_string_value(json_object_get(task, "state")), "retrying");
    assert_string_equal(json_string_value(json_object_get(error, "kind")), "connection");
    assert_string_equal(json_string_value(json_object_get(error, "object")), "loader");
    assert_true(json_is_null(json_object_get(error, "key")));
    assert_string_equal(json_string_value(json_object_get(source, "slot")), "walferry_orders");
    assert_string_equal(json_string_value(json_object_get(source, "confirmed_lsn")), "0/1040");
    assert_int_equal(json_integer_value(json_object_get(source, "lag_bytes")), 4032);
    assert_int_equal(json_integer_value(json_object_get(task, "latency_ms")), 12);
    assert_true(json_is_null(json_object_get(task, "eta_s")));
    assert_int_equal(json_integer_value(json_object_get(task, "redelivered_batches")), 1);
    assert_int_equal(json_array_size(stages), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(stages, 0), "pid")), 4711);
    assert_true(json_is_null(json_object_get(json_array_get(stages, 1), "rss")));
    assert_int_equal(json_array_size(json_object_get(task, "warnings")), 1);
    json_decref(document);
}

static void tables_are_listed_with_their_progress(void **state)
{
    (void)state;
    const StoreRelation relation = {
        .oid = 7, .schema = "public", .name = "orders", .estimated_rows = 100};
    const StoreChunk chunk = {.oid = 7};
    const StorePlan plan = {.gate = STR("g"),
                            .model = STR("m"),
                            .relations = &relation,
                            .relation_count = 1,
                            .chunks = &chunk,
                            .chunk_count = 1};
    Error err = {0};
    char *text = NULL;

    assert_true(store_set_plan(t.store, "orders", &plan, "copy", &err));
    assert_true(store_chunk_done(t.store, "orders", &chunk, 99, 7, 1234, &err));
    assert_true(tables_json(t.store, "orders", &text, &err));

    json_t *document = parse(text);
    json_t *table = json_array_get(json_object_get(document, "tables"), 0);
    assert_string_equal(json_string_value(json_object_get(table, "table")), "orders");
    assert_string_equal(json_string_value(json_object_get(table, "state")), "copied");
    assert_int_equal(json_integer_value(json_object_get(table, "rows")), 99);
    assert_int_equal(json_integer_value(json_object_get(table, "bytes")), 1234);
    json_decref(document);

    json_t *task = status(NULL, &document);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(task, "tables"), "copied")),
                     1);
    assert_string_equal(json_string_value(json_object_get(task, "phase")), "copy");
    json_decref(document);
}

static void a_name_that_is_not_there_is_refused(void **state)
{
    (void)state;
    Error err = {0};
    char *text = NULL;

    assert_false(status_json(t.store, "other", NULL, NULL, &text, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_false(tables_json(t.store, "other", &text, &err));
    assert_non_null(strstr(err.message, "other"));
}

int main(void)
{
#define STATUS_TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    const struct CMUnitTest tests[] = {
        STATUS_TEST(every_key_of_the_design_is_there),
        STATUS_TEST(without_a_supervisor_a_running_task_is_paused),
        STATUS_TEST(a_supervisor_adds_what_it_knows),
        STATUS_TEST(tables_are_listed_with_their_progress),
        STATUS_TEST(a_name_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests_name("status_json", tests, NULL, NULL);
}
