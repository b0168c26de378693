#include "cli/table.h"

#include "tests/support/cmocka_all.h"

static const TableColumn COLUMNS[] = {{"name", false}, {"n", true}, {"note", false}};

static void assert_printed(Table *table, const char *expected)
{
    Bytes out = {0};

    table_print(table, &out);
    bytes_add(&out, "", 1);
    assert_string_equal(out.data, expected);
    bytes_done(&out);
    table_done(table);
}

static void columns_stand_under_each_other(void **state)
{
    Table table = table_of(COLUMNS, COUNT_OF(COLUMNS));

    (void)state;
    table_add(&table, "orders");
    table_addf(&table, "%d", 5);
    table_add(&table, "x");
    table_add(&table, "a");
    table_add(&table, "1,234");
    table_add(&table, "longer");

    assert_printed(&table, "name        n  note\n"
                           "orders      5  x\n"
                           "a       1,234  longer\n");
}

static void letters_count_not_bytes(void **state)
{
    Table table = table_of(COLUMNS, 2);

    (void)state;
    table_add(&table, "größe");
    table_add(&table, "1");
    table_add(&table, "bytes");
    table_add(&table, "2");

    assert_printed(&table, "name   n\n"
                           "größe  1\n"
                           "bytes  2\n");
}

static void a_line_has_no_spaces_at_its_end(void **state)
{
    Table table = table_of(COLUMNS, COUNT_OF(COLUMNS));

    (void)state;
    table_add(&table, "a");
    table_add(&table, "1");
    table_add(&table, NULL);

    assert_printed(&table, "name  n  note\n"
                           "a     1\n");
}

static void control_characters_cannot_break_a_line(void **state)
{
    Table table = table_of(COLUMNS, 1);

    (void)state;
    table_add(&table, "a\nb\033[2J");

    assert_printed(&table, "name\na b [2J\n");
}

static void without_rows_nothing_is_printed(void **state)
{
    Table table = table_of(COLUMNS, 1);

    (void)state;
    assert_printed(&table, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_under_each_other),
        cmocka_unit_test(letters_count_not_bytes),
        cmocka_unit_test(a_line_has_no_spaces_at_its_end),
        cmocka_unit_test(control_characters_cannot_break_a_line),
        cmocka_unit_test(without_rows_nothing_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
