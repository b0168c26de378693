#include "loader/chunk_sql.h"

#include "common/sql_text.h"
#include "tests/support/cmocka_all.h"

static const ChunkKey key = {"o'brien", 16384, 3};

static Column odd_columns[] = {{.name = STR("id"), .key = true}, {.name = STR("a\"b")}};
static const Relation odd_names = {
    .schema = STR("s"), .table = STR("o'b"), .columns = odd_columns, .column_count = 2};

static void rows_go_into_the_named_columns_of_the_named_table(void **state)
{
    Column columns[] = {{.name = STR("id")}, {.name = STR("a\"b")}, {.name = STR("x, y)")}};
    Relation relation = {.schema = STR("pub\"lic"),
                         .table = STR("t; DROP TABLE u; --"),
                         .columns = columns,
                         .column_count = 3};
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_copy(&sql, &relation, true);

    assert_string_equal(sql_text(&sql),
                        "COPY \"pub\"\"lic\".\"t; DROP TABLE u; --\" (\"id\", \"a\"\"b\", \"x, "
                        "y)\") FROM STDIN (FORMAT binary)");
}

static void a_table_without_columns_has_no_list_of_them(void **state)
{
    Relation relation = {.schema = STR("s"), .table = STR("t")};
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_copy(&sql, &relation, false);

    assert_string_equal(sql_text(&sql), "COPY \"s\".\"t\" FROM STDIN (FORMAT text)");
}

static void the_mark_is_looked_for_where_it_will_be_set(void **state)
{
    CLEANUP(bytes_done) Bytes begin = {0};
    CLEANUP(bytes_done) Bytes mark = {0};
    (void)state;

    chunk_sql_begin(&begin, key, &odd_names);
    chunk_sql_mark(&mark, key, 1000, 7);

    assert_non_null(strstr(sql_text(&begin),
                           "LEFT JOIN walferry.chunk AS c ON (c.task, c.relation_oid, c.chunk) = "
                           "('o''brien'::text, 16384::oid, 3)"));
    assert_string_equal(sql_text(&mark),
                        "INSERT INTO walferry.chunk (task, relation_oid, chunk, rows, kept) VALUES "
                        "('o''brien'::text, 16384::oid, 3, 1000, 7)");
}

static void the_mark_is_durable_before_the_chunk_counts(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_begin(&sql, key, &odd_names);

    assert_non_null(strstr(sql_text(&sql), "SET LOCAL synchronous_commit = on"));
}

static void what_becomes_of_rows_that_were_there_is_asked_at_the_start(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_begin(&sql, key, &odd_names);

    assert_non_null(strstr(sql_text(&sql), "LEFT JOIN walferry.created AS n ON n.task = 'o''brien' "
                                           "AND n.object IN ('keep \"s\".\"o''b\"', "
                                           "'overwrite \"s\".\"o''b\"')"));
}

static void staged_rows_stop_at_the_key_of_a_row_that_is_there(void **state)
{
    CLEANUP(bytes_done) Bytes stage = {0};
    CLEANUP(bytes_done) Bytes keep = {0};
    CLEANUP(bytes_done) Bytes overwrite = {0};
    (void)state;

    chunk_sql_stage(&stage, &odd_names, true);
    chunk_sql_merge(&keep, &odd_names, false);
    chunk_sql_merge(&overwrite, &odd_names, true);

    assert_string_equal(sql_text(&stage),
                        "CREATE TEMPORARY TABLE walferry_chunk ON COMMIT DROP AS SELECT \"id\", "
                        "\"a\"\"b\" FROM \"s\".\"o'b\" WITH NO DATA; COPY "
                        "pg_temp.walferry_chunk (\"id\", \"a\"\"b\") FROM STDIN (FORMAT binary)");
    assert_string_equal(sql_text(&keep),
                        "INSERT INTO \"s\".\"o'b\" (\"id\", \"a\"\"b\") OVERRIDING SYSTEM VALUE "
                        "SELECT \"id\", \"a\"\"b\" FROM pg_temp.walferry_chunk ON CONFLICT "
                        "(\"id\") DO NOTHING");
    assert_non_null(strstr(sql_text(&overwrite),
                           "ON CONFLICT (\"id\") DO UPDATE SET \"a\"\"b\" = EXCLUDED.\"a\"\"b\""));
}

static void the_fence_names_lane_and_generation(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_fence(&sql, "orders", 2, 7);

    assert_string_equal(sql_text(&sql),
                        "UPDATE walferry.progress SET updated = now() WHERE task = 'orders' AND "
                        "lane = 2 AND generation = 7");
}

static void the_place_of_an_error_has_no_value_of_the_row(void **state)
{
    static const struct {
        const char *context, *place;
    } cases[] = {
        {"COPY orders, line 17, column note: \"top secret\"", "row 17, column note"},
        {"COPY orders, line 17, column note: null input", "row 17, column note"},
        {"COPY orders, line 17, column note", "row 17, column note"},
        {"COPY orders, line 17: \"1\\ttop secret, line 3, column x\"", "row 17"},
        {"COPY orders, line 17", "row 17"},
        {"COPY orders, line 4, column n\nPL/pgSQL function f() line 3", "row 4, column n"},
        {"COPY orders, line x", ""},
        {"SQL function \"f\"", ""},
        {"", ""},
        {NULL, ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char place[64];

        chunk_sql_place(cases[i].context, place, sizeof place);

        assert_string_equal(place, cases[i].place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_into_the_named_columns_of_the_named_table),
        cmocka_unit_test(a_table_without_columns_has_no_list_of_them),
        cmocka_unit_test(the_mark_is_looked_for_where_it_will_be_set),
        cmocka_unit_test(the_mark_is_durable_before_the_chunk_counts),
        cmocka_unit_test(what_becomes_of_rows_that_were_there_is_asked_at_the_start),
        cmocka_unit_test(staged_rows_stop_at_the_key_of_a_row_that_is_there),
        cmocka_unit_test(the_fence_names_lane_and_generation),
        cmocka_unit_test(the_place_of_an_error_has_no_value_of_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
