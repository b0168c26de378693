#include "loader/csv_row.h"

#include "common/compiler.h"

#include "tests/unit/loader/selectdb_samples.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

/* The key comes first at the destination, and third in the source. */
static void unique_pair(Sample *pair)
{
    sample_begin(pair, true);
    sample_column(pair, 3, "id", "BIGINT", true);
    sample_column(pair, 1, "note`s", "STRING", false);
    sample_column(pair, 2, "paid", "BOOLEAN", false);
    sample_source(pair, 1, "note`s", 25);
    sample_source(pair, 2, "paid", 16);
    sample_source(pair, 3, "id", 20);
}

static void duplicate_pair(Sample *pair)
{
    sample_begin(pair, false);
    sample_column(pair, 1, "at", "DATETIMEV2(6)", true);
    sample_column(pair, 2, "day", "DATEV2", false);
    sample_column(pair, 0, "_is_deleted", "INT", false);
    sample_column(pair, 0, "_version", "BIGINT", false);
    sample_column(pair, 0, "_record_id", "BIGINT", false);
    sample_source(pair, 1, "at", 1184);
    sample_source(pair, 2, "day", 1082);
}

static CsvPlan *plan_of(const Sample *pair)
{
    CsvPlan *plan = NULL;
    Error err = {0};

    if (!csv_plan_open(&plan, &pair->relation, &pair->table, &err))
        fail_msg("%s", err.message);
    return plan;
}

static Value text(const char *bytes)
{
    return (Value){VALUE_TEXT, str_of(bytes)};
}

static void assert_row(const CsvPlan *plan, const uint64_t *unchanged, const CsvRow *row,
                       const char *expected)
{
    size_t room = csv_row_room(plan, row);
    char *out = test_malloc(room);
    char *end = csv_row_write(plan, unchanged, row, out);

    assert_true((size_t)(end - out) <= room);
    assert_int_equal(end - out, strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
    test_free(out);
}

static void values_stand_in_the_tables_order(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    Value values[] = {text("two words"), text("t"), text("7")};
    CsvRow row = {.values = values, .record_id = 42};
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);

    assert_row(plan, NULL, &row, "\"7\",\"two words\",\"1\",\"0\",\"42\"\n");
    values[1] = text("f");
    values[0] = (Value){.form = VALUE_NULL};
    assert_row(plan, NULL, &row, "\"7\",\\N,\"0\",\"0\",\"42\"\n");
}

static void what_means_something_in_csv_is_escaped(void **state)
{
    /* clang-format off */
    static const struct { const char *value, *csv; } CASES[] = {
        {"", ""},
        {"\\N", "\\\\N"},
        {"\"", "\\\""},
        {"\\", "\\\\"},
        {"a,b\nc\r\n\td", "a,b\nc\r\n\td"},
        {"\\xdeadbeef", "\\\\xdeadbeef"},
        {"1234567\"", "1234567\\\""},
        {"12345678\"9", "12345678\\\"9"},
        {"{\"a\": \"b\\\\c\"}", "{\\\"a\\\": \\\"b\\\\\\\\c\\\"}"},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98 12345678", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98 12345678"},
    };
    /* clang-format on */
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Value values[] = {text(CASES[i].value), text("t"), text("1")};
        CsvRow row = {.values = values, .record_id = 9};
        char expected[128];

        snprintf(expected, sizeof expected, "\"1\",\"%s\",\"1\",\"0\",\"9\"\n", CASES[i].csv);
        assert_row(plan, NULL, &row, expected);
    }
}

/* Every place in a word of eight bytes, and every number of bytes behind it. */
static void an_escape_is_found_wherever_it_stands(void **state)
{
    enum { LEN_MAX = 24 };
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);
    for (size_t len = 1; len <= LEN_MAX; len++) {
        for (size_t at = 0; at < len; at++) {
            char value[LEN_MAX + 1], expected[LEN_MAX + 64];
            memset(value, 'x', len);
            value[at] = '\\';
            value[len] = '\0';
            Value values[] = {text(value), text("t"), text("1")};
            CsvRow row = {.values = values, .record_id = 1};
            snprintf(expected, sizeof expected, "\"1\",\"%.*s\\%s\",\"1\",\"0\",\"1\"\n", (int)at,
                     value, value + at);
            assert_row(plan, NULL, &row, expected);
        }
    }
}

static void a_deleted_row_is_its_key(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    Value values[] = {text("gone"), text("t"), text("7")};
    CsvRow row = {.values = values, .record_id = 42, .deleted = true};
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);

    assert_row(plan, NULL, &row, "\"7\",\\N,\\N,\"1\",\"42\"\n");
}

static void a_partial_row_leaves_columns_out(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    CLEANUP(bytes_done) Bytes columns = {0};
    Sample pair;
    uint64_t unchanged[] = {1}; /* the first of the relation: note`s */
    Value values[] = {{.form = VALUE_UNCHANGED}, text("t"), text("7")};
    CsvRow row = {.values = values, .record_id = 42};
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);

    assert_row(plan, unchanged, &row, "\"7\",\"1\",\"42\"\n");
    csv_columns(plan, unchanged, &columns);
    assert_string_equal(columns.data, "`id`,`paid`,`__walferry_seq`");
    csv_columns(plan, NULL, &columns);
    assert_string_equal(columns.data,
                        "`id`,`note``s`,`paid`,`__DORIS_DELETE_SIGN__`,`__walferry_seq`");
}

static void a_duplicate_row_says_what_became_of_it(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    CLEANUP(bytes_done) Bytes columns = {0};
    Sample pair;
    Value values[] = {text("2024-02-29 23:59:59.5+05:30"), text("2024-02-29")};
    CsvRow row = {.values = values, .record_id = 42, .version = 1700000000, .deleted = true};
    (void)state;

    duplicate_pair(&pair);
    plan = plan_of(&pair);

    assert_row(plan, NULL, &row,
               "\"2024-02-29 23:59:59.5\",\"2024-02-29\",\"1\",\"1700000000\",\"42\"\n");
    row = (CsvRow){.values = values, .version = -1};
    assert_row(plan, NULL, &row, "\"2024-02-29 23:59:59.5\",\"2024-02-29\",\"0\",\"-1\",\"0\"\n");
    csv_columns(plan, NULL, &columns);
    assert_string_equal(columns.data, "`at`,`day`,`_is_deleted`,`_version`,`_record_id`");
}

static void the_offset_of_a_time_goes(void **state)
{
    /* clang-format off */
    static const struct { const char *value, *csv; } CASES[] = {
        {"2024-02-29 23:59:59+00", "2024-02-29 23:59:59"},
        {"2024-02-29 23:59:59.123456-03:30", "2024-02-29 23:59:59.123456"},
        {"1900-01-01 00:00:00+08:05:43", "1900-01-01 00:00:00"},
        {"2024-02-29 23:59:59", "2024-02-29 23:59:59"},
        {"2024-02-29", "2024-02-29"},
    };
    /* clang-format on */
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    (void)state;

    duplicate_pair(&pair);
    plan = plan_of(&pair);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Value values[] = {text(CASES[i].value), {.form = VALUE_NULL}};
        CsvRow row = {.values = values};
        char expected[128];

        snprintf(expected, sizeof expected, "\"%s\",\\N,\"0\",\"0\",\"0\"\n", CASES[i].csv);
        assert_row(plan, NULL, &row, expected);
    }
}

static void an_unfit_value_is_told_or_made_null(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    CsvUnfit unfit = {0};
    Value values[] = {text("2024-02-29 00:00:00+00"), text("infinity")};
    (void)state;

    duplicate_pair(&pair);
    plan = plan_of(&pair);

    assert_false(csv_row_check(plan, values, false, &unfit));
    assert_int_equal(unfit.column, 1);
    assert_string_equal(unfit.type, "DATEV2");
    assert_string_equal(unfit.why, "it is infinite");

    pair.columns[1].null_if_unfit = true;
    assert_true(csv_row_check(plan, values, false, &unfit));
    assert_int_equal(values[1].form, VALUE_NULL);
    assert_int_equal(values[0].form, VALUE_TEXT);

    pair.columns[0].null_if_unfit = true; /* but it is a key */
    values[0] = text("0044-03-15 00:00:00+00 BC");
    assert_false(csv_row_check(plan, values, false, &unfit));
    assert_int_equal(unfit.column, 0);
}

static void the_checksum_tells_rows_apart(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    Value values[] = {text("ab"), text("t"), text("7")};
    CsvRow row = {.values = values, .record_id = 42};
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);
    uint64_t sum = csv_row_checksum(plan, &row, 0);

    assert_int_equal(csv_row_checksum(plan, &row, 0), sum);
    assert_int_not_equal(csv_row_checksum(plan, &row, 1), sum);
    row.record_id = 43;
    assert_int_not_equal(csv_row_checksum(plan, &row, 0), sum);
    row.record_id = 42;
    values[0] = text("ac");
    assert_int_not_equal(csv_row_checksum(plan, &row, 0), sum);
    values[0] = text("");
    uint64_t empty = csv_row_checksum(plan, &row, 0);
    values[0] = (Value){.form = VALUE_NULL};
    assert_int_not_equal(csv_row_checksum(plan, &row, 0), empty);
    row.deleted = true;
    uint64_t deleted = csv_row_checksum(plan, &row, 0);
    values[0] = text("of no matter");
    assert_int_equal(csv_row_checksum(plan, &row, 0), deleted);
}

static void a_table_of_other_columns_is_refused(void **state)
{
    Sample pair;
    CsvPlan *plan = NULL;
    Error err = {0};
    (void)state;

    unique_pair(&pair);
    sample_source(&pair, 4, "new", 25);
    assert_false(csv_plan_open(&plan, &pair.relation, &pair.table, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.message, "column new is not in the table");
    assert_string_equal(err.object, "shop.orders");

    unique_pair(&pair);
    sample_column(&pair, 4, "gone", "INT", false);
    assert_false(csv_plan_open(&plan, &pair.relation, &pair.table, &err));
    assert_string_equal(err.message, "column gone does not come with the stream");
}

static void a_plan_knows_its_relation(void **state)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    Sample pair;
    uint32_t count;
    (void)state;

    unique_pair(&pair);
    plan = plan_of(&pair);

    assert_true(csv_plan_fits(plan, &pair.relation));
    assert_int_equal(csv_plan_keys(plan, &count)[0], 2);
    assert_int_equal(count, 1);
    pair.sources[0].type_oid = 1043;
    assert_false(csv_plan_fits(plan, &pair.relation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_in_the_tables_order),
        cmocka_unit_test(what_means_something_in_csv_is_escaped),
        cmocka_unit_test(an_escape_is_found_wherever_it_stands),
        cmocka_unit_test(a_deleted_row_is_its_key),
        cmocka_unit_test(a_partial_row_leaves_columns_out),
        cmocka_unit_test(a_duplicate_row_says_what_became_of_it),
        cmocka_unit_test(the_offset_of_a_time_goes),
        cmocka_unit_test(an_unfit_value_is_told_or_made_null),
        cmocka_unit_test(the_checksum_tells_rows_apart),
        cmocka_unit_test(a_table_of_other_columns_is_refused),
        cmocka_unit_test(a_plan_knows_its_relation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
