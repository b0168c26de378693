#include "loader/label.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static const char UUID[] = "6f1c20d4-b7e3-4b1c-9f5e-0a1b2c3d4e5f";

static void a_label_of_the_stream_names_table_lane_range_and_rows(void **state)
{
    (void)state;
    char label[LABEL_MAX + 1];

    label_stream(label, UUID, 16400, 0, (Position){0x16B3748, 3}, (Position){0x16B3900, 1},
                 (LabelRows){0, 10, 0});
    assert_string_equal(label, "w_6f1c20d4b7e3_16400_0_16B3748-3_16B3900-1_0-a_0");
}

static void a_label_of_a_copy_names_chunk_grant_and_rows(void **state)
{
    (void)state;
    char label[LABEL_MAX + 1];

    label_copy(label, UUID, 16400, 7, 1001, (LabelRows){4096, 255, 2});
    assert_string_equal(label, "w_6f1c20d4b7e3_16400_c7-3e9_1000-ff_2");
}

static void halves_and_attempts_have_labels_of_their_own(void **state)
{
    (void)state;
    char whole[LABEL_MAX + 1], half[LABEL_MAX + 1], again[LABEL_MAX + 1];
    const Position at = {1, 1};

    label_stream(whole, UUID, 1, 0, at, at, (LabelRows){0, 10, 0});
    label_stream(half, UUID, 1, 0, at, at, (LabelRows){0, 5, 0});
    label_stream(again, UUID, 1, 0, at, at, (LabelRows){0, 10, 1});
    assert_string_not_equal(whole, half);
    assert_string_not_equal(whole, again);
}

static void the_longest_label_is_one_that_the_destination_takes(void **state)
{
    (void)state;
    char label[LABEL_MAX + 1];
    const Position most = {UINT64_MAX, (UINT64_C(1) << 48) - 1};

    label_stream(label, UUID, UINT32_MAX, 15, most, most,
                 (LabelRows){(UINT64_C(1) << 40) - 1, (UINT64_C(1) << 40) - 1, UINT32_MAX});
    assert_true(strlen(label) <= LABEL_MAX);
    assert_int_equal(strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789_:-"),
                     strlen(label));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_of_the_stream_names_table_lane_range_and_rows),
        cmocka_unit_test(a_label_of_a_copy_names_chunk_grant_and_rows),
        cmocka_unit_test(halves_and_attempts_have_labels_of_their_own),
        cmocka_unit_test(the_longest_label_is_one_that_the_destination_takes),
    };
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
