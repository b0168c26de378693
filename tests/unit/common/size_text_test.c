#include "common/size_text.h"

#include "tests/support/cmocka_all.h"

static void a_size_is_a_number_with_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {
        {"0", 0},
        {"0GB", 0},
        {"1B", 1},
        {"1kB", 1024},
        {"1KB", 1024},
        {"256MB", 256 << 20},
        {"4 GB", INT64_C(4) << 30},
        {"5gb", INT64_C(5) << 30},
        {"1TB", INT64_C(1) << 40},
        {"8388607TB", INT64_C(8388607) << 40},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t bytes;

        assert_true(size_parse(cases[i].text, &bytes));
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void anything_else_is_none(void **state)
{
    static const char *const cases[] = {
        "",
        "1",
        "GB",
        "-1GB",
        "+1GB",
        "1.5GB",
        " 1GB",
        "1GB ",
        "1G",
        "1MiB",
        "1 PB",
        "0x10MB",
        "9999999999999999B",
        "8388608TB",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t bytes = -7;

        if (size_parse(cases[i], &bytes))
            fail_msg("taken: '%s'", cases[i]);
        assert_int_equal(bytes, -7);
    }
}

static void the_largest_whole_unit_is_printed(void **state)
{
    char text[SIZE_TEXT_MAX];

    (void)state;
    assert_string_equal(size_print(0, text), "0B");
    assert_string_equal(size_print(1023, text), "1023B");
    assert_string_equal(size_print(256 << 20, text), "256MB");
    assert_string_equal(size_print(INT64_C(1) << 50, text), "1024TB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_is_a_number_with_a_unit),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(the_largest_whole_unit_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
