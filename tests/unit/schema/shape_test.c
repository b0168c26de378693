#include "schema/shape.h"

#include "tests/support/cmocka_all.h"

enum { INT8 = 20, INT4 = 23, TEXT = 25 };

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static CatalogColumn here_columns[3];
static CatalogIndex here_key;
static CatalogTable here[2];
static Catalog catalog = {.tables = here, .table_count = 2};
static ThereColumn there_columns[4];
static ThereLimit there_limits[2];
static ThereTable there;

/* t (id int PRIMARY KEY, v text), the same on both sides; there is room for more. */
static int make_both(void **state)
{
    (void)state;
    here_columns[0] = (CatalogColumn){.attnum = 1,
                                      .name = "id",
                                      .to = "id",
                                      .type_oid = INT4,
                                      .type_text = "integer",
                                      .not_null = true};
    here_columns[1] =
        (CatalogColumn){.attnum = 2, .name = "v", .to = "v", .type_oid = TEXT, .type_text = "text"};
    here_key = (CatalogIndex){.name = "t_pkey",
                              .btree = true,
                              .valid = true,
                              .unique = true,
                              .primary = true,
                              .immediate = true,
                              .plain = true,
                              .never_null = true,
                              .keys = {1},
                              .key_count = 1};
    here[0] = (CatalogTable){.oid = 10,
                             .schema = "public",
                             .name = "t",
                             .to_schema = "public",
                             .to_name = "t",
                             .kind = 'r',
                             .identity = 'd',
                             .columns = here_columns,
                             .column_count = 2,
                             .indexes = &here_key,
                             .index_count = 1};
    here[1] = (CatalogTable){.oid = 11,
                             .schema = "public",
                             .name = "root",
                             .to_schema = "public",
                             .to_name = "root",
                             .kind = 'p'};
    there_columns[0] = (ThereColumn){.name = "id",
                                     .type_text = "integer",
                                     .type_oid = INT4,
                                     .type_modifier = -1,
                                     .not_null = true};
    there_columns[1] =
        (ThereColumn){.name = "v", .type_text = "text", .type_oid = TEXT, .type_modifier = -1};
    there_limits[0] = (ThereLimit){.kind = LIMIT_UNIQUE,
                                   .name = "t_pkey",
                                   .primary = true,
                                   .immediate = true,
                                   .plain = true,
                                   .columns = "\"id\""};
    there = (ThereTable){.kind = 'r',
                         .columns = there_columns,
                         .column_count = 2,
                         .limits = there_limits,
                         .limit_count = 1};
    return 0;
}

static Shape compare(void)
{
    return shape_compare(&arena, &catalog, &here[0], &there, true);
}

/* The one difference that there is. */
static ShapeDifference only_difference(void)
{
    Shape shape = compare();

    assert_int_equal(shape.count, 1);
    assert_int_equal(shape.worst, shape.differences[0].level);
    return shape.differences[0];
}

static void what_is_the_same_differs_in_nothing(void **state)
{
    (void)state;

    Shape shape = compare();

    assert_int_equal(shape.count, 0);
    assert_int_equal(shape.worst, SHAPE_HARMLESS);
    assert_true(shape.key_stands);
    assert_string_equal(shape.key, "\"id\"");
    assert_true(shape_is_key(&shape, "id"));
    assert_false(shape_is_key(&shape, "i"));
}

static void a_missing_column_is_to_be_added(void **state)
{
    (void)state;
    there.column_count = 1;

    ShapeDifference difference = only_difference();

    assert_int_equal(difference.level, SHAPE_WRONG);
    assert_string_equal(difference.column, "v");
    assert_string_equal(difference.to_do, "ALTER TABLE \"public\".\"t\" ADD COLUMN \"v\" text;");
}

static void a_wider_type_is_harmless_and_sent_as_text(void **state)
{
    (void)state;
    there_columns[0].type_oid = INT8;
    there_columns[0].type_text = "bigint";

    assert_int_equal(only_difference().level, SHAPE_HARMLESS);
    assert_true(compare().other_types);
}

static void another_type_is_wrong(void **state)
{
    (void)state;
    there_columns[1].type_oid = INT4;
    there_columns[1].type_text = "integer";

    ShapeDifference difference = only_difference();

    assert_int_equal(difference.level, SHAPE_WRONG);
    assert_string_equal(difference.to_do,
                        "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"v\" TYPE text;");
}

static void not_null_where_the_source_has_nulls_is_doubtful(void **state)
{
    (void)state;
    there_columns[1].not_null = true;

    assert_int_equal(only_difference().level, SHAPE_DOUBTFUL);
}

static void an_extra_column_is_harmless_if_it_can_be_left_out(void **state)
{
    (void)state;
    there_columns[2] = (ThereColumn){.name = "x", .type_text = "integer", .type_oid = INT4};
    there.column_count = 3;

    assert_int_equal(only_difference().level, SHAPE_HARMLESS);
    there_columns[2].not_null = true;
    assert_int_equal(only_difference().level, SHAPE_WRONG);
    there_columns[2].filled = true;
    assert_int_equal(only_difference().level, SHAPE_HARMLESS);
}

static void generated_columns_must_be_so_on_both_sides(void **state)
{
    (void)state;
    there_columns[1].generated = there_columns[1].filled = true;
    assert_int_equal(only_difference().level, SHAPE_WRONG);
    here_columns[1].generated = 's';
    assert_int_equal(compare().count, 0);
    there_columns[1].generated = there_columns[1].filled = false;
    assert_int_equal(only_difference().level, SHAPE_DOUBTFUL);
    there.column_count = 1;
    assert_int_equal(only_difference().level, SHAPE_DOUBTFUL);
}

static void a_key_that_is_missing_is_made_where_it_can_be(void **state)
{
    (void)state;
    there.limit_count = 0;

    assert_int_equal(only_difference().level, SHAPE_HARMLESS);
    assert_false(compare().key_stands);
    there.kind = 'p';
    assert_int_equal(compare().worst, SHAPE_DOUBTFUL);
    assert_string_equal(compare().make_key, "CREATE UNIQUE INDEX ON \"public\".\"t\" (\"id\");");
}

static void a_primary_key_over_other_columns_is_in_the_way_of_ours(void **state)
{
    (void)state;
    there_limits[0].columns = "\"v\"";

    assert_int_equal(compare().worst, SHAPE_DOUBTFUL);
    assert_false(compare().key_stands);
}

static void what_refuses_rows_that_the_source_has_is_doubtful(void **state)
{
    (void)state;
    there_limits[1] = (ThereLimit){.kind = LIMIT_CHECK, .name = "positive", .columns = ""};
    there.limit_count = 2;

    assert_int_equal(only_difference().level, SHAPE_DOUBTFUL);
    assert_non_null(strstr(only_difference().what, "check constraint positive"));
}

static void a_view_and_a_plain_table_for_a_partitioned_one_will_not_do(void **state)
{
    (void)state;
    there.kind = 'v';
    assert_int_equal(only_difference().level, SHAPE_WRONG);
    there.kind = 'r';
    here[0].kind = 'p';
    assert_int_equal(only_difference().level, SHAPE_WRONG);
    here[0].kind = 'r';
    there.kind = 'p';
    assert_int_equal(only_difference().level, SHAPE_HARMLESS);
}

static void a_partition_should_belong_to_the_same_parent(void **state)
{
    (void)state;
    here[0].parent = 11;
    assert_int_equal(only_difference().level, SHAPE_DOUBTFUL);
    there.parent = "public.root";
    assert_int_equal(compare().count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_the_same_differs_in_nothing, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(a_missing_column_is_to_be_added, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(a_wider_type_is_harmless_and_sent_as_text, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(another_type_is_wrong, make_both, give_arena_back),
        cmocka_unit_test_setup_teardown(not_null_where_the_source_has_nulls_is_doubtful, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(an_extra_column_is_harmless_if_it_can_be_left_out,
                                        make_both, give_arena_back),
        cmocka_unit_test_setup_teardown(generated_columns_must_be_so_on_both_sides, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(a_key_that_is_missing_is_made_where_it_can_be, make_both,
                                        give_arena_back),
        cmocka_unit_test_setup_teardown(a_primary_key_over_other_columns_is_in_the_way_of_ours,
                                        make_both, give_arena_back),
        cmocka_unit_test_setup_teardown(what_refuses_rows_that_the_source_has_is_doubtful,
                                        make_both, give_arena_back),
        cmocka_unit_test_setup_teardown(a_view_and_a_plain_table_for_a_partitioned_one_will_not_do,
                                        make_both, give_arena_back),
        cmocka_unit_test_setup_teardown(a_partition_should_belong_to_the_same_parent, make_both,
                                        give_arena_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
