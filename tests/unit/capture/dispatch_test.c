#include "capture/dispatch.h"

#include "common/change.h"
#include "tests/support/cmocka_all.h"

typedef struct Fixture {
    Dispatch *dispatch;
    DispatchSend send;
} Fixture;

static int set_up(void **state)
{
    static Fixture fixture;

    dispatch_open(&fixture.dispatch);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    dispatch_close(&((Fixture *)*state)->dispatch);
    return 0;
}

/* Sends what is proposed for batches below `behind`; returns how many. */
static int send_all(Fixture *f, uint64_t behind, int64_t now_ms)
{
    int count = 0;

    while (dispatch_next(f->dispatch, behind, now_ms, &f->send)) {
        dispatch_sent(f->dispatch, &f->send, 0, now_ms);
        count++;
    }
    return count;
}

static void nothing_goes_out_without_credit(void **state)
{
    Fixture *f = *state;

    assert_int_equal(send_all(f, 10, 0), 0);
    dispatch_credit(f->dispatch, "a", 4);
    assert_int_equal(send_all(f, 10, 0), 4);
    assert_int_equal(f->send.sequence, 4);
}

static void taken_batches_give_credit_back(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 4);
    send_all(f, 10, 0);
    dispatch_taken(f->dispatch, 0, 3);

    assert_int_equal(dispatch_lowest(f->dispatch), 3);
    assert_int_equal(send_all(f, 10, 0), 2);
    assert_int_equal(f->send.sequence, 6);
}

static void credit_that_is_repeated_is_no_more_credit(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 2);
    send_all(f, 10, 0);
    dispatch_credit(f->dispatch, "a", 2);

    assert_int_equal(send_all(f, 10, 0), 0);
}

static void batches_are_spread_over_the_workers(void **state)
{
    Fixture *f = *state;
    int to_a = 0;

    dispatch_credit(f->dispatch, "a", 2);
    dispatch_credit(f->dispatch, "b", 2);
    for (int i = 0; i < 4; i++) {
        assert_true(dispatch_next(f->dispatch, 10, 0, &f->send));
        to_a += strcmp(dispatch_worker(f->dispatch, f->send.worker), "a") == 0;
        dispatch_sent(f->dispatch, &f->send, 0, 0);
    }

    assert_int_equal(to_a, 2);
}

static void workers_with_as_much_room_take_turns(void **state)
{
    Fixture *f = *state;
    int to_a = 0;

    dispatch_credit(f->dispatch, "a", 4);
    dispatch_credit(f->dispatch, "b", 4);
    for (uint64_t i = 1; i <= 10; i++) {
        assert_true(dispatch_next(f->dispatch, i + 1, 0, &f->send));
        to_a += strcmp(dispatch_worker(f->dispatch, f->send.worker), "a") == 0;
        dispatch_sent(f->dispatch, &f->send, 0, 0);
        dispatch_taken(f->dispatch, 0, i + 1); /* each before the next one comes */
    }

    assert_int_equal(to_a, 5);
}

static void what_a_worker_had_goes_to_another_at_once_when_it_left(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 2);
    send_all(f, 3, 0);
    dispatch_credit(f->dispatch, "b", 4);
    dispatch_left(f->dispatch, "a");

    assert_true(dispatch_next(f->dispatch, 3, 0, &f->send));
    assert_int_equal(f->send.sequence, 1);
    assert_true(f->send.again);
    assert_string_equal(dispatch_worker(f->dispatch, f->send.worker), "b");
    assert_int_equal(send_all(f, 3, 0), 2);
    assert_int_equal(dispatch_in_flight(f->dispatch), 2);
}

static bool stays_b(const void *self, const char *worker)
{
    (void)self;
    return strcmp(worker, "b") == 0;
}

static void workers_that_are_not_in_the_topology_are_let_go(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 2);
    dispatch_credit(f->dispatch, "b", 2);
    dispatch_keep(f->dispatch, stays_b, NULL);

    assert_int_equal(dispatch_workers(f->dispatch), 1);
    assert_int_equal(dispatch_room(f->dispatch), 2);
}

static void what_is_not_taken_goes_out_again_after_growing_times(void **state)
{
    static const int64_t TIMES[] = {2000,          2000 + 4000,   6000 + 8000,
                                    14000 + 16000, 30000 + 30000, 60000 + 30000};
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 1);
    send_all(f, 2, 0);
    for (size_t i = 0; i < COUNT_OF(TIMES); i++) {
        assert_int_equal(send_all(f, 2, TIMES[i] - 1), 0);
        assert_int_equal(dispatch_timeout_ms(f->dispatch, TIMES[i] - 1), 1);
        assert_int_equal(send_all(f, 2, TIMES[i]), 1);
        assert_true(f->send.again);
    }
}

static void a_large_batch_is_given_more_time(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 1);
    assert_true(dispatch_next(f->dispatch, 2, 0, &f->send));
    dispatch_sent(f->dispatch, &f->send, 300 * 1000 * 1000, 0);

    assert_int_equal(send_all(f, 2, 31999), 0);
    assert_int_equal(send_all(f, 2, 32000), 1);
}

static void another_worker_is_preferred_for_a_repetition(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 1);
    send_all(f, 2, 0);
    dispatch_credit(f->dispatch, "b", 1);
    assert_true(dispatch_next(f->dispatch, 2, 2000, &f->send));

    assert_string_equal(dispatch_worker(f->dispatch, f->send.worker), "b");
    dispatch_sent(f->dispatch, &f->send, 0, 2000);
    assert_int_equal(dispatch_room(f->dispatch), 1); /* a has its credit back */
}

static void a_repetition_goes_to_another_worker_that_has_no_credit_left(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 1);
    send_all(f, 2, 0);
    dispatch_credit(f->dispatch, "b", 1);
    send_all(f, 3, 0); /* which waits for the first */
    assert_true(dispatch_next(f->dispatch, 3, 2000, &f->send));

    assert_int_equal(f->send.sequence, 1);
    assert_string_equal(dispatch_worker(f->dispatch, f->send.worker), "b");
}

static void a_worker_that_swallows_batches_is_left_out_for_growing_times(void **state)
{
    Fixture *f = *state;
    int swallowed = 0;
    uint64_t at = 1;

    dispatch_credit(f->dispatch, "good", 4);
    dispatch_credit(f->dispatch, "bad", 4);
    for (int64_t now = 0; now < 120000; now += 100) {
        while (at <= (uint64_t)now / 10 && dispatch_next(f->dispatch, at + 1, now, &f->send)) {
            bool bad = strcmp(dispatch_worker(f->dispatch, f->send.worker), "bad") == 0;

            dispatch_sent(f->dispatch, &f->send, 0, now);
            swallowed += bad;
            if (bad)
                break;
            dispatch_taken(f->dispatch, 0, ++at);
        }
    }

    assert_in_range(swallowed, 3, 8);
    assert_in_range(at, 1000, 20000);
}

static void a_batch_counts_as_taken_when_all_lanes_have_it(void **state)
{
    Fixture *f = *state;

    dispatch_start(f->dispatch, 2);
    dispatch_credit(f->dispatch, "a", 1);
    send_all(f, 9, 0);
    dispatch_taken(f->dispatch, 0, 2);
    assert_int_equal(send_all(f, 9, 0), 0);
    dispatch_taken(f->dispatch, 1, 2);

    assert_int_equal(send_all(f, 9, 0), 1);
}

static void a_repetition_is_for_the_lane_that_lacks_it(void **state)
{
    Fixture *f = *state;

    dispatch_start(f->dispatch, 3);
    dispatch_credit(f->dispatch, "a", 1);
    assert_true(dispatch_next(f->dispatch, 2, 0, &f->send));
    assert_int_equal(f->send.only_lane, LANE_ALL);
    dispatch_sent(f->dispatch, &f->send, 0, 0);
    dispatch_taken(f->dispatch, 0, 2);
    assert_true(dispatch_next(f->dispatch, 2, 2000, &f->send));
    assert_int_equal(f->send.only_lane, LANE_ALL);
    dispatch_taken(f->dispatch, 2, 2);
    assert_true(dispatch_next(f->dispatch, 2, 2000, &f->send));

    assert_int_equal(f->send.only_lane, 1);
}

static void a_loader_that_attaches_gets_all_from_its_place_on(void **state)
{
    Fixture *f = *state;

    dispatch_start(f->dispatch, 2);
    dispatch_credit(f->dispatch, "a", 16);
    assert_int_equal(send_all(f, 6, 0), 5);
    dispatch_taken(f->dispatch, 0, 6);
    dispatch_taken(f->dispatch, 1, 5);
    assert_int_equal(dispatch_in_flight(f->dispatch), 1);
    dispatch_rewind(f->dispatch, 1, 3);

    assert_int_equal(dispatch_lowest(f->dispatch), 3);
    assert_true(dispatch_next(f->dispatch, 7, 0, &f->send));
    assert_int_equal(f->send.sequence, 3);
    assert_int_equal(f->send.only_lane, 1);
    assert_true(f->send.again);
    assert_int_equal(send_all(f, 7, 0), 4);
    assert_int_equal(f->send.sequence, 6);
    assert_int_equal(f->send.only_lane, LANE_ALL);
    assert_false(f->send.again);
}

static void an_acknowledgement_of_what_was_never_sent_is_left_out(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 2);
    send_all(f, 3, 0);
    dispatch_taken(f->dispatch, 0, 99);
    dispatch_taken(f->dispatch, 7, 2);

    assert_int_equal(dispatch_lowest(f->dispatch), 1);
}

static void a_worker_whose_queue_is_full_is_left_alone_until_it_gives_credit(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 4);
    assert_true(dispatch_next(f->dispatch, 9, 0, &f->send));
    dispatch_refused(f->dispatch, &f->send);
    assert_false(dispatch_next(f->dispatch, 9, 0, &f->send));
    dispatch_credit(f->dispatch, "a", 4);

    assert_true(dispatch_next(f->dispatch, 9, 0, &f->send));
}

static void a_new_stream_starts_with_one_and_keeps_its_workers(void **state)
{
    Fixture *f = *state;

    dispatch_credit(f->dispatch, "a", 4);
    send_all(f, 9, 0);
    dispatch_start(f->dispatch, 1);

    assert_int_equal(dispatch_in_flight(f->dispatch), 0);
    assert_true(dispatch_next(f->dispatch, 9, 0, &f->send));
    assert_int_equal(f->send.sequence, 1);
    assert_false(f->send.again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_out_without_credit),
        TEST(taken_batches_give_credit_back),
        TEST(credit_that_is_repeated_is_no_more_credit),
        TEST(batches_are_spread_over_the_workers),
        TEST(workers_with_as_much_room_take_turns),
        TEST(what_a_worker_had_goes_to_another_at_once_when_it_left),
        TEST(workers_that_are_not_in_the_topology_are_let_go),
        TEST(what_is_not_taken_goes_out_again_after_growing_times),
        TEST(a_large_batch_is_given_more_time),
        TEST(another_worker_is_preferred_for_a_repetition),
        TEST(a_repetition_goes_to_another_worker_that_has_no_credit_left),
        TEST(a_worker_that_swallows_batches_is_left_out_for_growing_times),
        TEST(a_batch_counts_as_taken_when_all_lanes_have_it),
        TEST(a_repetition_is_for_the_lane_that_lacks_it),
        TEST(a_loader_that_attaches_gets_all_from_its_place_on),
        TEST(an_acknowledgement_of_what_was_never_sent_is_left_out),
        TEST(a_worker_whose_queue_is_full_is_left_alone_until_it_gives_credit),
        TEST(a_new_stream_starts_with_one_and_keeps_its_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
