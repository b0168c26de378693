#include "loader/dest_table.h"

#include "common/sql_text.h"
#include "tests/support/cmocka_all.h"

#define EQUAL "OPERATOR(pg_catalog.=)"

/* public.t (id key, n, note): what of it differs is up to each test. */
typedef struct Fixture {
    char name[3][8], type[3][8], equals[32], qualified[16];
    DestColumn columns[3];
    DestTable table;
} Fixture;

static DestTable *table_of(Fixture *f)
{
    *f = (Fixture){
        .name = {"\"id\"", "\"n\"", "\"note\""},
        .type = {"integer", "numeric", "text"},
        .equals = EQUAL,
        .qualified = "\"public\".\"t\"",
    };
    for (size_t i = 0; i < 3; i++)
        f->columns[i] = (DestColumn){.name = f->name[i], .type = f->type[i], .equals = f->equals};
    f->columns[0].key = true;
    f->columns[0].sameness = SAME_BY_OPERATOR;
    f->columns[2].sameness = SAME_BY_TEXT;
    f->table = (DestTable){
        .qualified = f->qualified,
        .only = "ONLY ",
        .columns = f->columns,
        .column_count = 3,
        .key_count = 1,
        .number = 4,
    };
    return &f->table;
}

static const Value ONE[] = {{VALUE_TEXT, STR("1")}, {VALUE_TEXT, STR("5")}, {VALUE_TEXT, STR("x")}};
static const Value TWO[] = {{VALUE_TEXT, STR("2")}, {VALUE_TEXT, STR("5")}, {VALUE_TEXT, STR("x")}};
static const Value ONE_PARTLY[] = {
    {VALUE_TEXT, STR("1")}, {VALUE_TEXT, STR("5")}, {.form = VALUE_UNCHANGED}};
static const Value WITH_NULL[] = {
    {VALUE_TEXT, STR("1")}, {VALUE_TEXT, STR("5")}, {.form = VALUE_NULL}};

static void a_row_has_the_statement_of_its_shape(void **state)
{
    static const struct {
        const char *what;
        const Value *origin, *values;
        const char *sql;
        int parameters;
    } CASES[] = {
        {"insert", NULL, ONE,
         "INSERT INTO \"public\".\"t\" (\"id\", \"n\", \"note\") OVERRIDING SYSTEM VALUE"
         " VALUES ($1, $2, $3)",
         3},
        {"delete", ONE, NULL,
         "DELETE FROM ONLY \"public\".\"t\" WHERE \"id\" " EQUAL " $1::integer", 1},
        {"update: the key is not set", ONE, ONE,
         "UPDATE ONLY \"public\".\"t\" SET \"n\" = $1, \"note\" = $2 WHERE \"id\" " EQUAL
         " $3::integer",
         3},
        {"update: nor what is unchanged", ONE, ONE_PARTLY,
         "UPDATE ONLY \"public\".\"t\" SET \"n\" = $1 WHERE \"id\" " EQUAL " $2::integer", 2},
        {"update of the key", ONE, TWO,
         "UPDATE ONLY \"public\".\"t\" SET \"id\" = $1, \"n\" = $2, \"note\" = $3 WHERE "
         "\"id\" " EQUAL " $4::integer",
         4},
    };
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Statement *statement = statement_for(table, CASES[i].origin, CASES[i].values);

        print_message("%s\n", CASES[i].what);
        assert_string_equal(statement->sql, CASES[i].sql);
        assert_int_equal(statement->parameter_count, CASES[i].parameters);
        assert_ptr_equal(statement_for(table, CASES[i].origin, CASES[i].values), statement);
    }
    statement_cache_done(&table->statements);
}

static void where_rows_were_before_an_insert_overwrites(void **state)
{
    static const char OVERWRITES[] =
        " ON CONFLICT (\"id\") DO UPDATE SET \"n\" = EXCLUDED.\"n\", \"note\" = EXCLUDED.\"note\"";
    CLEANUP(bytes_done) Bytes set = {0};
    CLEANUP(bytes_done) Bytes copy = {0};
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->overwrites = true;
    statement_upsert_set(&set, table);
    statement_copy_values(&copy, table, false);

    assert_non_null(strstr(statement_for(table, NULL, ONE)->sql, OVERWRITES));
    assert_non_null(strstr(sql_text(&set), OVERWRITES));
    assert_non_null(strstr(sql_text(&set), "SELECT v1, v2, v3 FROM pg_temp.walferry_4 ON"));
    assert_string_equal(sql_text(&copy), "COPY pg_temp.walferry_4 (v1, v2, v3) FROM STDIN");
    statement_cache_done(&table->statements);
}

static void a_row_of_nothing_but_its_key_is_written_over_itself(void **state)
{
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->overwrites = true;
    table->column_count = 1;
    assert_non_null(strstr(statement_for(table, NULL, ONE)->sql,
                           " ON CONFLICT (\"id\") DO UPDATE SET \"id\" = EXCLUDED.\"id\""));
    statement_cache_done(&table->statements);
}

static void a_domain_is_compared_as_the_type_below_it(void **state)
{
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    char base[] = "\"My\".mood";
    Bytes sql = {0};
    (void)state;

    table->columns[0].base = base;
    assert_string_equal(statement_for(table, ONE, NULL)->sql,
                        "DELETE FROM ONLY \"public\".\"t\" WHERE \"id\"::\"My\".mood " EQUAL
                        " $1::\"My\".mood");
    statement_delete_set(&sql, table);
    assert_non_null(strstr(sql_text(&sql), "t.\"id\"::\"My\".mood " EQUAL " s.k1::\"My\".mood"));
    bytes_done(&sql);
    statement_cache_done(&table->statements);
}

static void rows_without_a_key_are_found_by_identical_values(void **state)
{
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->by_all_columns = true;
    assert_string_equal(statement_for(table, WITH_NULL, NULL)->sql,
                        "DELETE FROM ONLY \"public\".\"t\" WHERE ctid = (SELECT ctid FROM ONLY"
                        " \"public\".\"t\" WHERE \"id\" " EQUAL " $1::integer AND"
                        " ROW(\"n\")::text COLLATE \"C\" = ROW($2::numeric)::text COLLATE \"C\""
                        " AND \"note\" IS NULL LIMIT 1)");
    assert_non_null(strstr(statement_for(table, ONE, NULL)->sql,
                           "\"note\"::text COLLATE \"C\" = $3::text::text COLLATE \"C\" LIMIT 1"));
    statement_cache_done(&table->statements);
}

static void an_identity_column_that_changes_is_written_by_insert(void **state)
{
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->columns[0].identity_always = true;
    assert_int_equal(statement_for(table, ONE, ONE)->verb, STATEMENT_UPDATE);
    assert_int_equal(statement_for(table, ONE, TWO)->verb, STATEMENT_REPLACE);
    assert_true(statement_can_update_sets(table, NULL, false));
    assert_false(statement_can_update_sets(table, NULL, true));
    statement_cache_done(&table->statements);
}

static void a_table_of_keys_only_has_nothing_to_set(void **state)
{
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->column_count = 1;
    assert_null(statement_for(table, ONE, ONE));
    assert_false(statement_can_update_sets(table, NULL, false));
    statement_cache_done(&table->statements);
}

static void a_table_without_columns_has_statements_too(void **state)
{
    CLEANUP(bytes_done) Bytes copy = {0};
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->column_count = table->key_count = 0;
    table->by_all_columns = true;
    statement_copy(&copy, table, true);
    assert_string_equal(sql_text(&copy), "COPY \"public\".\"t\" FROM STDIN (FORMAT binary)");
    assert_string_equal(statement_for(table, NULL, ONE)->sql,
                        "INSERT INTO \"public\".\"t\" DEFAULT VALUES");
    assert_string_equal(statement_for(table, ONE, NULL)->sql,
                        "DELETE FROM ONLY \"public\".\"t\" WHERE ctid = (SELECT ctid FROM ONLY"
                        " \"public\".\"t\" WHERE true LIMIT 1)");
    statement_cache_done(&table->statements);
}

static void sets_are_joined_by_the_key_they_have_at_the_destination(void **state)
{
    const uint64_t note_stays[1] = {4};
    CLEANUP(bytes_done) Bytes copy = {0}, update = {0}, deletion = {0}, temporary = {0};
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    statement_temporary(&temporary, table);
    statement_copy_temporary(&copy, table, note_stays, false, true, true);
    statement_update_set(&update, table, note_stays, true);
    statement_delete_set(&deletion, table);

    assert_string_equal(sql_text(&temporary),
                        "CREATE TEMPORARY TABLE IF NOT EXISTS walferry_4 ON COMMIT DELETE ROWS AS"
                        " SELECT \"id\" AS k1, \"id\" AS v1, \"n\" AS v2, \"note\" AS v3"
                        " FROM ONLY \"public\".\"t\" WITH NO DATA");
    assert_string_equal(sql_text(&copy),
                        "COPY pg_temp.walferry_4 (k1, v2) FROM STDIN (FORMAT binary)");
    assert_string_equal(sql_text(&update),
                        "UPDATE ONLY \"public\".\"t\" AS t SET \"id\" = s.v1, \"n\" = s.v2"
                        " FROM pg_temp.walferry_4 AS s WHERE t.\"id\" " EQUAL " s.k1");
    assert_string_equal(sql_text(&deletion),
                        "DELETE FROM ONLY \"public\".\"t\" AS t USING pg_temp.walferry_4 AS s"
                        " WHERE t.\"id\" " EQUAL " s.k1");
}

static void a_large_row_without_a_key_is_joined_by_identical_values(void **state)
{
    const uint64_t note_stays[1] = {4};
    CLEANUP(bytes_done) Bytes copy = {0}, update = {0}, deletion = {0};
    Fixture fixture;
    DestTable *table = table_of(&fixture);
    (void)state;

    table->by_all_columns = true;
    table->columns[1].sameness = SAME_BY_OUTPUT;
    table->columns[2].sameness = SAME_BY_TEXT;
    statement_copy_temporary(&copy, table, note_stays, true, true, true);
    statement_update_set(&update, table, note_stays, true);
    table->partitioned = true;
    table->only = "";
    statement_delete_set(&deletion, table);

    assert_string_equal(sql_text(&copy),
                        "COPY pg_temp.walferry_4 (k1, k2, k3, v1, v2) FROM STDIN (FORMAT binary)");
    assert_string_equal(sql_text(&update),
                        "UPDATE ONLY \"public\".\"t\" AS t SET \"id\" = s.v1, \"n\" = s.v2"
                        " FROM pg_temp.walferry_4 AS s WHERE (t.ctid) = (SELECT t.ctid FROM ONLY"
                        " \"public\".\"t\" AS t, pg_temp.walferry_4 AS s"
                        " WHERE t.\"id\" IS NOT DISTINCT FROM s.k1"
                        " AND ROW(t.\"n\")::text COLLATE \"C\" = ROW(s.k2)::text COLLATE \"C\""
                        " AND t.\"note\"::text COLLATE \"C\" IS NOT DISTINCT FROM"
                        " s.k3::text COLLATE \"C\" LIMIT 1)");
    assert_non_null(strstr(sql_text(&deletion), " WHERE (t.tableoid, t.ctid) = (SELECT"
                                                " t.tableoid, t.ctid FROM \"public\".\"t\" AS t"));
    statement_cache_done(&table->statements);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_the_statement_of_its_shape),
        cmocka_unit_test(where_rows_were_before_an_insert_overwrites),
        cmocka_unit_test(a_row_of_nothing_but_its_key_is_written_over_itself),
        cmocka_unit_test(a_domain_is_compared_as_the_type_below_it),
        cmocka_unit_test(rows_without_a_key_are_found_by_identical_values),
        cmocka_unit_test(an_identity_column_that_changes_is_written_by_insert),
        cmocka_unit_test(a_table_of_keys_only_has_nothing_to_set),
        cmocka_unit_test(a_table_without_columns_has_statements_too),
        cmocka_unit_test(a_large_row_without_a_key_is_joined_by_identical_values),
        cmocka_unit_test(sets_are_joined_by_the_key_they_have_at_the_destination),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
