/* Expectations of [RT] load_p0/stream_load/test_csv_with_enclose_and_escape, test_csv_split_line,
 * test_csv_with_double_quotes and [BE] data_type_string_test.cpp. */
#include "common/bytes.h"
#include "simulator/csv_reader.h"
#include "tests/support/cmocka_all.h"

static const CsvOptions PORTABLE = {.separator = STR(","),
                                    .delimiter = STR("\n"),
                                    .enclose = '"',
                                    .escape = '\\',
                                    .trim_double_quotes = true};

/* Each line's fields in [], NULL as ~, lines that are not UTF-8 as !. */
static bool show(void *context, const CsvLine *line, Error *err)
{
    Bytes *out = context;

    (void)err;
    if (!line->utf8)
        bytes_add_str(out, str_of("!"));
    for (size_t i = 0; i < line->count; i++) {
        bytes_add_str(out, str_of("["));
        bytes_add_str(out, line->fields[i].null ? str_of("~") : line->fields[i].text);
        bytes_add_str(out, str_of("]"));
    }
    bytes_add_str(out, str_of(";"));
    return true;
}

static void assert_read(const CsvOptions *options, const char *body, size_t piece,
                        const char *expected)
{
    Bytes out = {0};
    CsvReader *reader = csv_open(options, show, &out);
    size_t len = strlen(body);
    Error err = {0};

    for (size_t at = 0; at < len; at += piece)
        assert_true(csv_feed(reader, body + at, len - at < piece ? len - at : piece, &err));
    assert_true(csv_finish(reader, &err));
    bytes_add_u8(&out, 0);
    assert_string_equal(out.data, expected);
    bytes_done(&out);
    csv_close(&reader);
}

static void reads_the_portable_dialect(void **state)
{
    static const struct {
        const char *body;
        const char *expected;
    } CASES[] = {
        {"1,\"a\"\n2,\"b\"\n", "[1][a];[2][b];"},
        {"1,\"a\"", "[1][a];"},
        {"\"1\",\\N\n", "[1][~];"},
        {"\"1\",\"\\N\"\n", "[1][~];"},     /* NULL is looked for behind the quotes */
        {"\"1\",\"\\\\N\"\n", "[1][\\N];"}, /* and before the escapes */
        {"1,\n", "[1][];"},
        {"1,\"\"\n", "[1][];"},
        {"\n\n1,2\n", "[1][2];"},
        {"1,\"a,b\nc\"\n", "[1][a,b\nc];"},
        {"1,\"a\\\"b\\\\\"\n", "[1][a\"b\\];"},
        {"1,a\\nb\n", "[1][anb];"},
        {"1,a\r\n2,\"b\r\"\n", "[1][a];[2][b\r];"},
        {"1,\"\\\"x\\\"\"\n", "[1][\"x\"];"},
        {"\xEF\xBB\xBF\"1\",2\n", "[1][2];"},
        {"1,\xff\n2,3\n", "!;[2][3];"},
        {"1,\"\xC3\xA9\"\n", "[1][\xC3\xA9];"},
    };
    static const size_t PIECES[] = {1, 2, 3, 1000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        for (size_t j = 0; j < COUNT_OF(PIECES); j++)
            assert_read(&PORTABLE, CASES[i].body, PIECES[j], CASES[i].expected);
}

static void an_old_version_keeps_quotes_unless_told(void **state)
{
    CsvOptions options = PORTABLE;

    (void)state;
    options.trim_double_quotes = false;
    assert_read(&options, "1,\"a\"\n", 100, "[1][\"a\"];");
    options.trims_enclose = true;
    assert_read(&options, "1,\"a\"\n", 100, "[1][a];");
}

/* PR #50101 */
static void doubled_quotes_depend_on_the_version(void **state)
{
    CsvOptions options = PORTABLE;

    (void)state;
    options.doubled_quotes = true;
    assert_read(&options, "1,\"a\"\"b\"\n", 1, "[1][a\"b];");
    assert_read(&options, "1,\"a\"\",b\"\n", 1, "[1][a\",b];");
    options.doubled_quotes = false;
    assert_read(&options, "1,\"a\"\",b\"\n", 1, "[1][a\"][b\"];");
}

static void separators_may_have_many_bytes(void **state)
{
    CsvOptions options = {.separator = STR("||"), .delimiter = STR("@@")};

    (void)state;
    assert_read(&options, "1||a|b@@2||c@@", 1, "[1][a|b];[2][c];");
    assert_read(&options, "1||a|b@@2||c", 3, "[1][a|b];[2][c];");
}

static void lines_and_empty_fields_by_header(void **state)
{
    CsvOptions options = PORTABLE;

    (void)state;
    options.skip_lines = 1;
    options.empty_as_null = true;
    assert_read(&options, "h,i\n1,\n", 2, "[1][~];");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_portable_dialect),
        cmocka_unit_test(an_old_version_keeps_quotes_unless_told),
        cmocka_unit_test(doubled_quotes_depend_on_the_version),
        cmocka_unit_test(separators_may_have_many_bytes),
        cmocka_unit_test(lines_and_empty_fields_by_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
