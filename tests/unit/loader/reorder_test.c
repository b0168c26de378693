#include "loader/reorder.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static int dropped;

static void count_drop(void *item)
{
    (void)item;
    dropped++;
}

static int items[8];

static Reorder *fresh(uint64_t next)
{
    Reorder *reorder = reorder_open(count_drop);

    dropped = 0;
    reorder_start(reorder, 7, next);
    return reorder;
}

static ReorderVerdict put(Reorder *reorder, uint64_t sequence)
{
    return reorder_put(reorder, 7, sequence, 10, &items[sequence]);
}

static void what_arrives_in_any_order_leaves_in_order(void **state)
{
    static const uint64_t ORDERS[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                         {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(ORDERS); i++) {
        Reorder *reorder = fresh(1);

        for (size_t j = 0; j < 3; j++)
            assert_int_equal(put(reorder, ORDERS[i][j]), REORDER_HELD);

        for (int sequence = 1; sequence <= 3; sequence++)
            assert_ptr_equal(reorder_take(reorder), &items[sequence]);
        assert_null(reorder_take(reorder));
        assert_int_equal(reorder_next(reorder), 4);
        assert_int_equal(reorder_held_bytes(reorder), 0);
        reorder_close(&reorder);
        assert_int_equal(dropped, 0);
    }
}

static void a_gap_holds_what_is_behind_it(void **state)
{
    Reorder *reorder = fresh(1);
    size_t bytes;
    (void)state;

    put(reorder, 2);
    put(reorder, 3);

    assert_null(reorder_take(reorder));
    assert_null(reorder_front(reorder, &bytes));
    assert_int_equal(reorder_held(reorder), 2);
    assert_int_equal(reorder_next(reorder), 1);
    put(reorder, 1);
    assert_ptr_equal(reorder_front(reorder, &bytes), &items[1]);
    assert_int_equal(bytes, 10);
    reorder_close(&reorder);
    assert_int_equal(dropped, 3);
}

static void a_second_copy_is_a_duplicate_before_and_after_it_was_taken(void **state)
{
    Reorder *reorder = fresh(1);
    (void)state;

    put(reorder, 1);
    assert_int_equal(put(reorder, 1), REORDER_DUPLICATE);
    reorder_take(reorder);
    assert_int_equal(put(reorder, 1), REORDER_DUPLICATE);

    assert_int_equal(reorder_held(reorder), 0);
    reorder_close(&reorder);
}

static void another_epoch_is_a_stray(void **state)
{
    Reorder *reorder = fresh(1);
    (void)state;

    assert_int_equal(reorder_put(reorder, 6, 1, 10, &items[1]), REORDER_STRAY);
    assert_int_equal(reorder_put(reorder, 8, 1, 10, &items[1]), REORDER_STRAY);
    reorder_close(&reorder);
}

static void a_new_epoch_forgets_what_is_held(void **state)
{
    Reorder *reorder = fresh(1);
    (void)state;

    put(reorder, 2);
    reorder_start(reorder, 8, 1);

    assert_int_equal(dropped, 1);
    assert_int_equal(reorder_held(reorder), 0);
    assert_int_equal(reorder_put(reorder, 8, 1, 10, &items[1]), REORDER_HELD);
    reorder_close(&reorder);
}

static void until_the_first_number_is_known_everything_is_held(void **state)
{
    Reorder *reorder = fresh(0);
    (void)state;

    put(reorder, 5);
    put(reorder, 3);
    put(reorder, 4);
    assert_null(reorder_take(reorder));
    reorder_resume(reorder, 4);

    assert_int_equal(dropped, 1);
    assert_ptr_equal(reorder_take(reorder), &items[4]);
    assert_ptr_equal(reorder_take(reorder), &items[5]);
    reorder_close(&reorder);
}

static void a_repeated_resume_changes_nothing(void **state)
{
    Reorder *reorder = fresh(0);
    (void)state;

    reorder_resume(reorder, 4);
    reorder_resume(reorder, 2);

    assert_int_equal(reorder_next(reorder), 4);
    reorder_close(&reorder);
}

static void without_a_place_not_more_than_the_limit_is_held(void **state)
{
    Reorder *reorder = fresh(0);
    (void)state;

    assert_int_equal(reorder_put(reorder, 7, 2, REORDER_UNPLACED_MAX_BYTES + 1, &items[2]),
                     REORDER_HELD); /* a single one, however large */
    assert_int_equal(put(reorder, 3), REORDER_STRAY);
    reorder_close(&reorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_arrives_in_any_order_leaves_in_order),
        cmocka_unit_test(a_gap_holds_what_is_behind_it),
        cmocka_unit_test(a_second_copy_is_a_duplicate_before_and_after_it_was_taken),
        cmocka_unit_test(another_epoch_is_a_stray),
        cmocka_unit_test(a_new_epoch_forgets_what_is_held),
        cmocka_unit_test(until_the_first_number_is_known_everything_is_held),
        cmocka_unit_test(a_repeated_resume_changes_nothing),
        cmocka_unit_test(without_a_place_not_more_than_the_limit_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
