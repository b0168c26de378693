#include "loader/chunk_sql.h"

#include "common/sql_text.h"
#include "tests/support/cmocka_all.h"

static const ChunkKey key = {"o'brien", 16384, 3};

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

    chunk_sql_begin(&begin, key);
    chunk_sql_mark(&mark, key, 1000);

    assert_non_null(strstr(sql_text(&begin),
                           "SELECT rows FROM walferry.chunk WHERE (task, relation_oid, chunk) = "
                           "('o''brien'::text, 16384::oid, 3)"));
    assert_string_equal(sql_text(&mark),
                        "INSERT INTO walferry.chunk (task, relation_oid, chunk, rows) VALUES "
                        "('o''brien'::text, 16384::oid, 3, 1000)");
}

static void the_mark_is_durable_before_the_chunk_counts(void **state)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    (void)state;

    chunk_sql_begin(&sql, key);

    assert_non_null(strstr(sql_text(&sql), "SET LOCAL synchronous_commit = on"));
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
        cmocka_unit_test(the_fence_names_lane_and_generation),
        cmocka_unit_test(the_place_of_an_error_has_no_value_of_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
