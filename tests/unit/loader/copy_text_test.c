#include "loader/copy_text.h"
#include "tests/support/cmocka_all.h"

static Value values[4];
static char scratch[256];

static bool read_row(const char *row, uint32_t count)
{
    Error err = {0};
    bool ok = copy_text_values(str_of(row), values, count, scratch, &err);

    if (!ok)
        assert_int_equal(err.kind, ERROR_PROTOCOL);
    return ok;
}

static void is_text(uint32_t at, const char *expected)
{
    assert_int_equal(values[at].form, VALUE_TEXT);
    assert_int_equal(values[at].bytes.len, strlen(expected));
    assert_memory_equal(values[at].bytes.data ? values[at].bytes.data : "", expected,
                        strlen(expected));
}

static void fields_stand_between_tabs(void **state)
{
    (void)state;
    assert_true(read_row("1\ttwo words\t", 3));
    is_text(0, "1");
    is_text(1, "two words");
    is_text(2, "");
}

static void null_is_not_the_text_that_looks_like_it(void **state)
{
    (void)state;
    assert_true(read_row("\\N\t\\\\N\tN", 3));
    assert_int_equal(values[0].form, VALUE_NULL);
    is_text(1, "\\N");
    is_text(2, "N");
}

static void what_was_escaped_comes_back(void **state)
{
    (void)state;
    assert_true(read_row("a\\tb\\nc\\\\d\\re\\bf\\fg\\vh\tnext\\\\", 2));
    is_text(0, "a\tb\nc\\d\re\bf\fg\vh");
    is_text(1, "next\\");
}

static void a_row_of_one_empty_field_is_no_row_of_none(void **state)
{
    (void)state;
    assert_true(read_row("", 1));
    is_text(0, "");
    assert_true(read_row("", 0));
    assert_false(read_row("x", 0));
}

static void another_number_of_fields_is_refused(void **state)
{
    (void)state;
    assert_false(read_row("1\t2", 3));
    assert_false(read_row("1\t2\t3\t4", 3));
    assert_false(read_row("", 2));
}

static void what_the_server_does_not_write_is_refused(void **state)
{
    (void)state;
    assert_false(read_row("a\\", 1));
    assert_false(read_row("a\\q", 1));
    assert_false(read_row("\\x41", 1));
    assert_false(read_row("a\\N", 1));
}

static void rows_are_counted_up_to_a_number(void **state)
{
    (void)state;
    const Str rows = STR("1\ta\n2\t\n3\tc\\n\n");
    size_t length;
    Str rest;

    assert_int_equal(copy_text_rows(rows, 2, &length), 2);
    assert_int_equal(length, 7);
    assert_int_equal(copy_text_rows(rows, 99, &length), 3);
    assert_int_equal(length, rows.len);
    assert_int_equal(copy_text_rows((Str){0}, 99, &length), 0);

    assert_true(str_equal(copy_text_row(rows, &rest), str_of("1\ta")));
    assert_true(str_equal(copy_text_row(rest, &rest), str_of("2\t")));
    assert_true(str_equal(copy_text_row(rest, &rest), str_of("3\tc\\n")));
    assert_int_equal(rest.len, 0);
}

/* Nothing is read behind the row: each prefix is in memory of its own (asan would tell). */
static void every_prefix_is_read_or_refused(void **state)
{
    static const char ROW[] = "1\\\\\tab\\tc\t\\N\tend";

    (void)state;
    for (size_t length = 0; length < sizeof ROW; length++) {
        Error err = {0};
        char *copy = test_malloc(length + 1);

        memcpy(copy, ROW, length);
        char *own = test_malloc(length + 1);
        bool ok = copy_text_values((Str){copy, length}, values, 4, own, &err);
        assert_true(ok || err.kind == ERROR_PROTOCOL);
        test_free(own);
        test_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_between_tabs),
        cmocka_unit_test(null_is_not_the_text_that_looks_like_it),
        cmocka_unit_test(what_was_escaped_comes_back),
        cmocka_unit_test(a_row_of_one_empty_field_is_no_row_of_none),
        cmocka_unit_test(another_number_of_fields_is_refused),
        cmocka_unit_test(what_the_server_does_not_write_is_refused),
        cmocka_unit_test(rows_are_counted_up_to_a_number),
        cmocka_unit_test(every_prefix_is_read_or_refused),
    };
    return cmocka_run_group_tests_name("copy_text", tests, NULL, NULL);
}
