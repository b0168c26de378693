#include "common/lsn.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void what_postgresql_prints_is_read_and_printed_alike(void **state)
{
    static const struct {
        const char *text;
        Lsn lsn;
    } CASES[] = {
        {"0/0", 0},
        {"0/1", 1},
        {"1/0", UINT64_C(1) << 32},
        {"16/B374D848", UINT64_C(0x16B374D848)},
        {"FFFFFFFF/FFFFFFFF", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Lsn lsn = 99;
        char text[LSN_TEXT_MAX];

        assert_true(lsn_parse(CASES[i].text, &lsn));
        assert_true(lsn == CASES[i].lsn);
        assert_string_equal(lsn_format(lsn, text), CASES[i].text);
    }
}

static void small_letters_and_leading_zeros_are_read(void **state)
{
    Lsn lsn = 0;

    (void)state;
    assert_true(lsn_parse("00000016/b374d848", &lsn));
    assert_true(lsn == UINT64_C(0x16B374D848));
}

static void anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
    static const char *const CASES[] = {
        "",     "/",    "0",     "0/",          "/0",          "0/G",     "0/0 ",
        " 0/0", "-1/0", "0/0/0", "000000000/0", "0/123456789", "0x1/0x2", "16\\B374"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Lsn lsn = 99;

        if (lsn_parse(CASES[i], &lsn))
            fail_msg("'%s' was accepted", CASES[i]);
        assert_true(lsn == 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_postgresql_prints_is_read_and_printed_alike),
        cmocka_unit_test(small_letters_and_leading_zeros_are_read),
        cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
