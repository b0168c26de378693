#include "loader/copy_format.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static Value text(const char *data)
{
    return (Value){VALUE_TEXT, str_of(data)};
}

static void text_rows_end_in_newlines_and_null_is_no_text(void **state)
{
    CLEANUP(bytes_done) Bytes out = {0};
    const Value values[] = {text("a"), {.form = VALUE_NULL}, text(""), text("\\N")};
    (void)state;

    copy_format_begin(&out, false);
    copy_format_row(&out, false, 4);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        copy_format_value(&out, false, &values[i]);
    copy_format_row_end(&out, false);
    copy_format_end(&out, false);

    const char expected[] = "a\t\\N\t\t\\\\N\n";
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.len);
}

static void what_copy_reads_as_more_than_itself_is_escaped(void **state)
{
    static const struct {
        const char *plain, *escaped;
    } CASES[] = {
        {"tab\there", "tab\\there\n"},
        {"line\nfeed", "line\\nfeed\n"},
        {"\r", "\\r\n"},
        {"\\", "\\\\\n"},
        {"\\.", "\\\\.\n"},
        {"\b\f\v", "\\b\\f\\v\n"},
        {"caf\xc3\xa9", "caf\xc3\xa9\n"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        CLEANUP(bytes_done) Bytes out = {0};
        Value value = text(CASES[i].plain);

        copy_format_row(&out, false, 1);
        copy_format_value(&out, false, &value);
        copy_format_row_end(&out, false);

        assert_int_equal(out.len, strlen(CASES[i].escaped));
        assert_memory_equal(out.data, CASES[i].escaped, out.len);
    }
}

static void binary_rows_stand_between_signature_and_trailer(void **state)
{
    CLEANUP(bytes_done) Bytes out = {0};
    const Value number = {VALUE_BINARY, {"\0\0\0\5", 4}}, none = {.form = VALUE_NULL};
    (void)state;

    copy_format_begin(&out, true);
    copy_format_row(&out, true, 2);
    copy_format_value(&out, true, &number);
    copy_format_value(&out, true, &none);
    copy_format_row_end(&out, true);
    copy_format_end(&out, true);

    const char expected[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
                            "\0\2\0\0\0\4\0\0\0\5\377\377\377\377\377\377";
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.len);
}

static void slices_make_the_same_bytes_as_the_whole(void **state)
{
    static const char data[] = "a\tb\\c\nd";
    (void)state;

    for (int binary = 0; binary <= 1; binary++) {
        CLEANUP(bytes_done) Bytes whole = {0}, sliced = {0};
        const Value value = {binary ? VALUE_BINARY : VALUE_TEXT, str_of(data)};

        copy_format_value(&whole, binary, &value);
        copy_format_value_start(&sliced, binary, value.bytes.len);
        for (size_t i = 0; i < value.bytes.len; i++)
            copy_format_slice(&sliced, binary, (Str){data + i, 1});
        copy_format_value_end(&sliced, binary);

        assert_int_equal(whole.len, sliced.len);
        assert_memory_equal(whole.data, sliced.data, whole.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_rows_end_in_newlines_and_null_is_no_text),
        cmocka_unit_test(what_copy_reads_as_more_than_itself_is_escaped),
        cmocka_unit_test(slices_make_the_same_bytes_as_the_whole),
        cmocka_unit_test(binary_rows_stand_between_signature_and_trailer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
