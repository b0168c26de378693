#include "capture/heartbeat.h"

#include "tests/support/cmocka_all.h"

static void start_at(Heartbeat *heartbeat, uint64_t number)
{
    heartbeat_start(heartbeat, 1000, 0);
    heartbeat_written(heartbeat, number);
}

static void a_number_is_repeated_until_it_was_seen(void **state)
{
    Heartbeat heartbeat;
    (void)state;

    start_at(&heartbeat, 7);
    assert_true(heartbeat_due(&heartbeat, 0));
    heartbeat_sent(&heartbeat, 0);
    assert_false(heartbeat_due(&heartbeat, 999));
    assert_true(heartbeat_due(&heartbeat, 1000));
    heartbeat_sent(&heartbeat, 1000);
    assert_int_equal(heartbeat.number, 7);

    heartbeat_seen(&heartbeat, 7, 1200);

    assert_int_equal(heartbeat.number, 8);
    assert_int_equal(heartbeat.latency_ms, 1200);
    assert_false(heartbeat_due(&heartbeat, 1500));
}

static void an_older_number_changes_nothing(void **state)
{
    Heartbeat heartbeat;
    (void)state;

    start_at(&heartbeat, 7);
    heartbeat_sent(&heartbeat, 0);
    heartbeat_seen(&heartbeat, 6, 10);

    assert_int_equal(heartbeat.number, 7);
    assert_int_equal(heartbeat.latency_ms, -1);
}

/* After a restart the row's number may come from the stream before we have written it again. */
static void a_number_that_we_did_not_write_yet_is_written_all_the_same(void **state)
{
    Heartbeat heartbeat;
    (void)state;

    start_at(&heartbeat, 7);
    heartbeat_seen(&heartbeat, 7, 10);

    assert_int_equal(heartbeat.number, 7);
}

/* A capture that was stopped and goes on beside its successor writes what it has seen plus one. */
static void a_higher_number_in_the_row_is_taken_over(void **state)
{
    Heartbeat heartbeat;
    (void)state;

    start_at(&heartbeat, 7);
    heartbeat_sent(&heartbeat, 0);
    heartbeat_written(&heartbeat, 8);
    heartbeat_seen(&heartbeat, 7, 10);
    assert_int_equal(heartbeat.number, 8);
    heartbeat_seen(&heartbeat, 8, 20);

    assert_int_equal(heartbeat.number, 9);
}

static void the_first_number_is_not_nought(void **state)
{
    Heartbeat heartbeat;
    (void)state;

    heartbeat_start(&heartbeat, 1000, 0);

    assert_int_equal(heartbeat.number, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_repeated_until_it_was_seen),
        cmocka_unit_test(an_older_number_changes_nothing),
        cmocka_unit_test(a_number_that_we_did_not_write_yet_is_written_all_the_same),
        cmocka_unit_test(a_higher_number_in_the_row_is_taken_over),
        cmocka_unit_test(the_first_number_is_not_nought),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
