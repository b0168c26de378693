/* Expectations of reference 1.8; [RT] load_p0/stream_load/test_stream_load_cast,
 * test_load_with_decimal; [BE] util/string_parser.hpp. */
#include "simulator/cast.h"
#include "simulator/number_order.h"
#include "tests/support/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>

#define FAILS NULL

static const SimType DECIMAL_10_2 = {.kind = SIM_DECIMAL, .precision = 10, .scale = 2};
static const SimType DECIMAL_38 = {.kind = SIM_DECIMAL, .precision = 38};
static const SimType DATETIME_0 = {.kind = SIM_DATETIME};
static const SimType DATETIME_3 = {.kind = SIM_DATETIME, .scale = 3};
static const SimType DATETIME_6 = {.kind = SIM_DATETIME, .scale = 6};
static const SimType TINYINT = {.kind = SIM_TINYINT};
static const SimType BIGINT = {.kind = SIM_BIGINT};
static const SimType LARGEINT = {.kind = SIM_LARGEINT};
static const SimType BOOLEAN = {.kind = SIM_BOOLEAN};
static const SimType DATE = {.kind = SIM_DATE};
static const SimType FLOAT = {.kind = SIM_FLOAT};
static const SimType DOUBLE = {.kind = SIM_DOUBLE};
static const SimType JSON = {.kind = SIM_JSON};

static const struct {
    const SimType *type;
    const char *field;
    const char *stored;
} CASES[] = {
    {&TINYINT, "-128", "-128"},
    {&TINYINT, "128", FAILS},
    {&TINYINT, " 12.9 ", "12"},
    {&TINYINT, "", FAILS},
    {&TINYINT, "1x", FAILS},
    {&BIGINT, "-9223372036854775808", "-9223372036854775808"},
    {&BIGINT, "9223372036854775808", FAILS},
    {&LARGEINT, "-170141183460469231731687303715884105728",
     "-170141183460469231731687303715884105728"},
    {&LARGEINT, "170141183460469231731687303715884105728", FAILS},
    {&DECIMAL_10_2, "1.005", "1.01"},
    {&DECIMAL_10_2, "-1.005", "-1.01"},
    {&DECIMAL_10_2, "-0.001", "0.00"},
    {&DECIMAL_10_2, "99999999.99", "99999999.99"},
    {&DECIMAL_10_2, "99999999.995", FAILS},
    {&DECIMAL_10_2, "1e3", "1000.00"},
    {&DECIMAL_10_2, "NaN", FAILS},
    {&DECIMAL_38, "99999999999999999999999999999999999999",
     "99999999999999999999999999999999999999"},
    {&DECIMAL_38, "100000000000000000000000000000000000000", FAILS},
    {&BOOLEAN, "Yes", "1"},
    {&BOOLEAN, "off", "0"},
    {&BOOLEAN, "y", FAILS},
    {&DATE, "0000-01-01", "0000-01-01"},
    {&DATE, "2024-02-29", "2024-02-29"},
    {&DATE, "2023-02-29", FAILS},
    {&DATE, "10000-01-01", FAILS},
    {&DATE, "0044-03-15 BC", FAILS},
    {&DATE, "infinity", FAILS},
    {&DATETIME_6, "2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.123456"},
    {&DATETIME_6, "2024-01-02T03:04:05", "2024-01-02 03:04:05.000000"},
    {&DATETIME_0, "2023-12-31 23:59:59.5", "2024-01-01 00:00:00"},
    {&DATETIME_3, "2024-01-02 03:04:05.9996", "2024-01-02 03:04:06.000"},
    {&DATETIME_0, "9999-12-31 23:59:59.9", FAILS},
    {&DATETIME_0, "2024-01-02 24:00:00", FAILS},
    {&DATETIME_0, "2024-01-02 03:04:05+02:00", "2024-01-02 09:04:05"}, /* into +08:00 */
    {&DATETIME_0, "2024-01-02 23:04:05Z", "2024-01-03 07:04:05"},
    {&DATETIME_0, "2024-01-02 03:04:05+15:00", FAILS},
    {&FLOAT, "0.1", "0.1"},
    {&DOUBLE, "0.1", "0.1"},
    {&DOUBLE, "-Infinity", "-inf"},
    {&DOUBLE, "1e400", "inf"},
    {&DOUBLE, "nan", "nan"},
    {&DOUBLE, "0x10", FAILS},
    {&JSON, "{\"b\": 1, \"a\":[1 , null,\"x\\u00e9\"]}", "{\"a\":[1,null,\"x\xC3\xA9\"],\"b\":1}"},
    {&JSON, "{\"a\":1,\"a\":2}", "{\"a\":1}"},
    {&JSON, "12345678901234567890123", "12345678901234567890123"},
    {&JSON, "{", FAILS},
    {&JSON, "01", FAILS},
    {&JSON, "\"a\nb\"", FAILS},
};

static void casts_as_the_table_says(void **state)
{
    Arena arena = {0};
    CastContext context = {.arena = &arena, .offset_minutes = 480};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Cell cell;
        char text[64];
        bool ok = cast_field(CASES[i].type, str_of(CASES[i].field), &context, &cell);

        if (ok != (CASES[i].stored != FAILS))
            fail_msg("%s: cast %d", CASES[i].field, ok);
        if (!ok)
            continue;
        snprintf(text, sizeof text, "%" PRId64, cell.number);
        if (cell.form == CELL_TEXT)
            snprintf(text, sizeof text, "%.*s", STR_ARGS(cell.text));
        assert_string_equal(text, CASES[i].stored);
    }
    arena_done(&arena);
}

static void numbers_that_are_texts_have_an_order(void **state)
{
    static const char *const ORDER[] = {"-inf", "-10",   "-9.5", "-0.1", "0.00", "0.01",
                                        "2",    "10.00", "1e3",  "1e10", "inf",  "nan"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ORDER); i++)
        for (size_t j = 0; j < COUNT_OF(ORDER); j++) {
            int order = number_order(str_of(ORDER[i]), str_of(ORDER[j]));

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    assert_int_equal(number_order(str_of("1.50"), str_of("1.5")), 0);
}

static void sums_are_exact(void **state)
{
    NumberSum *sum = number_sum_new();
    char text[64];

    (void)state;
    number_sum_add(sum, str_of("99999999999999999999.01"));
    number_sum_add(sum, str_of("-0.02"));
    number_sum_text(sum, text, sizeof text);
    assert_string_equal(text, "99999999999999999998.99");
    number_sum_free(&sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_as_the_table_says),
        cmocka_unit_test(numbers_that_are_texts_have_an_order),
        cmocka_unit_test(sums_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
