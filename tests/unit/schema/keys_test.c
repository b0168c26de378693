#include "schema/keys.h"

#include "schema/identity.h"
#include "tests/support/cmocka_all.h"

enum { INT4 = 23, TEXT = 25, NUMERIC = 1700 };

static CatalogColumn columns[] = {
    {.attnum = 1, .name = "id", .type_oid = INT4, .not_null = true, .deterministic = true},
    {.attnum = 3, .name = "code", .type_oid = INT4, .not_null = true, .deterministic = true},
};

static CatalogIndex primary_key(void)
{
    return (CatalogIndex){.schema = "public",
                          .name = "t_pkey",
                          .btree = true,
                          .valid = true,
                          .unique = true,
                          .primary = true,
                          .immediate = true,
                          .plain = true,
                          .never_null = true,
                          .keys = {1},
                          .key_count = 1};
}

static CatalogIndex unique_index(void)
{
    CatalogIndex index = primary_key();

    index.name = "t_code";
    index.primary = false;
    index.keys[0] = 3;
    return index;
}

static CatalogTable table_with(char identity, CatalogIndex *indexes, size_t count)
{
    return (CatalogTable){.schema = "public",
                          .name = "t",
                          .kind = 'r',
                          .identity = identity,
                          .columns = columns,
                          .column_count = 2,
                          .indexes = indexes,
                          .index_count = count};
}

static void a_primary_key_is_a_usable_identity(void **state)
{
    CatalogIndex key = primary_key();
    CatalogTable table = table_with('d', &key, 1);
    (void)state;

    assert_false(keys_needs_full(&table));
    assert_ptr_equal(keys_index(&table, false), &key);
}

static void a_table_without_a_key_needs_full(void **state)
{
    CatalogTable table = table_with('d', NULL, 0);
    (void)state;

    assert_true(keys_needs_full(&table));
    assert_null(keys_index(&table, true));
}

static void a_deferrable_primary_key_is_no_key(void **state)
{
    CatalogIndex key = primary_key();
    CatalogTable table = table_with('d', &key, 1);
    (void)state;

    key.immediate = false;

    assert_true(keys_needs_full(&table));
    assert_null(keys_index(&table, false));
    assert_null(keys_index(&table, true));
}

static void identity_nothing_needs_full_even_with_a_primary_key(void **state)
{
    CatalogIndex key = primary_key();
    CatalogTable table = table_with('n', &key, 1);
    (void)state;

    assert_true(keys_needs_full(&table));
    assert_ptr_equal(keys_index(&table, true), &key);
}

static void the_index_that_the_identity_names_is_the_key(void **state)
{
    CatalogIndex indexes[] = {primary_key(), unique_index()};
    CatalogTable table = table_with('i', indexes, 2);
    (void)state;

    indexes[1].identity = true;

    assert_false(keys_needs_full(&table));
    assert_ptr_equal(keys_index(&table, false), &indexes[1]);
}

static void an_identity_whose_index_was_dropped_needs_full(void **state)
{
    CatalogIndex key = primary_key();
    CatalogTable table = table_with('i', &key, 1);
    (void)state;

    assert_true(keys_needs_full(&table));
}

static void with_full_a_unique_index_that_is_never_null_will_do(void **state)
{
    CatalogIndex index = unique_index();
    CatalogTable table = table_with('f', &index, 1);
    (void)state;

    assert_false(keys_needs_full(&table));
    assert_ptr_equal(keys_index(&table, true), &index);
    index.never_null = false;
    assert_null(keys_index(&table, true));
    index.never_null = true;
    index.plain = false;
    assert_null(keys_index(&table, true));
}

static bool lane_of(char identity, CatalogIndex *indexes, size_t count)
{
    CatalogTable table = table_with(identity, indexes, count);

    return keys_lane(&table, keys_index(&table, identity == 'f'), identity == 'f');
}

static void rows_go_by_key_where_one_integer_key_is_all_there_is(void **state)
{
    CatalogIndex indexes[] = {primary_key(), unique_index()};
    (void)state;

    assert_true(lane_of('d', indexes, 1));
    assert_false(lane_of('d', indexes, 2)); /* values of the other move between rows */
    assert_false(lane_of('d', NULL, 0));
}

static void a_key_without_one_text_form_gives_no_lane(void **state)
{
    CatalogIndex key = primary_key();
    (void)state;

    columns[0].type_oid = NUMERIC;
    assert_false(lane_of('d', &key, 1));
    columns[0].type_oid = TEXT;
    assert_true(lane_of('d', &key, 1));
    columns[0].deterministic = false;
    assert_false(lane_of('d', &key, 1));
    columns[0].type_oid = INT4;
    columns[0].deterministic = true;
}

static void columns_that_may_come_unchanged_give_no_lane_but_with_full(void **state)
{
    CatalogIndex key = primary_key();
    (void)state;

    columns[1].toastable = true;
    assert_false(lane_of('d', &key, 1));
    assert_true(lane_of('f', &key, 1));
    columns[1].toastable = false;
}

static void what_a_table_had_can_be_put_back(void **state)
{
    CatalogIndex index = unique_index();
    CatalogTable table = table_with('i', &index, 1);
    Arena arena = {0};
    (void)state;

    index.identity = true;
    index.name = "odd\"name";
    assert_string_equal(identity_clause(&arena, &table), "USING INDEX \"odd\"\"name\"");
    table.index_count = 0;
    assert_string_equal(identity_clause(&arena, &table), "NOTHING");
    table.identity = 'd';
    assert_string_equal(identity_clause(&arena, &table), "DEFAULT");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_primary_key_is_a_usable_identity),
        cmocka_unit_test(a_table_without_a_key_needs_full),
        cmocka_unit_test(a_deferrable_primary_key_is_no_key),
        cmocka_unit_test(identity_nothing_needs_full_even_with_a_primary_key),
        cmocka_unit_test(the_index_that_the_identity_names_is_the_key),
        cmocka_unit_test(an_identity_whose_index_was_dropped_needs_full),
        cmocka_unit_test(with_full_a_unique_index_that_is_never_null_will_do),
        cmocka_unit_test(rows_go_by_key_where_one_integer_key_is_all_there_is),
        cmocka_unit_test(a_key_without_one_text_form_gives_no_lane),
        cmocka_unit_test(columns_that_may_come_unchanged_give_no_lane_but_with_full),
        cmocka_unit_test(what_a_table_had_can_be_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
