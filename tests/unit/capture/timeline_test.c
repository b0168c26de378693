#include "capture/timeline.h"

#include "tests/support/cmocka_all.h"

static const Str HISTORY = STR("1\t0/3000060\tno recovery target specified\n"
                               "\n"
                               "2\t0/5000000\tbefore 2026-01-01 00:00:00\n");

static void a_switch_behind_what_we_have_is_fine(void **state)
{
    Error err = {0};
    (void)state;

    assert_true(timeline_check(HISTORY, 1, 0x3000060, &err));
    assert_true(timeline_check(HISTORY, 1, 0x3000000, &err));
    assert_true(timeline_check(HISTORY, 2, 0x4000000, &err));
}

static void a_switch_before_what_we_have_stops(void **state)
{
    Error err = {0};
    (void)state;

    assert_false(timeline_check(HISTORY, 1, 0x3000061, &err));

    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.message, "0/3000060"));
    assert_string_equal(err.position, "0/3000061");
}

static void a_timeline_that_is_no_ancestor_stops(void **state)
{
    Error err = {0};
    (void)state;

    assert_false(timeline_check(HISTORY, 4, 1, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_false(timeline_check((Str){0}, 1, 1, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_behind_what_we_have_is_fine),
        cmocka_unit_test(a_switch_before_what_we_have_stops),
        cmocka_unit_test(a_timeline_that_is_no_ancestor_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
