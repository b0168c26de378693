#include "common/position.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void positions_are_ordered_by_commit_then_by_ordinal(void **state)
{
    static const Position ASCENDING[] = {
        {0, 0},          {0, 1}, {1, 0}, {1, 1}, {1, UINT64_MAX}, {2, 0}, {UINT64_C(1) << 63, 0},
        {UINT64_MAX, 1},
    };

    (void)state;
    for (size_t a = 0; a < COUNT_OF(ASCENDING); a++) {
        for (size_t b = 0; b < COUNT_OF(ASCENDING); b++)
            assert_int_equal(position_compare(ASCENDING[a], ASCENDING[b]), (a > b) - (a < b));
    }
}

static void a_position_is_printed_as_lsn_and_ordinal(void **state)
{
    char text[POSITION_TEXT_MAX];

    (void)state;
    assert_string_equal(position_format((Position){UINT64_C(0x16B374D848), 3}, text),
                        "16/B374D848:3");
    assert_string_equal(position_format((Position){UINT64_MAX, UINT64_MAX}, text),
                        "FFFFFFFF/FFFFFFFF:18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_ordered_by_commit_then_by_ordinal),
        cmocka_unit_test(a_position_is_printed_as_lsn_and_ordinal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
