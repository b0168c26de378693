#include "schema/compare_text.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static DorisType type_of(const char *text)
{
    DorisType type;
    Error err;

    assert_true(doris_type_parse(str_of(text), &type, &err));
    return type;
}

static bool are_equal(const char *type, const char *source, const char *there)
{
    CLEANUP(bytes_done) Bytes a = {0}, b = {0};

    compare_text_add(&a, (CompareValue){type_of(type), str_of(source), source == NULL});
    compare_text_add(&b, (CompareValue){type_of(type), str_of(there), there == NULL});
    return str_equal(bytes_str(&a), bytes_str(&b));
}

/* Source's text, SelectDB's text. */
static void what_the_types_lose_makes_no_difference(void **state)
{
    static const struct {
        const char *type, *source, *there;
    } cases[] = {
        {"BOOLEAN", "t", "1"},
        {"BOOLEAN", "f", "false"},
        {"INT", "-7", "-7"},
        {"DECIMAL(10,2)", "1.5", "1.50"},
        {"DECIMAL(10,2)", "0.00", "0"},
        {"DECIMAL(10,2)", "-0.50", "-.5"},
        {"DECIMAL(38,9)", "12345678901234567890.5", "12345678901234567890.500000000"},
        {"LARGEINT", "170141183460469231731687303715884105727",
         "170141183460469231731687303715884105727"},
        {"DOUBLE", "0.1", "0.1"},
        {"DOUBLE", "1e+20", "100000000000000000000"},
        {"DOUBLE", "NaN", "nan"},
        {"DOUBLE", "-Infinity", "-inf"},
        {"DOUBLE", "-0", "0"},
        {"DATETIMEV2(6)", "2024-02-29 23:59:59.12+01", "2024-02-29 23:59:59.120000"},
        {"DATETIMEV2(6)", "2024-02-29 23:59:59", "2024-02-29T23:59:59"},
        {"DATETIMEV2(6)", "2024-02-29 23:00:00-03:30", "2024-02-29 23:00:00.000000"},
        {"DATE", "2024-02-29", "2024-02-29"},
        {"JSON", "{\"b\": 1.50, \"a\": [null, \"x\"]}", "{\"a\":[null,\"x\"],\"b\":1.5}"},
        {"JSON", "12", "12"},
        {"STRING", NULL, NULL},
        {"STRING", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!are_equal(cases[i].type, cases[i].source, cases[i].there))
            fail_msg("%s %s %s", cases[i].type, cases[i].source, cases[i].there);
    }
}

static void everything_else_makes_one(void **state)
{
    static const struct {
        const char *type, *source, *there;
    } cases[] = {
        {"BOOLEAN", "t", "0"},
        {"INT", "7", "-7"},
        {"INT", "70", "7"},
        {"INT", "100", "1"},
        {"DECIMAL(10,2)", "1.5", "1.51"},
        {"DOUBLE", "0.1", "0.10000000000000002"},
        {"DATETIMEV2(6)", "2024-02-29 23:59:59.12", "2024-02-29 23:59:59.120001"},
        {"DATETIMEV2(6)", "2024-02-29 23:59:59", "2024-02-29 23:59:50"},
        {"JSON", "{\"a\": 1}", "{\"a\": 2}"},
        {"JSON", "[1, 2]", "[2, 1]"},
        {"STRING", "", NULL},
        {"STRING", "1.50", "1.5"},
        {"STRING", "a ", "a"},
        {"VARCHAR(9)", "t", "1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (are_equal(cases[i].type, cases[i].source, cases[i].there))
            fail_msg("%s %s %s", cases[i].type, cases[i].source, cases[i].there);
    }
}

static void what_cannot_be_held_is_told(void **state)
{
    static const struct {
        const char *type, *text;
        bool unfit;
    } cases[] = {
        {"DATE", "infinity", true},           {"DATE", "0044-03-15 BC", true},
        {"DATE", "10000-01-01", true},        {"DATE", "9999-12-31", false},
        {"DATETIMEV2(6)", "-infinity", true}, {"DECIMAL(4,2)", "NaN", true},
        {"DECIMAL(4,2)", "-Infinity", true},  {"DECIMAL(4,2)", "100", true},
        {"DECIMAL(4,2)", "-99.990", false},   {"DECIMAL(4,2)", "0.001", true},
        {"VARCHAR(2)", "\xc3\xa4x", true},    {"VARCHAR(3)", "\xc3\xa4x", false},
        {"STRING", "infinity", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CompareValue value = {type_of(cases[i].type), str_of(cases[i].text), false};

        if (compare_text_is_unfit(value) != cases[i].unfit)
            fail_msg("%s %s", cases[i].type, cases[i].text);
    }
}

static void a_digest_knows_rows_but_not_their_order(void **state)
{
    CompareDigest a = {0}, b = {0}, c = {0};

    (void)state;
    compare_digest_add(&a, str_of("x"));
    compare_digest_add(&a, str_of("y"));
    compare_digest_add(&b, str_of("y"));
    compare_digest_add(&b, str_of("z"));
    compare_digest_add(&b, str_of("x"));
    compare_digest_add(&c, str_of("x"));
    compare_digest_add(&c, str_of("x"));
    assert_true(a.sum != c.sum && a.rows == c.rows);
    compare_digest_take(&b, str_of("z"));
    assert_true(a.sum == b.sum && a.rows == b.rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_types_lose_makes_no_difference),
        cmocka_unit_test(everything_else_makes_one),
        cmocka_unit_test(what_cannot_be_held_is_told),
        cmocka_unit_test(a_digest_knows_rows_but_not_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
