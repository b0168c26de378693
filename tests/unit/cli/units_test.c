#include "cli/units.h"

#include "tests/support/cmocka_all.h"

static void bytes_have_the_unit_that_fits(void **state)
{
    char text[UNITS_TEXT_MAX];

    (void)state;
    assert_string_equal(units_bytes(0, text), "0 bytes");
    assert_string_equal(units_bytes(1023, text), "1023 bytes");
    assert_string_equal(units_bytes(1024, text), "1.0 kB");
    assert_string_equal(units_bytes(1024 * 1024 - 1, text), "1.0 MB");
    assert_string_equal(units_bytes(3355443, text), "3.2 MB");
    assert_string_equal(units_bytes(INT64_MAX, text), "8192.0 PB");
}

static void rates_are_bytes_a_second(void **state)
{
    char text[UNITS_TEXT_MAX];

    (void)state;
    assert_string_equal(units_rate(3355443.2, text), "3.2 MB/s");
}

static void counts_are_grouped_by_three(void **state)
{
    char text[UNITS_TEXT_MAX];

    (void)state;
    assert_string_equal(units_count(0, text), "0");
    assert_string_equal(units_count(999, text), "999");
    assert_string_equal(units_count(1000, text), "1,000");
    assert_string_equal(units_count(-1234567, text), "-1,234,567");
    assert_string_equal(units_count(INT64_MIN, text), "-9,223,372,036,854,775,808");
}

static void durations_have_two_units_at_most(void **state)
{
    char text[UNITS_TEXT_MAX];

    (void)state;
    assert_string_equal(units_duration(12, text), "12 ms");
    assert_string_equal(units_duration(1250, text), "1.2 s");
    assert_string_equal(units_duration(65 * 1000, text), "1 min 05 s");
    assert_string_equal(units_duration(7500 * 1000, text), "2 h 05 min");
    assert_string_equal(units_duration(INT64_C(90000) * 1000, text), "1 d 01 h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_the_unit_that_fits),
        cmocka_unit_test(rates_are_bytes_a_second),
        cmocka_unit_test(counts_are_grouped_by_three),
        cmocka_unit_test(durations_have_two_units_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
