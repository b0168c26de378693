#include "loader/csv_unfit.h"

#include "common/compiler.h"

#include "tests/support/cmocka_all.h"

enum { SOME_OID = 25, INT4 = 23 };

/* Expected by hand from what Doris' types hold (reference 5.4), not from the code. */
static const struct {
    const char *type, *value;
    const char *why; /* a part of it; NULL: it fits */
} CASES[] = {
    {"DATEV2", "2024-02-29", NULL},
    {"DATEV2", "0001-01-01", NULL},
    {"DATEV2", "9999-12-31", NULL},
    {"DATEV2", "10000-01-01", "past 9999"},
    {"DATEV2", "5874897-12-31", "past 9999"},
    {"DATEV2", "infinity", "infinite"},
    {"DATEV2", "-infinity", "infinite"},
    {"DATEV2", "0044-03-15 BC", "before Christ"},
    {"DATEV2", "2024-02-29 00:00:00", "time of day"},
    {"DATEV2", "tomorrow", "no date"},
    {"DATEV2", "", "no date"},
    {"DATETIMEV2(6)", "2024-02-29 23:59:59.999999", NULL},
    {"DATETIMEV2(6)", "2024-02-29 23:59:59", NULL},
    {"DATETIMEV2(6)", "2024-02-29", NULL},
    {"DATETIMEV2(3)", "2024-02-29 23:59:59.123", NULL},
    {"DATETIMEV2(3)", "2024-02-29 23:59:59.1234", "digits of a second"},
    {"DATETIMEV2(0)", "2024-02-29 23:59:59.5", "digits of a second"},
    {"DATETIMEV2(6)", "294276-12-31 23:59:59.999999", "past 9999"},
    {"DATETIMEV2(6)", "4713-01-01 00:00:00 BC", "before Christ"},
    {"DATETIMEV2(6)", "infinity", "infinite"},
    {"DATETIMEV2(6)", "2024-02-29 23:59", "no date"},
    {"DATETIMEV2(6)", "2024-02-29 23:59:59.12x", "no date"},
    {"DECIMAL(5,2)", "123.45", NULL},
    {"DECIMAL(5,2)", "-999.99", NULL},
    {"DECIMAL(5,2)", "0.10000", NULL},
    {"DECIMAL(5,2)", "00123.4", NULL},
    {"DECIMAL(5,2)", "1000", "before the point"},
    {"DECIMAL(5,2)", "0.001", "behind the point"},
    {"DECIMAL(5,5)", "0.12345", NULL},
    {"DECIMAL(5,5)", "1", "before the point"},
    {"DECIMAL(38,0)", "99999999999999999999999999999999999999", NULL},
    {"DECIMAL(38,0)", "100000000000000000000000000000000000000", "before the point"},
    {"DECIMAL(38,9)", "NaN", "no number"},
    {"DECIMAL(38,9)", "Infinity", "no number"},
    {"DECIMAL(38,9)", "1e5", "no number"},
    {"DECIMAL(38,9)", "", "no number"},
    {"DECIMAL(38,9)", "-", "no number"},
    {"TINYINT", "127", NULL},
    {"TINYINT", "-128", NULL},
    {"TINYINT", "128", "out of range"},
    {"SMALLINT", "-32769", "out of range"},
    {"INT", "2147483647", NULL},
    {"INT", "2147483648", "out of range"},
    {"INT", "12.5", "no whole number"},
    {"INT", "NaN", "no whole number"},
    {"BIGINT", "-9223372036854775808", NULL},
    {"BIGINT", "9223372036854775808", "out of range"},
    {"LARGEINT", "170141183460469231731687303715884105727", NULL},
    {"LARGEINT", "170141183460469231731687303715884105728", "out of range"},
    {"DOUBLE", "1e308", NULL},
    {"DOUBLE", "-Infinity", NULL},
    {"DOUBLE", "NaN", NULL},
    {"DOUBLE", "abc", "no number"},
    {"VARCHAR(4)", "\xc3\xa4\xc3\xa4", NULL},
    {"VARCHAR(4)", "\xc3\xa4\xc3\xa4.", "bytes"},
    {"CHAR(2)", "abc", "bytes"},
    {"STRING", "anything", NULL},
    {"JSON", "{}", NULL},
};

static void what_a_type_cannot_hold_is_told(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        DorisType type;
        Error err = {0};

        assert_true(doris_type_parse(str_of(CASES[i].type), &type, &err));
        CsvUnfitCheck *check = csv_unfit_check(type, SOME_OID);
        assert_non_null(check);
        const char *why = check(type, str_of(CASES[i].value));
        if (!CASES[i].why ? why != NULL : (!why || !strstr(why, CASES[i].why)))
            fail_msg("%s into %s: %s", CASES[i].value, CASES[i].type, why ? why : "fits");
    }
}

static void what_always_fits_is_not_looked_at(void **state)
{
    (void)state;

    assert_null(csv_unfit_check((DorisType){.kind = DORIS_INT}, INT4));
    assert_null(csv_unfit_check((DorisType){.kind = DORIS_BOOLEAN}, 16));
    assert_non_null(csv_unfit_check((DorisType){.kind = DORIS_SMALLINT}, INT4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_type_cannot_hold_is_told),
        cmocka_unit_test(what_always_fits_is_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
