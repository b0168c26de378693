#include "schema/features.h"

#include "tests/support/cmocka_all.h"

enum { V14 = 140010, V15 = 150018, V18 = 180004 };

static Arena arena;
static CatalogColumn column;
static CatalogConstraint constraint;
static CatalogIndex index_;
static CatalogTable table;

static int make_table(void **state)
{
    (void)state;
    column = (CatalogColumn){.name = "c", .not_null = true, .not_null_valid = true};
    constraint = (CatalogConstraint){.name = "k", .type = 'c', .definition = "CHECK ((c > 0))"};
    index_ = (CatalogIndex){
        .unique = true, .constraint_name = "u", .constraint_definition = "UNIQUE (c)"};
    table = (CatalogTable){.columns = &column,
                           .column_count = 1,
                           .constraints = &constraint,
                           .constraint_count = 1,
                           .indexes = &index_,
                           .index_count = 1};
    return 0;
}

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void every_server_knows_what_is_plain(void **state)
{
    (void)state;

    assert_null(features_lacking(&arena, &table, V14));
}

static void a_virtual_column_wants_18(void **state)
{
    (void)state;

    column.generated = 'v';
    assert_null(features_lacking(&arena, &table, V18));
    assert_string_equal(features_lacking(&arena, &table, V15),
                        "column c is a virtual generated column");
    column.generated = 's';
    assert_null(features_lacking(&arena, &table, V15));
}

static void a_not_null_with_options_wants_18(void **state)
{
    (void)state;

    column.not_null_alone = true;
    assert_string_equal(features_lacking(&arena, &table, V15),
                        "NOT NULL of column c is NO INHERIT");
    column.not_null_alone = column.not_null_valid = false;
    assert_string_equal(features_lacking(&arena, &table, V15), "NOT NULL of column c is NOT VALID");
    assert_null(features_lacking(&arena, &table, V18));
}

static void constraints_of_18_are_named(void **state)
{
    (void)state;

    constraint.definition = "CHECK ((c > 0)) NOT ENFORCED";
    assert_string_equal(features_lacking(&arena, &table, V15), "constraint k is NOT ENFORCED");
    constraint.definition = "CHECK ((c <> ' NOT ENFORCED'::text))";
    assert_null(features_lacking(&arena, &table, V15));
    constraint.type = 'f';
    constraint.definition = "FOREIGN KEY (a, PERIOD b) REFERENCES t(a, PERIOD b)";
    assert_string_equal(features_lacking(&arena, &table, V15), "constraint k is of periods");
    assert_null(features_lacking(&arena, &table, V18));
}

static void keys_are_named_by_what_they_want(void **state)
{
    (void)state;

    index_.constraint_definition = "PRIMARY KEY (c, d WITHOUT OVERLAPS)";
    assert_string_equal(features_lacking(&arena, &table, V15), "constraint u is WITHOUT OVERLAPS");
    assert_null(features_lacking(&arena, &table, V18));
    index_.constraint_definition = "UNIQUE NULLS NOT DISTINCT (c)";
    assert_string_equal(features_lacking(&arena, &table, V14),
                        "constraint u is NULLS NOT DISTINCT");
    assert_null(features_lacking(&arena, &table, V15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_server_knows_what_is_plain, make_table),
        cmocka_unit_test_setup(a_virtual_column_wants_18, make_table),
        cmocka_unit_test_setup(a_not_null_with_options_wants_18, make_table),
        cmocka_unit_test_setup(constraints_of_18_are_named, make_table),
        cmocka_unit_test_setup(keys_are_named_by_what_they_want, make_table),
    };

    return cmocka_run_group_tests(tests, NULL, give_arena_back);
}
