#include "supervisor/retry.h"
#include "tests/support/cmocka_all.h"

enum { MINUTE = 60 * 1000 };

static const RetryLimits LIMITS = {.connection_ms = 720 * MINUTE, .other_ms = 10 * MINUTE};

static void pauses_grow_from_100_ms_to_10_s(void **state)
{
    (void)state;
    static const int PAUSES[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    Retry retry = {0};

    for (size_t i = 0; i < COUNT_OF(PAUSES); i++) {
        RetryVerdict verdict = retry_failed(&retry, ERROR_CONNECTION, (int64_t)i, &LIMITS);

        assert_false(verdict.give_up);
        assert_int_equal(verdict.pause_ms, PAUSES[i]);
    }
}

static void each_kind_is_given_up_after_its_own_window(void **state)
{
    (void)state;
    static const struct {
        ErrorKind kind;
        int64_t after_ms;
        bool give_up;
    } CASES[] = {
        {ERROR_CONNECTION, 719 * MINUTE, false},
        {ERROR_CONNECTION, 720 * MINUTE, true},
        {ERROR_TRANSIENT, 10 * MINUTE - 1, false},
        {ERROR_TRANSIENT, 10 * MINUTE, true},
    };

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Retry retry = {0};

        assert_false(retry_failed(&retry, CASES[i].kind, 1000, &LIMITS).give_up);
        assert_int_equal(
            retry_failed(&retry, CASES[i].kind, 1000 + CASES[i].after_ms, &LIMITS).give_up,
            CASES[i].give_up);
    }
}

static void progress_ends_the_series_and_its_pauses(void **state)
{
    (void)state;
    Retry retry = {0};

    retry_failed(&retry, ERROR_TRANSIENT, 0, &LIMITS);
    retry_failed(&retry, ERROR_TRANSIENT, 9 * MINUTE, &LIMITS);
    retry_progress(&retry);

    RetryVerdict verdict = retry_failed(&retry, ERROR_TRANSIENT, 11 * MINUTE, &LIMITS);
    assert_false(verdict.give_up);
    assert_int_equal(verdict.pause_ms, RETRY_FIRST_MS);
}

static void one_odd_failure_in_a_long_outage_does_not_end_it(void **state)
{
    (void)state;
    Retry retry = {0};

    retry_failed(&retry, ERROR_CONNECTION, 0, &LIMITS);
    retry_failed(&retry, ERROR_TRANSIENT, 60 * MINUTE, &LIMITS);
    retry_failed(&retry, ERROR_CONNECTION, 61 * MINUTE, &LIMITS);

    assert_false(retry_failed(&retry, ERROR_TRANSIENT, 120 * MINUTE, &LIMITS).give_up);
}

static void failures_of_changing_kinds_end_too(void **state)
{
    (void)state;
    Retry retry = {0};
    bool gave_up = false;

    for (int minute = 0; minute <= 720; minute++)
        gave_up = retry_failed(&retry, minute % 2 ? ERROR_TRANSIENT : ERROR_CONNECTION,
                               (int64_t)minute * MINUTE, &LIMITS)
                      .give_up;
    assert_true(gave_up);
}

static void a_killed_process_is_replaced_at_once(void **state)
{
    (void)state;
    Retry retry = {0};

    for (int i = 0; i < RETRY_DEATHS_AT_ONCE; i++)
        assert_int_equal(retry_killed(&retry, i, &LIMITS).pause_ms, 0);
    assert_int_equal(retry_killed(&retry, 10, &LIMITS).pause_ms, RETRY_FIRST_MS);
    assert_false(retry.failing);
}

static void many_deaths_in_a_minute_become_a_failure(void **state)
{
    (void)state;
    Retry retry = {0};

    for (int i = 0; i < RETRY_DEATHS_MAX; i++)
        retry_killed(&retry, i, &LIMITS);
    assert_false(retry.failing);
    retry_killed(&retry, 100, &LIMITS);
    assert_true(retry.failing);
    assert_int_equal(retry.kind, ERROR_TRANSIENT);
}

static void deaths_far_apart_are_never_a_failure(void **state)
{
    (void)state;
    Retry retry = {0};

    for (int i = 0; i < 50; i++)
        assert_int_equal(retry_killed(&retry, (int64_t)i * 30000, &LIMITS).pause_ms, 0);
    assert_false(retry.failing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_from_100_ms_to_10_s),
        cmocka_unit_test(each_kind_is_given_up_after_its_own_window),
        cmocka_unit_test(progress_ends_the_series_and_its_pauses),
        cmocka_unit_test(one_odd_failure_in_a_long_outage_does_not_end_it),
        cmocka_unit_test(failures_of_changing_kinds_end_too),
        cmocka_unit_test(a_killed_process_is_replaced_at_once),
        cmocka_unit_test(many_deaths_in_a_minute_become_a_failure),
        cmocka_unit_test(deaths_far_apart_are_never_a_failure),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
