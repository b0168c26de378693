#include "schema/types.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

enum { INT4 = 23, INT4_ARRAY = 1007, TEXT = 25, NUMERIC = 1700, BPCHAR = 1042, REGCLASS = 2205 };
enum { REGCLASS_ARRAY = 2210, OF_AN_EXTENSION = 16500, UUID = 2950 };

static const TypeEnds ENDS = {150000, 150000};

static void what_carries_oids_of_the_source_is_never_binary(void **state)
{
    (void)state;

    assert_false(types_binary(REGCLASS, 0, ENDS));
    assert_false(types_binary(REGCLASS_ARRAY, REGCLASS, ENDS));
    assert_false(types_binary(OF_AN_EXTENSION, 0, ENDS));
    assert_false(types_binary(OF_AN_EXTENSION + 1, OF_AN_EXTENSION, ENDS));
}

static void what_the_server_does_not_read_back_is_never_binary(void **state)
{
    enum { INT2VECTOR = 22, OIDVECTOR = 30, TSQUERY = 3615, XML = 142 };
    (void)state;

    assert_false(types_binary(INT2VECTOR, 0, ENDS));
    assert_false(types_binary(OIDVECTOR, 0, ENDS));
    assert_false(types_binary(TSQUERY, 0, ENDS));
    assert_false(types_binary(XML, 0, ENDS));
}

static void infinite_intervals_go_to_an_older_server_as_text(void **state)
{
    enum { INTERVAL = 1186, INTERVAL_ARRAY = 1187 };
    static const struct {
        TypeEnds ends;
        bool binary;
    } CASES[] = {
        {{150000, 160000}, true},
        {{170000, 180000}, true},
        {{160000, 180000}, true},
        {{170000, 160000}, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(types_binary(INTERVAL, 0, CASES[i].ends), CASES[i].binary);
        assert_int_equal(types_binary(INTERVAL_ARRAY, INTERVAL, CASES[i].ends), CASES[i].binary);
        assert_true(types_binary(INT4, 0, CASES[i].ends));
    }
}

static void an_array_is_binary_as_its_elements_are(void **state)
{
    (void)state;

    assert_true(types_binary(INT4, 0, ENDS));
    assert_true(types_binary(INT4_ARRAY, INT4, ENDS));
}

static void types_whose_equal_values_differ_in_text_give_no_lane(void **state)
{
    (void)state;

    assert_true(types_one_text(INT4));
    assert_true(types_one_text(TEXT));
    assert_true(types_one_text(UUID));
    assert_false(types_one_text(NUMERIC));
    assert_false(types_one_text(BPCHAR));
}

static void only_texts_have_a_collation(void **state)
{
    (void)state;

    assert_true(types_collated(TEXT));
    assert_false(types_collated(INT4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_carries_oids_of_the_source_is_never_binary),
        cmocka_unit_test(what_the_server_does_not_read_back_is_never_binary),
        cmocka_unit_test(infinite_intervals_go_to_an_older_server_as_text),
        cmocka_unit_test(an_array_is_binary_as_its_elements_are),
        cmocka_unit_test(types_whose_equal_values_differ_in_text_give_no_lane),
        cmocka_unit_test(only_texts_have_a_collation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
