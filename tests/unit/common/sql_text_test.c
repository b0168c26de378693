#include "common/sql_text.h"
#include "tests/support/cmocka_all.h"

static void names_keep_to_their_quotes(void **state)
{
    static const struct {
        const char *name, *quoted;
    } cases[] = {
        {"orders", "\"orders\""},
        {"", "\"\""},
        {"a\"b", "\"a\"\"b\""},
        {"\"; DROP TABLE t; --", "\"\"\"; DROP TABLE t; --\""},
        {"it's \\ fine", "\"it's \\ fine\""},
        {"Größe", "\"Größe\""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(bytes_done) Bytes sql = {0};

        sql_identifier(&sql, str_of(cases[i].name));

        assert_string_equal(sql_text(&sql), cases[i].quoted);
    }
}

static void a_qualified_name_is_two_quoted_names(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    sql_qualified(&sql, str_of("a.b"), str_of("c\"d"));

    assert_string_equal(sql_text(&sql), "\"a.b\".\"c\"\"d\"");
}

static void a_value_keeps_to_its_quotes(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    sql_add(&sql, "SELECT %d, ", 7);
    sql_literal(&sql, str_of("it's '; DROP TABLE t; -- \\"));

    assert_string_equal(sql_text(&sql), "SELECT 7, 'it''s ''; DROP TABLE t; -- \\'");
}

static void the_text_may_be_asked_for_and_then_go_on(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    sql_add(&sql, "a");
    assert_string_equal(sql_text(&sql), "a");
    sql_add(&sql, "b");

    assert_string_equal(sql_text(&sql), "ab");
    assert_int_equal(sql.len, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_to_their_quotes),
        cmocka_unit_test(a_qualified_name_is_two_quoted_names),
        cmocka_unit_test(a_value_keeps_to_its_quotes),
        cmocka_unit_test(the_text_may_be_asked_for_and_then_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
