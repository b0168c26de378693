#include "loader/lane_window.h"

#include "tests/unit/loader/parts.h"

#include "tests/support/cmocka_all.h"

/* A lane that stands at 100:3. */
static void begin(LaneWindow *window)
{
    *window = (LaneWindow){0};
    lane_window_start(window, (LaneProgress){at(100, 3), 108, 100003, 100});
}

static LaneBatch *take(LaneWindow *window, Part *from, uint64_t sequence)
{
    Arena *arena = lane_window_arena(window);
    Batch *batch = ARENA_NEW(arena, Batch);

    *batch = from->batch;
    batch->header.sequence = sequence;
    return lane_window_take(window, batch);
}

static void what_nobody_holds_is_durable(void **state)
{
    LaneWindow window;
    Part one;
    (void)state;

    begin(&window);
    part(&one, at(100, 3), 200, 1, 4, true);
    lane_window_release(&window, take(&window, &one, 5));

    assert_int_equal(window.durable.sequence, 5);
    assert_int_equal(window.durable.progress.position.commit_lsn, 200);
    assert_int_equal(window.durable.progress.resume_lsn, 208);
    assert_int_equal(window.durable.progress.next_record_id, 200004);
    assert_int_equal(window.bytes, 0);
    lane_window_done(&window);
}

static void the_first_batch_that_is_held_keeps_the_rest(void **state)
{
    LaneWindow window;
    Part one, two, three;
    (void)state;

    begin(&window);
    part(&one, at(100, 3), 200, 1, 4, true);
    part(&two, at(200, 4), 300, 1, 1, true);
    part(&three, at(300, 1), 400, 1, 1, true);
    LaneBatch *first = take(&window, &one, 5), *second = take(&window, &two, 6),
              *third = take(&window, &three, 7);
    size_t all = window.bytes;

    lane_window_release(&window, second);
    assert_int_equal(window.durable.sequence, 0);
    assert_true(window.bytes < all);
    lane_batch_hold(first);
    lane_window_release(&window, first);
    assert_int_equal(window.durable.sequence, 0);
    lane_window_release(&window, first);
    assert_int_equal(window.durable.sequence, 6);
    assert_int_equal(window.durable.progress.position.commit_lsn, 300);
    lane_window_release(&window, third);
    assert_int_equal(window.durable.sequence, 7);
    assert_int_equal(window.bytes, 0);
    lane_window_done(&window);
}

/* Resumed is behind the last transaction that is complete. */
static void a_batch_may_end_inside_a_transaction(void **state)
{
    LaneWindow window;
    Part begun, ended;
    (void)state;

    begin(&window);
    part(&begun, at(100, 3), 200, 1, 4, false);
    part(&ended, at(200, 4), 200, 5, 6, true);
    lane_window_release(&window, take(&window, &begun, 5));
    assert_int_equal(window.durable.progress.position.commit_lsn, 200);
    assert_int_equal(window.durable.progress.position.ordinal, 4);
    assert_int_equal(window.durable.progress.resume_lsn, 108);
    assert_int_equal(window.durable.progress.next_record_id, 100003);
    lane_window_release(&window, take(&window, &ended, 6));
    assert_int_equal(window.durable.progress.resume_lsn, 208);
    lane_window_done(&window);
}

static void what_comes_again_does_not_lead_back(void **state)
{
    LaneWindow window;
    Part old;
    (void)state;

    begin(&window);
    part(&old, at(40, 1), 50, 1, 2, true);
    lane_window_release(&window, take(&window, &old, 1));
    assert_int_equal(window.durable.sequence, 1);
    assert_int_equal(window.durable.progress.position.commit_lsn, 100);
    assert_int_equal(window.durable.progress.resume_lsn, 108);
    lane_window_done(&window);
}

static void a_new_epoch_leaves_batches_to_their_holders(void **state)
{
    LaneWindow window;
    Part one, again;
    (void)state;

    begin(&window);
    part(&one, at(100, 3), 200, 1, 4, true);
    LaneBatch *held = take(&window, &one, 5);
    lane_window_start(&window, window.durable.progress);
    assert_true(window.bytes > 0);
    part(&again, at(100, 3), 200, 1, 4, true);
    LaneBatch *same = take(&window, &again, 1);

    lane_window_release(&window, held);
    assert_int_equal(window.durable.sequence, 0);
    lane_window_release(&window, same);
    assert_int_equal(window.durable.sequence, 1);
    assert_int_equal(window.bytes, 0);
    lane_window_done(&window);
}

static void batches_before_the_first_one_are_durable(void **state)
{
    LaneWindow window;
    (void)state;

    begin(&window);
    lane_window_resume(&window, 8);
    assert_int_equal(window.durable.sequence, 7);
    lane_window_done(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_holds_is_durable),
        cmocka_unit_test(the_first_batch_that_is_held_keeps_the_rest),
        cmocka_unit_test(a_batch_may_end_inside_a_transaction),
        cmocka_unit_test(what_comes_again_does_not_lead_back),
        cmocka_unit_test(a_new_epoch_leaves_batches_to_their_holders),
        cmocka_unit_test(batches_before_the_first_one_are_durable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
