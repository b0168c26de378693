/* Tables without the server: DDL, loads, publishing, what a restart leaves. Reference 5, 7.3, 7.4;
 * [RT] unique_with_mow_p0/test_delete_sign, data_model_p0/unique/test_unique_table_sequence,
 * unique_with_mow_p0/partial_update/test_partial_update_new_key_policy. */
#include "simulator/tables.h"
#include "tests/support/cmocka_all.h"

#include "common/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    char directory[64];
    Tables *tables;
    int64_t txn;
} t;

static const SqlSession SESSION = {"root", "d", "Admin_priv"};

static void open_again(void)
{
    const TablesOptions options = {.directory = t.directory, .profile = PROFILE_SELECTDB_CLOUD};
    Error err = {0};

    tables_close(&t.tables);
    if (!tables_open(&t.tables, &options, &err))
        fail_msg("%s", err.message);
}

/* Rows as 1|a;2|~; or the text behind "detailMessage = ". */
static const char *run(const char *statement)
{
    static char text[2000];
    CLEANUP(bytes_done) Bytes out = {0};
    SqlResult *result = NULL;
    const SqlValue *row = NULL;
    const SqlColumn *columns;
    size_t count;
    Error err = {0};

    if (!tables_sql(t.tables, &SESSION, str_of(statement), &result, &err)) {
        const char *detail = strstr(err.message, "detailMessage = ");

        snprintf(text, sizeof text, "%s", detail ? detail + 16 : err.message);
        return text;
    }
    count = sql_result_columns(result, &columns);
    while (sql_result_has_rows(result) && sql_result_next(result, &row, &err) && row)
        for (size_t i = 0; i < count; i++) {
            bytes_add_str(&out, row[i].kind == SQL_NULL ? str_of("~") : row[i].text);
            bytes_add_str(&out, str_of(i + 1 < count ? "|" : ";"));
        }
    sql_result_close(&result);
    snprintf(text, sizeof text, "%.*s", STR_ARGS(bytes_str(&out)));
    return text;
}

static bool load(const char *table, const char *headers[][2], const char *body, Error *err)
{
    LoadHeader list[8] = {{"column_separator", ","}, {"strict_mode", "true"}};
    LoadRequest request = {"d", table, list, 2};
    LoadPlan *plan = NULL;
    Load *load = NULL;
    bool ok;

    for (; headers && headers[0][0]; headers++)
        list[request.header_count++] = (LoadHeader){headers[0][0], headers[0][1]};
    t.txn++;
    ok = load_plan(t.tables, &request, &plan, err) && load_begin(&plan, t.txn, &load, err) &&
         load_feed(load, body, strlen(body), err) && load_finish(load, err);
    load_close(&load);
    load_plan_close(&plan);
    return ok;
}

static void must_load(const char *table, const char *headers[][2], const char *body)
{
    Error err = {0};

    if (!load(table, headers, body, &err) || !tables_publish(t.tables, t.txn, &err))
        fail_msg("%s", err.message);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(t.directory, sizeof t.directory, "/tmp/walferry-tables-test-XXXXXX");
    assert_non_null(mkdtemp(t.directory));
    open_again();
    assert_string_equal(run("CREATE DATABASE d"), "");
    assert_string_equal(run("CREATE TABLE u (k INT NOT NULL, a VARCHAR(5), b INT DEFAULT \"7\") "
                            "UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS AUTO PROPERTIES "
                            "(\"function_column.sequence_type\" = \"bigint\")"),
                        "");
    assert_string_equal(run("CREATE TABLE dup (k INT, a STRING) DUPLICATE KEY(k) "
                            "DISTRIBUTED BY HASH(k) BUCKETS 1"),
                        "");
    return 0;
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    tables_close(&t.tables);
    snprintf(command, sizeof command, "rm -r %s", t.directory);
    return system(command);
}

static const char *WHOLE[][2] = {{"columns", "k,a,b,__DORIS_DELETE_SIGN__,seq"},
                                 {"function_column.sequence_col", "seq"},
                                 {NULL, NULL}};

static void the_greater_sequence_wins(void **state)
{
    (void)state;
    must_load("u", WHOLE, "1,x,1,0,10\n1,old,1,0,9\n2,y,2,0,10\n");
    assert_string_equal(run("SELECT * FROM u ORDER BY k"), "1|x|1;2|y|2;");
    must_load("u", WHOLE, "1,low,1,0,9\n2,same,2,0,10\n");
    assert_string_equal(run("SELECT * FROM u ORDER BY k"), "1|x|1;2|same|2;");
}

static void a_tombstone_blocks_until_compaction(void **state)
{
    Error err = {0};

    (void)state;
    must_load("u", WHOLE, "1,x,1,0,10\n1,x,1,1,20\n");
    assert_string_equal(run("SELECT count(*) FROM u"), "0;");
    must_load("u", WHOLE, "1,late,1,0,15\n");
    assert_string_equal(run("SELECT count(*) FROM u"), "0;");
    assert_true(tables_compact(t.tables, &err));
    must_load("u", WHOLE, "1,late,1,0,15\n");
    assert_string_equal(run("SELECT a, __DORIS_SEQUENCE_COL__ FROM u"), "late|15;");
}

static const char *PARTIAL[][2] = {{"columns", "k,b,seq"},
                                   {"function_column.sequence_col", "seq"},
                                   {"partial_columns", "true"},
                                   {"partial_update_new_key_behavior", "ERROR"},
                                   {NULL, NULL}};

static void a_partial_update_leaves_the_rest(void **state)
{
    Error err = {0};

    (void)state;
    must_load("u", WHOLE, "1,x,1,0,10\n");
    must_load("u", PARTIAL, "1,5,11\n");
    assert_string_equal(run("SELECT * FROM u"), "1|x|5;");
    assert_false(load("u", PARTIAL, "1,6,12\n13,6,12\n", &err));
    assert_non_null(strstr(err.message, "[E-7003]Can't append new rows in partial update when "
                                        "partial_update_new_key_behavior is ERROR. Row with "
                                        "key=[13] is not in table."));
    assert_string_equal(run("SELECT * FROM u"), "1|x|5;");
}

static void what_is_not_published_is_not_seen(void **state)
{
    Error err = {0};

    (void)state;
    assert_true(load("dup", NULL, "1,a\n1,a\n", &err));
    assert_string_equal(run("SELECT count(*) FROM dup"), "0;");
    open_again();
    assert_true(tables_publish(t.tables, t.txn, &err));
    assert_true(tables_publish(t.tables, t.txn, &err)); /* once */
    open_again();
    assert_true(tables_publish(t.tables, t.txn, &err));
    assert_string_equal(run("SELECT k, count(*) FROM dup GROUP BY k"), "1|2;");
    assert_true(load("dup", NULL, "2,b\n", &err));
    tables_discard(t.tables, t.txn);
    assert_false(tables_publish(t.tables, t.txn, &err));
}

static void a_truncated_table_takes_nothing_older(void **state)
{
    Error err = {0};

    (void)state;
    must_load("dup", NULL, "1,a\n");
    assert_true(load("dup", NULL, "2,b\n", &err));
    assert_string_equal(run("TRUNCATE TABLE dup"), "");
    assert_true(tables_publish(t.tables, t.txn, &err));
    assert_string_equal(run("SELECT count(*) FROM dup"), "0;");
}

static void columns_come_and_go(void **state)
{
    (void)state;
    must_load("dup", NULL, "1,a\n");
    assert_string_equal(run("ALTER TABLE dup ADD COLUMN n INT DEFAULT \"3\""), "");
    assert_string_equal(run("SELECT * FROM dup"), "1|a|3;");
    assert_string_equal(run("ALTER TABLE dup ADD COLUMN N INT"),
                        "Can not add column which already exists in base table: N");
    assert_string_equal(run("ALTER TABLE dup DROP COLUMN a"), "");
    assert_string_equal(run("ALTER TABLE dup DROP COLUMN a"), "Column does not exists: a");
    assert_string_equal(run("ALTER TABLE dup ADD COLUMN a STRING"), "");
    open_again();
    assert_string_equal(run("SELECT * FROM dup"), "1|3|~;");
    assert_string_equal(run("ALTER TABLE dup MODIFY COLUMN a INT"),
                        "the simulator does not do this: ALTER TABLE other than ADD COLUMN and "
                        "DROP COLUMN");
}

static void bad_rows_fail_the_load(void **state)
{
    char many[53 * 4 + 1] = "";
    Error err = {0};

    (void)state;
    assert_false(load("u", WHOLE, "1,toolong,1,0,1\n", &err));
    assert_string_equal(err.message, "[DATA_QUALITY_ERROR]too many filtered rows");
    for (int i = 0; i < 53; i++)
        memcpy(many + (size_t)i * 4, "x,a\n", 5);
    assert_false(load("dup", NULL, many, &err));
    assert_non_null(strstr(err.message, "Encountered unqualified data, stop processing."));
}

static void versions_are_limited(void **state)
{
    Error err = {0};

    (void)state;
    tables_set_limits(t.tables, 2, 0, -1);
    must_load("dup", NULL, "1,a\n");
    must_load("dup", NULL, "1,a\n");
    assert_false(load("dup", NULL, "1,a\n", &err));
    assert_non_null(strstr(err.message, "[E-235]failed to init rowset builder. version count: 3"));
    assert_true(tables_compact(t.tables, &err));
    must_load("dup", NULL, "1,a\n");
}

static void create_is_checked(void **state)
{
    static const char *const CASES[][2] = {
        {"CREATE TABLE x (a INT, k INT) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
         "Key columns should be a ordered prefix of the schema. KeyColumns[0]"},
        {"CREATE TABLE x (k STRING) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
         "String Type should not be used in key column[k]."},
        {"CREATE TABLE x (k DOUBLE) UNIQUE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 1",
         "Float or double can not used as a key, use decimal instead."},
        {"CREATE TABLE x (k INT, a INT) UNIQUE KEY(k) DISTRIBUTED BY HASH(a) BUCKETS 1",
         "Distribution column[a] is not key column"},
        {"CREATE TABLE x (a INT, A INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 1",
         "Duplicate column name 'A'"},
        {"CREATE TABLE x (k INT, __doris_a INT) DUPLICATE KEY(k) DISTRIBUTED BY RANDOM",
         "Incorrect column name '__doris_a'"},
        {"CREATE TABLE `caf\xC3\xA9` (k INT) DUPLICATE KEY(k) DISTRIBUTED BY RANDOM",
         "Incorrect table name"},
        {"CREATE TABLE u (k INT) DUPLICATE KEY(k) DISTRIBUTED BY RANDOM",
         "Table 'u' already exists"},
        {"SELECT nothing FROM u", "Unknown column 'nothing' in 'table list'"},
        {"SELECT md5(a) FROM u", "the simulator does not do this: md5"},
        {"INSERT INTO u VALUES (1)", "Unsupported statement type"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        if (!strstr(run(CASES[i][0]), CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], run(CASES[i][0]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_greater_sequence_wins),
        TEST(a_tombstone_blocks_until_compaction),
        TEST(a_partial_update_leaves_the_rest),
        TEST(what_is_not_published_is_not_seen),
        TEST(a_truncated_table_takes_nothing_older),
        TEST(columns_come_and_go),
        TEST(bad_rows_fail_the_load),
        TEST(versions_are_limited),
        TEST(create_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
