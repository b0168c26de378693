#include "cli/status_view.h"

#include "tests/support/cmocka_all.h"

static const char RUNNING[] =
    "{\"tasks\":[{\"name\":\"shop\",\"tag\":\"eu\",\"state\":\"running\",\"phase\":\"copy\","
    "\"consistent\":false,\"error\":null,\"warnings\":[\"a new table\"],\"latency_ms\":12,"
    "\"applied_lsn\":\"0/2A\",\"source\":{\"slot\":\"walferry_shop\",\"confirmed_lsn\":\"0/1B\","
    "\"at_ms\":5,\"lag_bytes\":1048576,\"retained_wal_bytes\":2097152,\"wal_status\":\"reserved\","
    "\"waiting_for\":\"pid 4711\"},"
    "\"stages\":[{\"role\":\"capture\",\"instance\":0,\"pid\":77,\"state\":\"running\","
    "\"restarts\":1,\"rss\":8388608},"
    "{\"role\":\"loader\",\"instance\":1,\"pid\":null,\"state\":\"waiting\",\"restarts\":0,"
    "\"rss\":null},"
    "{\"role\":\"loader\",\"instance\":2,\"pid\":1,\"host\":\"db2\",\"state\":\"running\","
    "\"restarts\":0,\"rss\":null}],"
    "\"tables\":{\"total\":4,\"copied\":1},\"rows\":{\"copied\":1000,\"estimate\":4000},"
    "\"bytes\":{\"copied\":2097152},\"eta_s\":90,\"changes\":{\"applied\":700},"
    "\"redelivered_batches\":3,\"duplicates_dropped\":2,\"rewinds\":0}]}";

static void assert_viewed(const char *now, const char *before, const char *expected)
{
    CLEANUP(json_value_done) JsonValue *status = NULL;
    CLEANUP(json_value_done) JsonValue *old = NULL;
    CLEANUP(bytes_done) Bytes out = {0};
    Error err = {0};

    assert_true(json_value_parse(now, &status, &err));
    if (before)
        assert_true(json_value_parse(before, &old, &err));
    status_view(status, old, 500, &out);
    bytes_add(&out, "", 1);
    assert_string_equal(out.data, expected);
}

static void a_task_is_a_block(void **state)
{
    (void)state;
    assert_viewed(
        RUNNING, NULL,
        "shop  (eu)\n"
        "  state     running, phase copy, not yet consistent\n"
        "  copy      1 of 4 tables, 1,000 of about 4,000 rows, 2.0 MB, about 1 min 30 s left\n"
        "  stream    700 changes applied, latency 12 ms, up to 0/2A\n"
        "  source    slot walferry_shop confirmed to 0/1B, 1.0 MB behind, keeps 2.0 MB of WAL "
        "(reserved)\n"
        "  waits for pid 4711\n"
        "  recovery  3 batches sent again, 2 duplicates dropped, 0 rewinds\n"
        "  warning   a new table\n"
        "  stage        pid  state    restarts  memory\n"
        "  capture 0     77  running         1  8.0 MB\n"
        "  loader 1       -  waiting         0       -\n"
        "  loader 2   1@db2  running         0       -\n");
}

static void two_looks_make_rates(void **state)
{
    (void)state;
    assert_viewed("{\"tasks\":[{\"name\":\"a\",\"state\":\"running\",\"phase\":\"stream\","
                  "\"consistent\":true,\"applied_lsn\":\"0/2A\",\"changes\":{\"applied\":1700}}]}",
                  "{\"tasks\":[{\"name\":\"a\",\"changes\":{\"applied\":700}}]}",
                  "a\n"
                  "  state     running, phase stream, consistent\n"
                  "  stream    1,700 changes applied, 2,000 a second, up to 0/2A\n");
}

static void an_error_is_shown_with_its_parts(void **state)
{
    (void)state;
    assert_viewed(
        "{\"tasks\":[{\"name\":\"a\",\"state\":\"failed\",\"phase\":\"stream\","
        "\"error\":{\"kind\":\"data\",\"message\":\"row not found\","
        "\"object\":\"public.t\",\"key\":\"id=5\",\"position\":\"0/3:1\",\"hint\":null}}]}",
        NULL,
        "a\n"
        "  state     failed, phase stream, not yet consistent\n"
        "  error     data: row not found; object: public.t; key: id=5; position: 0/3:1\n");
}

static void without_tasks_it_says_so(void **state)
{
    (void)state;
    assert_viewed("{\"tasks\":[]}", NULL, "no tasks\n");
    assert_viewed("{}", NULL, "no tasks\n");
}

static void tables_are_lines(void **state)
{
    CLEANUP(json_value_done) JsonValue *tables = NULL;
    CLEANUP(bytes_done) Bytes out = {0};
    Error err = {0};

    (void)state;
    assert_true(
        json_value_parse("{\"tables\":[{\"schema\":\"public\",\"table\":\"t\","
                         "\"state\":\"copying\",\"rows\":5000,\"kept\":7,\"estimate\":10000,"
                         "\"bytes\":2048,\"chunks\":4,\"chunks_done\":2}]}",
                         &tables, &err));
    tables_view(tables, &out);
    bytes_add(&out, "", 1);
    assert_string_equal(out.data, "table     state     rows  kept  estimate   bytes  chunks\n"
                                  "public.t  copying  5,000     7    10,000  2.0 kB     2/4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_is_a_block),
        cmocka_unit_test(two_looks_make_rates),
        cmocka_unit_test(an_error_is_shown_with_its_parts),
        cmocka_unit_test(without_tasks_it_says_so),
        cmocka_unit_test(tables_are_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
