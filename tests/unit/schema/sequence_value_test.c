#include "schema/sequence_value.h"

#include "tests/support/cmocka_all.h"

static void what_would_give_a_value_again_is_behind(void **state)
{
    (void)state;
    assert_true(sequence_value_is_behind((SequenceValue){4, true}, (SequenceValue){5, true}, 1));
    assert_false(sequence_value_is_behind((SequenceValue){5, true}, (SequenceValue){5, true}, 1));
    assert_false(sequence_value_is_behind((SequenceValue){6, true}, (SequenceValue){5, true}, 1));
    assert_true(sequence_value_is_behind((SequenceValue){1, false}, (SequenceValue){1, true}, 1));
    assert_false(sequence_value_is_behind((SequenceValue){1, true}, (SequenceValue){1, false}, 1));
}

static void a_descending_sequence_goes_the_other_way(void **state)
{
    (void)state;
    assert_true(sequence_value_is_behind((SequenceValue){-4, true}, (SequenceValue){-5, true}, -1));
    assert_false(
        sequence_value_is_behind((SequenceValue){-6, true}, (SequenceValue){-5, true}, -1));
}

static void a_margin_is_counted_in_steps(void **state)
{
    SequenceRange up = {10, 1, 1000}, down = {-10, -1000, -1};

    (void)state;
    assert_int_equal(sequence_value_advance((SequenceValue){5, true}, up, 3).last, 35);
    assert_int_equal(sequence_value_advance((SequenceValue){-5, true}, down, 3).last, -35);
    assert_false(sequence_value_advance((SequenceValue){5, false}, up, 3).called);
}

static void a_margin_stays_within_the_range(void **state)
{
    SequenceRange up = {10, 1, 1000}, down = {-10, -1000, -1}, whole = {1, 1, INT64_MAX};

    (void)state;
    assert_int_equal(sequence_value_advance((SequenceValue){5, true}, up, 3000).last, 1000);
    assert_int_equal(sequence_value_advance((SequenceValue){-5, true}, down, 3000).last, -1000);
    assert_int_equal(sequence_value_advance((SequenceValue){5, true}, up, INT64_MAX).last, 1000);
    assert_int_equal(
        sequence_value_advance((SequenceValue){INT64_MAX - 1, true}, whole, INT64_MAX).last,
        INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_give_a_value_again_is_behind),
        cmocka_unit_test(a_descending_sequence_goes_the_other_way),
        cmocka_unit_test(a_margin_is_counted_in_steps),
        cmocka_unit_test(a_margin_stays_within_the_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
