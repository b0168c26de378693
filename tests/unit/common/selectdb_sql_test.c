#include "common/selectdb_sql.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

typedef void Quote(Bytes *sql, Str text);

static void assert_quoted(Quote *quote, const char *text, const char *expected)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    quote(&sql, str_of(text));
    bytes_add_u8(&sql, 0);
    assert_string_equal(sql.data, expected);
}

static void names_stand_in_back_quotes(void **state)
{
    (void)state;
    assert_quoted(selectdb_sql_name, "Order", "`Order`");
    assert_quoted(selectdb_sql_name, "a`b\"c'd\\e", "`a``b\"c'd\\e`");
    assert_quoted(selectdb_load_column, "key", "`key`");
}

static void texts_escape_backslashes_and_quotes(void **state)
{
    (void)state;
    assert_quoted(selectdb_sql_text, "it's", "'it\\'s'");
    assert_quoted(selectdb_sql_text, "a\\", "'a\\\\'");
    assert_quoted(selectdb_sql_text, "\"`\n{fn x}", "'\"`\n{fn x}'");
    assert_quoted(selectdb_sql_text, "", "''");
}

static void a_table_has_its_database_before_it(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    (void)state;
    selectdb_sql_table(&sql, str_of("shop"), str_of("a.b"));
    assert_true(str_equal(bytes_str(&sql), str_of("`shop`.`a.b`")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_in_back_quotes),
        cmocka_unit_test(texts_escape_backslashes_and_quotes),
        cmocka_unit_test(a_table_has_its_database_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
