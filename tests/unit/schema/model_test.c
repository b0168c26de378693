#include "schema/model.h"

#include "tests/support/cmocka_all.h"

typedef Walferry__Model__Model Model;

enum { INT4 = 23, REGCLASS = 2205, PAGE = 8192 };

static const TypeEnds ENDS = {150000, 150000};

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static CatalogColumn columns[] = {
    {.attnum = 1,
     .name = "id",
     .to = "number",
     .type_oid = INT4,
     .wire_oid = INT4,
     .type_text = "integer",
     .not_null = true,
     .deterministic = true},
    {.attnum = 2,
     .name = "twice",
     .to = "twice",
     .skip = true,
     .type_oid = REGCLASS,
     .wire_oid = REGCLASS,
     .type_text = "regclass",
     .generated = 's'},
};
static CatalogColumn odd = {.attnum = 1,
                            .name = "c",
                            .to = "c",
                            .type_oid = REGCLASS,
                            .wire_oid = REGCLASS,
                            .type_text = "regclass"};
static CatalogIndex key = {.name = "k",
                           .btree = true,
                           .valid = true,
                           .unique = true,
                           .primary = true,
                           .immediate = true,
                           .plain = true,
                           .never_null = true,
                           .keys = {1},
                           .key_count = 1};

/* By oid: a small table, a big one, a partitioned one. */
static CatalogTable tables[3];
static Catalog catalog = {.tables = tables, .table_count = 3};

static int make_tables(void **state)
{
    (void)state;
    tables[0] = (CatalogTable){.oid = 10,
                               .schema = "public",
                               .name = "small",
                               .to_schema = "dw",
                               .to_name = "tiny",
                               .kind = 'r',
                               .identity = 'd',
                               .filenode = 77,
                               .bytes = PAGE,
                               .pages = 1,
                               .columns = columns,
                               .column_count = 2,
                               .indexes = &key,
                               .index_count = 1};
    tables[1] = tables[0];
    tables[1].oid = 11;
    tables[1].name = "big";
    tables[1].pages = 4096;
    tables[1].bytes = 4096 * PAGE;
    tables[2] = tables[0];
    tables[2].oid = 12;
    tables[2].name = "parted";
    tables[2].kind = 'p';
    tables[2].bytes = tables[2].pages = 0;
    return 0;
}

static void the_biggest_table_and_its_chunks_come_first(void **state)
{
    (void)state;

    Model *model = model_build(&arena, &catalog, ENDS, NULL, 0, 2);

    assert_int_equal(model->n_tables, 3);
    assert_string_equal(model->tables[0]->name, "big");
    assert_int_equal(model->n_chunks, 8 + 1);
    assert_int_equal(model->chunks[0]->relation_oid, 11);
    assert_int_equal(model->chunks[7]->chunk, 7);
    assert_int_equal(model->chunks[8]->relation_oid, 10);
}

static void a_partitioned_table_has_no_rows_of_its_own(void **state)
{
    (void)state;

    Model *model = model_build(&arena, &catalog, ENDS, NULL, 0, 2);

    assert_string_equal(model->tables[2]->name, "parted");
    assert_false(model->tables[2]->has_rows);
}

static void key_and_generated_columns_are_marked(void **state)
{
    (void)state;

    Model *model = model_build(&arena, &catalog, ENDS, NULL, 0, 2);

    assert_true(model->tables[1]->columns[0]->key);
    assert_false(model->tables[1]->columns[1]->key);
    assert_true(model->tables[1]->columns[1]->generated);
    assert_true(model->tables[1]->lane_by_key);
    assert_int_equal(model->tables[1]->filenode, 77);
}

static void a_generated_column_does_not_hinder_the_binary_form(void **state)
{
    (void)state;

    assert_true(model_build(&arena, &catalog, ENDS, NULL, 0, 2)->binary);
}

static void one_column_off_the_list_makes_the_whole_stream_text(void **state)
{
    uint32_t only[] = {10};
    (void)state;

    tables[1].columns = &odd;
    tables[1].column_count = 1;
    Model *model = model_build(&arena, &catalog, ENDS, only, 1, 2);

    assert_false(model->binary);
    assert_true(model->tables[0]->binary);
}

static void only_the_tables_asked_for_are_in_it(void **state)
{
    uint32_t only[] = {10};
    (void)state;

    Model *model = model_build(&arena, &catalog, ENDS, only, 1, 2);

    assert_int_equal(model->n_tables, 1);
    assert_int_equal(model->tables[0]->oid, 10);
    assert_int_equal(model->n_chunks, 1);
}

static void names_of_the_destination_and_what_is_left_out_are_told(void **state)
{
    (void)state;
    tables[0].left_out = 2;

    const Walferry__Model__ModelTable *small =
        model_build(&arena, &catalog, ENDS, (uint32_t[]){10}, 1, 2)->tables[0];

    assert_string_equal(small->to_schema, "dw");
    assert_string_equal(small->to_name, "tiny");
    assert_int_equal(small->left_out, 2);
    assert_false(small->lane_by_key); /* what is in a row's way may be in another lane */
    assert_string_equal(small->columns[0]->to, "number");
    assert_false(small->columns[0]->skip);
    assert_true(small->columns[1]->skip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_of_the_destination_and_what_is_left_out_are_told,
                                        make_tables, give_arena_back),
        cmocka_unit_test_setup(the_biggest_table_and_its_chunks_come_first, make_tables),
        cmocka_unit_test_setup(a_partitioned_table_has_no_rows_of_its_own, make_tables),
        cmocka_unit_test_setup(key_and_generated_columns_are_marked, make_tables),
        cmocka_unit_test_setup(a_generated_column_does_not_hinder_the_binary_form, make_tables),
        cmocka_unit_test_setup(one_column_off_the_list_makes_the_whole_stream_text, make_tables),
        cmocka_unit_test_setup(only_the_tables_asked_for_are_in_it, make_tables),
    };

    return cmocka_run_group_tests(tests, NULL, give_arena_back);
}
