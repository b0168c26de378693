#include "common/backoff.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

#include <limits.h>

static void pauses_double_up_to_the_longest(void **state)
{
    static const int EXPECTED[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    Backoff backoff = {.first_ms = 100, .most_ms = 10000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(EXPECTED); i++)
        assert_int_equal(backoff_grow(&backoff), EXPECTED[i]);
}

static void after_a_reset_they_start_again(void **state)
{
    Backoff backoff = {.first_ms = 100, .most_ms = 10000};

    (void)state;
    backoff_grow(&backoff);
    backoff_grow(&backoff);
    backoff_reset(&backoff);
    assert_int_equal(backoff_grow(&backoff), 100);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    Backoff backoff = {.first_ms = INT_MAX / 2 + 1, .most_ms = INT_MAX};

    (void)state;
    assert_int_equal(backoff_grow(&backoff), INT_MAX / 2 + 1);
    assert_int_equal(backoff_grow(&backoff), INT_MAX);
    assert_int_equal(backoff_grow(&backoff), INT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_the_longest),
        cmocka_unit_test(after_a_reset_they_start_again),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
