#include "cli/queue_view.h"

#include "tests/support/cmocka_all.h"

static void assert_viewed(const char *text, const char *expected)
{
    CLEANUP(json_value_done) JsonValue *stats = NULL;
    CLEANUP(bytes_done) Bytes out = {0};
    Error err = {0};

    assert_true(json_value_parse(text, &stats, &err));
    queue_view(stats, &out);
    bytes_add(&out, "", 1);
    assert_string_equal(out.data, expected);
}

static void each_counter_is_a_line(void **state)
{
    (void)state;
    assert_viewed("{\"stages\":[{\"role\":\"capture\",\"instance\":0,"
                  "\"counters\":{\"window_bytes\":2048,\"sent\":1234}}]}",
                  "stage      what           value\n"
                  "capture 0  window_bytes  2.0 kB\n"
                  "capture 0  sent           1,234\n");
}

static void names_tell_how_values_are_shown(void **state)
{
    (void)state;
    assert_viewed("{\"stages\":[{\"role\":\"loader\",\"instance\":1,\"counters\":{\"rss_kb\":2048,"
                  "\"received_lsn\":4294967338,\"commit_time_us\":1000000,"
                  "\"last_time_us\":0}}]}",
                  "stage     what                              value\n"
                  "loader 1  rss_kb                           2.0 MB\n"
                  "loader 1  received_lsn                       1/2A\n"
                  "loader 1  commit_time_us  1970-01-01 00:00:01 UTC\n"
                  "loader 1  last_time_us                          -\n");
}

static void without_counters_it_says_so(void **state)
{
    (void)state;
    assert_viewed("{\"stages\":[{\"role\":\"capture\",\"instance\":0,\"counters\":{}}]}",
                  "no stage has said anything yet\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_counter_is_a_line),
        cmocka_unit_test(names_tell_how_values_are_shown),
        cmocka_unit_test(without_counters_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
