#include "loader/row_name.h"

#include "tests/support/cmocka_all.h"

static void a_key_reads_as_people_write_it(void **state)
{
    static const struct {
        uint32_t type_oid;
        Value value;
        const char *expected;
    } CASES[] = {
        {23, {VALUE_TEXT, STR("5")}, "id=5"},
        {23, {VALUE_BINARY, {"\0\0\1\0", 4}}, "id=256"},
        {20, {VALUE_BINARY, {"\377\377\377\377\377\377\377\376", 8}}, "id=-2"},
        {25, {VALUE_BINARY, STR("a b")}, "id=a b"},
        {2950,
         {VALUE_BINARY, {"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16}},
         "id=01020304-0506-0708-090a-0b0c0d0e0f10"},
        {16500, {VALUE_BINARY, STR("sad")}, "id=sad"},
        {17, {VALUE_BINARY, {"\0\1", 2}}, "id=0001"},
        {25, {.form = VALUE_NULL}, "id=NULL"},
    };
    char name[] = "id", out[256];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        DestColumn column = {.name = name, .base_oid = CASES[i].type_oid, .key = true};
        DestTable table = {.columns = &column, .column_count = 1, .key_count = 1};

        assert_string_equal(row_name(&table, &CASES[i].value, out, sizeof out), CASES[i].expected);
    }
}

static void several_columns_make_one_name_and_a_long_one_is_cut(void **state)
{
    char first[] = "a", second[] = "b", out[256], small[6];
    DestColumn columns[] = {{.name = first, .key = true}, {.name = second, .key = true}};
    DestTable table = {.columns = columns, .column_count = 2, .key_count = 2};
    const Value values[] = {{VALUE_TEXT, STR("1")}, {VALUE_TEXT, STR("eu")}};
    (void)state;

    assert_string_equal(row_name(&table, values, out, sizeof out), "a=1, b=eu");
    assert_string_equal(row_name(&table, values, small, sizeof small), "a=1, ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_reads_as_people_write_it),
        cmocka_unit_test(several_columns_make_one_name_and_a_long_one_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
