#include "loader/reservoir.h"

#include "tests/support/cmocka_all.h"

static const ReservoirLimits LIMITS = {.timeout_ms = 5000, .bytes = 1000, .rows = 10};

static void it_is_full_by_rows_bytes_or_memory(void **state)
{
    (void)state;

    assert_false(reservoir_is_full(&(ReservoirLevel){9, 999, 1999, 0}, &LIMITS));
    assert_true(reservoir_is_full(&(ReservoirLevel){10, 0, 0, 0}, &LIMITS));
    assert_true(reservoir_is_full(&(ReservoirLevel){1, 1000, 0, 0}, &LIMITS));
    assert_true(reservoir_is_full(&(ReservoirLevel){1, 0, 2000, 0}, &LIMITS));
}

static void it_is_due_by_age(void **state)
{
    ReservoirAge age = {0};
    ReservoirLevel level = {1, 1, 1, 1000}, empty = {0, 0, 0, 1000};
    (void)state;

    assert_false(reservoir_is_due(&level, &age, &LIMITS, 5999));
    assert_true(reservoir_is_due(&level, &age, &LIMITS, 6000));
    assert_false(reservoir_is_due(&empty, &age, &LIMITS, 60000));
}

static void too_many_versions_make_it_older_and_calm_younger(void **state)
{
    static const int64_t GROWS[] = {10000, 20000, 40000, 80000, 80000};
    ReservoirAge age = {0};
    (void)state;

    for (size_t i = 0; i < sizeof GROWS / sizeof *GROWS; i++) {
        reservoir_loaded(&age, &LIMITS, true);
        assert_int_equal(reservoir_age_ms(&age, &LIMITS), GROWS[i]);
    }
    for (int i = 0; i < RESERVOIR_CALM_LOADS - 1; i++)
        reservoir_loaded(&age, &LIMITS, false);
    assert_int_equal(reservoir_age_ms(&age, &LIMITS), 80000);
    reservoir_loaded(&age, &LIMITS, false);
    assert_int_equal(reservoir_age_ms(&age, &LIMITS), 40000);
    for (int i = 0; i < 100; i++)
        reservoir_loaded(&age, &LIMITS, false);
    assert_int_equal(reservoir_age_ms(&age, &LIMITS), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_full_by_rows_bytes_or_memory),
        cmocka_unit_test(it_is_due_by_age),
        cmocka_unit_test(too_many_versions_make_it_older_and_calm_younger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
