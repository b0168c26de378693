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
        cmocka_unit_test(without_counters_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
