#include "schema/type_fit.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

enum {
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    JSON = 114,
    FLOAT4 = 700,
    FLOAT8 = 701,
    BPCHAR = 1042,
    VARCHAR = 1043,
    DATE = 1082,
    TIMESTAMP = 1114,
    TIMESTAMPTZ = 1184,
    INTERVAL = 1186,
    NUMERIC = 1700,
    UUID = 2950,
    JSONB = 3802,
    ENUM = 16500,
    NONE = -1,
};

static int32_t chars(int32_t n)
{
    return n + 4;
}

static int32_t digits(int32_t precision, int32_t scale)
{
    return ((precision << 16) | (scale & 0x7ff)) + 4;
}

static void each_pair_fits_as_far_as_its_values_do(void **state)
{
    const struct {
        uint32_t from;
        int32_t from_modifier;
        uint32_t to;
        int32_t to_modifier;
        TypeFit fit;
    } PAIRS[] = {
        {INT4, NONE, INT8, NONE, TYPE_FIT_WIDER},
        {INT8, NONE, INT4, NONE, TYPE_FIT_DOUBTFUL},
        {INT4, NONE, NUMERIC, NONE, TYPE_FIT_WIDER},
        {INT4, NONE, NUMERIC, digits(10, 0), TYPE_FIT_WIDER},
        {INT4, NONE, NUMERIC, digits(12, 3), TYPE_FIT_DOUBTFUL},
        {INT8, NONE, FLOAT8, NONE, TYPE_FIT_NOT},
        {FLOAT8, NONE, FLOAT4, NONE, TYPE_FIT_NOT},
        {INT4, NONE, TEXT, NONE, TYPE_FIT_WIDER},
        {ENUM, NONE, TEXT, NONE, TYPE_FIT_WIDER},
        {TEXT, NONE, ENUM, NONE, TYPE_FIT_NOT},
        {VARCHAR, chars(20), TEXT, NONE, TYPE_FIT_WIDER},
        {VARCHAR, chars(20), VARCHAR, chars(30), TYPE_FIT_WIDER},
        {VARCHAR, chars(20), VARCHAR, chars(10), TYPE_FIT_DOUBTFUL},
        {TEXT, NONE, VARCHAR, chars(10), TYPE_FIT_DOUBTFUL},
        {TEXT, NONE, VARCHAR, NONE, TYPE_FIT_WIDER},
        {BPCHAR, chars(5), BPCHAR, chars(9), TYPE_FIT_WIDER},
        {BPCHAR, chars(5), TEXT, NONE, TYPE_FIT_DOUBTFUL},
        {TEXT, NONE, BPCHAR, chars(9), TYPE_FIT_DOUBTFUL},
        {NUMERIC, digits(10, 2), NUMERIC, NONE, TYPE_FIT_WIDER},
        {NUMERIC, digits(10, 2), NUMERIC, digits(12, 2), TYPE_FIT_WIDER},
        {NUMERIC, digits(10, 2), NUMERIC, digits(10, 4), TYPE_FIT_DOUBTFUL},
        {NUMERIC, digits(10, 2), NUMERIC, digits(10, 1), TYPE_FIT_NOT},
        {NUMERIC, digits(3, -2), NUMERIC, digits(5, 0), TYPE_FIT_WIDER},
        {NUMERIC, NONE, NUMERIC, digits(38, 10), TYPE_FIT_NOT},
        {NUMERIC, digits(5, 0), INT8, NONE, TYPE_FIT_NOT},
        {TIMESTAMP, 3, TIMESTAMP, NONE, TYPE_FIT_WIDER},
        {TIMESTAMP, NONE, TIMESTAMP, 3, TYPE_FIT_NOT},
        {TIMESTAMP, NONE, TIMESTAMPTZ, NONE, TYPE_FIT_DOUBTFUL},
        {DATE, NONE, TIMESTAMP, NONE, TYPE_FIT_WIDER},
        {INTERVAL, 7, INTERVAL, NONE, TYPE_FIT_WIDER},
        {INTERVAL, NONE, INTERVAL, 7, TYPE_FIT_NOT},
        {JSON, NONE, JSONB, NONE, TYPE_FIT_DOUBTFUL},
        {UUID, NONE, INT4, NONE, TYPE_FIT_NOT},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
        const char *why = NULL;
        TypeFit fit = type_fit((TypeFitSide){PAIRS[i].from, PAIRS[i].from_modifier, "one"},
                               (TypeFitSide){PAIRS[i].to, PAIRS[i].to_modifier, "other"}, &why);

        if (fit != PAIRS[i].fit)
            fail_msg("pair %zu: %d", i, (int)fit);
        assert_int_equal(why != NULL, fit == TYPE_FIT_DOUBTFUL || fit == TYPE_FIT_NOT);
    }
}

static void a_type_of_one_name_is_the_same(void **state)
{
    const char *why = NULL;
    (void)state;

    assert_int_equal(type_fit((TypeFitSide){16500, -1, "public.mood"},
                              (TypeFitSide){17700, -1, "public.mood"}, &why),
                     TYPE_FIT_SAME);
    assert_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_fits_as_far_as_its_values_do),
        cmocka_unit_test(a_type_of_one_name_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
