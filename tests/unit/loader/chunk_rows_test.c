#include "loader/chunk_rows.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

enum { INT4 = 23, TEXT = 25 };

/* A table (id INT key, note VARCHAR(8)). */
static struct {
    Walferry__Model__SelectdbColumn columns[2];
    Walferry__Model__SelectdbColumn *list[2];
    Walferry__Model__SelectdbTable table;
    CsvPlan *plan;
    ChunkRows *rows;
} t;

static void column(size_t at, const char *name, const char *type, bool key)
{
    walferry__model__selectdb_column__init(&t.columns[at]);
    t.columns[at].attnum = (uint32_t)at + 1;
    t.columns[at].name = (char *)(uintptr_t)name;
    t.columns[at].type = (char *)(uintptr_t)type;
    t.columns[at].key = key;
    t.list[at] = &t.columns[at];
}

static int set_up(void **state)
{
    Column columns[] = {{.attnum = 1, .name = STR("id"), .type_oid = INT4},
                        {.attnum = 2, .name = STR("note"), .type_oid = TEXT}};
    const Relation relation = {.oid = 1,
                               .schema = STR("public"),
                               .table = STR("t"),
                               .columns = columns,
                               .column_count = 2};
    Error err = {0};

    (void)state;
    column(0, "id", "INT", true);
    column(1, "note", "VARCHAR(8)", false);
    walferry__model__selectdb_table__init(&t.table);
    t.table.database = t.table.table = (char *)(uintptr_t) "t";
    t.table.unique = true;
    t.table.columns = t.list;
    t.table.n_columns = 2;
    if (!csv_plan_open(&t.plan, &relation, &t.table, &err))
        fail_msg("%s", err.message);
    t.rows = chunk_rows_open(t.plan, 77);
    chunk_rows_start(t.rows, 100);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    chunk_rows_close(&t.rows);
    csv_plan_close(&t.plan);
    return 0;
}

static bool add(const char *text, size_t *at, uint64_t most, Error *err)
{
    CsvUnfit unfit;
    Frame *frame = frame_copy(str_of(text));
    bool ok = chunk_rows_add(t.rows, frame, at, most, &unfit, err);

    frame_unref(&frame); /* the rows keep their own */
    return ok;
}

static void add_all(const char *text)
{
    size_t at = 0;
    Error err = {0};

    assert_true(add(text, &at, UINT64_MAX, &err));
    assert_int_equal(at, strlen(text));
}

/* Reads so many bytes at a time. */
static const char *read_rows(uint64_t first_row, uint64_t count, size_t piece)
{
    static char csv[4096];
    LoadBody *body = chunk_rows_body(t.rows);
    size_t length = 0, got;

    body->verbs->rewind(body, first_row, count);
    while ((got = body->verbs->read(body, csv + length, piece)) > 0)
        length += got;
    csv[length] = '\0';
    return csv;
}

static void rows_of_several_batches_are_csv(void **state)
{
    (void)state;
    add_all("1\ta\n2\tb\\tc\n");
    add_all("3\t\\N\n");
    assert_int_equal(chunk_rows_count(t.rows), 3);
    assert_string_equal(read_rows(100, 3, 1024), "\"1\",\"a\",\"0\",\"77\"\n"
                                                 "\"2\",\"b\tc\",\"0\",\"77\"\n"
                                                 "\"3\",\\N,\"0\",\"77\"\n");
}

static void it_is_the_same_however_it_is_read(void **state)
{
    (void)state;
    add_all("1\ta\n2\tb\n");
    add_all("3\tc\n4\td\n");
    char *whole = strdup(read_rows(100, 4, 1024));

    for (size_t piece = 1; piece < 40; piece++)
        assert_string_equal(read_rows(100, 4, piece), whole);
    free(whole);
}

static void a_range_is_read_from_where_it_begins(void **state)
{
    (void)state;
    add_all("1\ta\n2\tb\n");
    add_all("3\tc\n4\td\n");
    assert_string_equal(read_rows(101, 2, 1024), "\"2\",\"b\",\"0\",\"77\"\n"
                                                 "\"3\",\"c\",\"0\",\"77\"\n");
    assert_string_equal(read_rows(103, 1, 1024), "\"4\",\"d\",\"0\",\"77\"\n");
}

/* Batches are cut anew when a chunk is copied again; its rows are what counts. */
static void a_checksum_is_of_rows_and_not_of_batches(void **state)
{
    (void)state;
    LoadBody *body = chunk_rows_body(t.rows);

    add_all("1\ta\n2\tb\n");
    add_all("3\tc\n4\td\n");
    uint64_t middle = body->verbs->checksum(body, 101, 2);
    uint64_t all = body->verbs->checksum(body, 100, 4);

    chunk_rows_start(t.rows, 100);
    add_all("1\ta\n2\tb\n3\tc\n");
    add_all("4\td\n");
    assert_true(body->verbs->checksum(body, 101, 2) == middle);
    assert_true(body->verbs->checksum(body, 100, 4) == all);
    assert_true(body->verbs->checksum(body, 100, 2) != middle);

    chunk_rows_start(t.rows, 100);
    add_all("1\ta\n2\tb\n3\tx\n4\td\n");
    assert_true(body->verbs->checksum(body, 101, 2) != middle);
}

static void no_more_rows_are_taken_than_asked_for(void **state)
{
    (void)state;
    size_t at = 0;
    Error err = {0};

    assert_true(add("1\ta\n2\tb\n3\tc\n", &at, 2, &err));
    assert_int_equal(at, 8);
    assert_int_equal(chunk_rows_count(t.rows), 2);
    assert_int_equal(chunk_rows_bytes(t.rows), 8);
}

static void a_value_that_does_not_fit_is_found_before_it_is_sent(void **state)
{
    (void)state;
    size_t at = 0;
    Error err = {0};

    assert_false(add("1\ta\n2\tmuch too long\n3\tc\n", &at, 99, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_int_equal(chunk_rows_count(t.rows), 2);
    const Value *values = chunk_rows_values(t.rows, 101);
    assert_non_null(values);
    assert_true(str_equal(values[0].bytes, str_of("2")));
}

static void a_batch_that_ends_within_a_row_is_refused(void **state)
{
    (void)state;
    size_t at = 0;
    Error err = {0};

    assert_false(add("1\ta\n2", &at, 99, &err));
    assert_int_equal(err.kind, ERROR_PROTOCOL);
}

int main(void)
{
#define ROWS(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROWS(rows_of_several_batches_are_csv),
        ROWS(it_is_the_same_however_it_is_read),
        ROWS(a_range_is_read_from_where_it_begins),
        ROWS(a_checksum_is_of_rows_and_not_of_batches),
        ROWS(no_more_rows_are_taken_than_asked_for),
        ROWS(a_value_that_does_not_fit_is_found_before_it_is_sent),
        ROWS(a_batch_that_ends_within_a_row_is_refused),
    };
    return cmocka_run_group_tests_name("chunk_rows", tests, NULL, NULL);
}
