#include "capture/copy_query.h"

#include "common/sql_text.h"
#include "tests/support/cmocka_all.h"

/* The generated structs want texts that may be written. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* "id", a generated column, and one with a hostile name. */
static ModelColumn id, sum, hostile;
static ModelColumn *columns[] = {&id, &sum, &hostile};
static ModelTable table;

static int make_table(void **state)
{
    (void)state;
    id = sum = hostile = (ModelColumn)WALFERRY__MODEL__MODEL_COLUMN__INIT;
    id.name = TEXT("id");
    sum.name = TEXT("sum");
    sum.generated = true;
    hostile.name = TEXT("a\"b), (");
    table = (ModelTable)WALFERRY__MODEL__MODEL_TABLE__INIT;
    table.oid = 16384;
    table.schema = TEXT("it's");
    table.name = TEXT("t\"; --");
    table.columns = columns;
    table.n_columns = 3;
    return 0;
}

static void rows_are_asked_for_by_pages_or_as_a_whole(void **state)
{
    static const struct {
        const char *what;
        uint64_t first, end;
        bool binary;
        const char *sql;
    } cases[] = {
        {"the whole table", 0, 0, true,
         "COPY \"it's\".\"t\"\"; --\" (\"id\", \"a\"\"b), (\") TO STDOUT (FORMAT binary)"},
        {"its first pages", 0, 128, false,
         "COPY (SELECT \"id\", \"a\"\"b), (\" FROM ONLY \"it's\".\"t\"\"; --\" WHERE ctid >= "
         "'(0,0)'::tid AND ctid < '(128,0)'::tid) TO STDOUT (FORMAT text)"},
        {"pages in between", 128, 4294967294, true,
         "COPY (SELECT \"id\", \"a\"\"b), (\" FROM ONLY \"it's\".\"t\"\"; --\" WHERE ctid >= "
         "'(128,0)'::tid AND ctid < '(4294967294,0)'::tid) TO STDOUT (FORMAT binary)"},
        {"its last pages", 256, 0, true,
         "COPY (SELECT \"id\", \"a\"\"b), (\" FROM ONLY \"it's\".\"t\"\"; --\" WHERE ctid >= "
         "'(256,0)'::tid) TO STDOUT (FORMAT binary)"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ModelChunk chunk = WALFERRY__MODEL__MODEL_CHUNK__INIT;
        CLEANUP(bytes_done) Bytes sql = {0};

        chunk.first_block = cases[i].first;
        chunk.end_block = cases[i].end;
        table.binary = cases[i].binary;
        copy_query_rows(&sql, &table, &chunk);

        assert_string_equal(sql_text(&sql), cases[i].sql);
    }
}

static void a_table_without_columns_of_its_own_is_copied_too(void **state)
{
    ModelChunk whole = WALFERRY__MODEL__MODEL_CHUNK__INIT;
    ModelChunk pages = WALFERRY__MODEL__MODEL_CHUNK__INIT;
    CLEANUP(bytes_done) Bytes first = {0};
    CLEANUP(bytes_done) Bytes second = {0};
    (void)state;

    pages.end_block = 8;
    table.schema = TEXT("s");
    table.name = TEXT("t");
    table.n_columns = 0;
    copy_query_rows(&first, &table, &whole);
    copy_query_rows(&second, &table, &pages);

    assert_string_equal(sql_text(&first), "COPY \"s\".\"t\" TO STDOUT (FORMAT text)");
    assert_string_equal(sql_text(&second), "COPY (SELECT FROM ONLY \"s\".\"t\" WHERE ctid >= "
                                           "'(0,0)'::tid AND ctid < '(8,0)'::tid) TO STDOUT "
                                           "(FORMAT text)");
}

static void the_snapshot_comes_before_the_lock(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    copy_query_begin(&sql, &table, "00000003-0000001B-1'; --", 2000);

    assert_string_equal(sql_text(&sql),
                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION "
                        "SNAPSHOT '00000003-0000001B-1''; --'; SET LOCAL lock_timeout = 2000; "
                        "LOCK TABLE ONLY \"it's\".\"t\"\"; --\" IN ACCESS SHARE MODE");
}

static void rows_are_told_from_the_frame_of_the_binary_format(void **state)
{
#define HEADER "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
    static const struct {
        const char *what;
        bool binary;
        Str message;
        bool is_row;
    } cases[] = {
        {"a row of text", false, STR("1\tx\n"), true},
        {"an empty row of text", false, STR("\n"), true},
        {"what looks like a trailer, in text", false, STR("\377\377"), true},
        {"a row", true, STR("\0\1\0\0\0\1x"), true},
        {"a row without columns", true, STR("\0\0"), true},
        {"the trailer", true, STR("\377\377"), false},
        {"the header with a row", true, STR(HEADER "\0\1\0\0\0\1x"), true},
        {"the header with a row without columns", true, STR(HEADER "\0\0"), true},
        {"the header with the trailer: no rows at all", true, STR(HEADER "\377\377"), false},
        {"the header alone", true, STR(HEADER), false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (copy_message_is_row(cases[i].binary, cases[i].message) != cases[i].is_row)
            fail_msg("%s", cases[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_are_asked_for_by_pages_or_as_a_whole, make_table),
        cmocka_unit_test_setup(a_table_without_columns_of_its_own_is_copied_too, make_table),
        cmocka_unit_test_setup(the_snapshot_comes_before_the_lock, make_table),
        cmocka_unit_test(rows_are_told_from_the_frame_of_the_binary_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
