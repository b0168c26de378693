#include "transform/rules.h"

#include "tests/support/cmocka_all.h"

enum { COLUMNS = 3 };

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Two tables of three columns each: sales.orders (id, note, total), public.log (the same). */
static Column columns[2][COLUMNS];
static Relation relations[2];
static Change changes[8];
static Value values[16][COLUMNS];

static void forget_rules(void)
{
    static const Column PLAIN[COLUMNS] = {{.attnum = 1, .name = STR("id"), .key = true},
                                          {.attnum = 2, .name = STR("note")},
                                          {.attnum = 4, .name = STR("total")}};
    static const Str SCHEMAS[] = {STR("sales"), STR("public")};
    static const Str TABLES[] = {STR("orders"), STR("log")};

    for (size_t i = 0; i < 2; i++) {
        memcpy(columns[i], PLAIN, sizeof PLAIN);
        relations[i] = (Relation){.oid = 10 + (uint32_t)i,
                                  .schema = SCHEMAS[i],
                                  .table = TABLES[i],
                                  .columns = columns[i],
                                  .column_count = COLUMNS};
    }
}

static Tuple tuple_of(int number)
{
    static const Str NAMES[COLUMNS] = {STR("1"), STR("n"), STR("t")};

    for (size_t i = 0; i < COLUMNS; i++)
        values[number][i] = (Value){VALUE_TEXT, NAMES[i]};
    return (Tuple){values[number], COLUMNS};
}

/* An insert, an update with its old row and a delete of a table, at ordinals 1, 2, 3. */
static Batch batch_of_rows(uint32_t relation)
{
    changes[0] = (Change){.kind = CHANGE_INSERT, .ordinal = 1, .new_tuple = tuple_of(0)};
    changes[1] = (Change){
        .kind = CHANGE_UPDATE, .ordinal = 2, .old_tuple = tuple_of(1), .new_tuple = tuple_of(2)};
    changes[2] = (Change){.kind = CHANGE_DELETE, .ordinal = 3, .old_tuple = tuple_of(3)};
    for (size_t i = 0; i < 3; i++)
        changes[i].relation = relation;
    return (Batch){.header = {.change_count = 3, .relations = relations, .relation_count = 2},
                   .changes = changes};
}

static void assert_text(Str text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

static void a_batch_without_rules_is_seen_at_once(void **state)
{
    Batch batch;

    (void)state;
    forget_rules();
    batch = batch_of_rows(0);
    assert_false(rules_there_are(&batch.header));
    relations[1].to_table = (Str)STR("other");
    assert_true(rules_there_are(&batch.header));
    assert_false(rules_touch_rows(&batch.header)); /* names alone leave rows as they are */
    forget_rules();
    columns[0][1].to = (Str)STR("remark");
    assert_true(rules_there_are(&batch.header));
    assert_false(rules_touch_rows(&batch.header));
}

static void names_of_the_destination_take_the_place_of_the_sources(void **state)
{
    Batch batch;

    (void)state;
    forget_rules();
    batch = batch_of_rows(0);
    relations[0].to_schema = (Str)STR("dw");
    columns[0][1].to = (Str)STR("remark");
    rules_apply_to_relations(&batch.header, &arena);
    assert_text(relations[0].schema, "dw");
    assert_text(relations[0].table, "orders");
    assert_text(relations[0].source, "sales.orders");
    assert_text(relations[0].columns[1].name, "remark");
    assert_text(relations[0].columns[2].name, "total");
    assert_text(relations[1].schema, "public");
    assert_int_equal(relations[1].source.len, 0);
    assert_false(rules_there_are(&batch.header)); /* nothing is left to do */
}

static void a_skipped_column_is_in_no_tuple(void **state)
{
    Batch batch;

    (void)state;
    forget_rules();
    columns[0][1].skip = true;
    batch = batch_of_rows(0);
    assert_true(rules_touch_rows(&batch.header));
    rules_apply_to_rows(&batch);
    rules_apply_to_relations(&batch.header, &arena);
    assert_int_equal(batch.header.change_count, 3);
    assert_int_equal(relations[0].column_count, 2);
    assert_text(relations[0].columns[1].name, "total");
    assert_int_equal(relations[0].columns[1].attnum, 4);
    assert_int_equal(changes[1].old_tuple.count, 2);
    assert_int_equal(changes[1].new_tuple.count, 2);
    assert_text(changes[1].new_tuple.values[1].bytes, "t");
    assert_int_equal(changes[2].old_tuple.count, 2);
    assert_null(changes[0].old_tuple.values); /* what is absent stays absent */
}

static void what_does_not_pass_is_gone_and_ordinals_stay(void **state)
{
    Batch batch;

    (void)state;
    forget_rules();
    relations[0].left_out = 1U << CHANGE_UPDATE;
    batch = batch_of_rows(0);
    rules_apply_to_rows(&batch);
    assert_int_equal(batch.header.change_count, 2);
    assert_int_equal(changes[0].kind, CHANGE_INSERT);
    assert_int_equal(changes[0].ordinal, 1);
    assert_int_equal(changes[1].kind, CHANGE_DELETE);
    assert_int_equal(changes[1].ordinal, 3);
    rules_apply_to_relations(&batch.header, &arena);
    assert_int_equal(relations[0].left_out, 1U << CHANGE_UPDATE); /* the loader has to know */
}

static void another_table_is_not_concerned(void **state)
{
    Batch batch;

    (void)state;
    forget_rules();
    relations[0].left_out = ~0U;
    columns[0][2].skip = true;
    batch = batch_of_rows(1);
    rules_apply_to_rows(&batch);
    assert_int_equal(batch.header.change_count, 3);
    assert_int_equal(changes[0].new_tuple.count, COLUMNS);
}

static void a_truncate_loses_the_tables_that_may_not_be_emptied(void **state)
{
    static uint32_t both[2], first[1];
    Batch batch;

    (void)state;
    forget_rules();
    both[0] = first[0] = 0;
    both[1] = 1;
    relations[0].left_out = 1U << CHANGE_TRUNCATE;
    batch = batch_of_rows(0);
    changes[0] = (Change){.kind = CHANGE_TRUNCATE, .truncated = both, .truncated_count = 2};
    changes[1] = (Change){.kind = CHANGE_TRUNCATE, .truncated = first, .truncated_count = 1};
    rules_apply_to_rows(&batch);
    assert_int_equal(batch.header.change_count, 2);
    assert_int_equal(changes[0].truncated_count, 1);
    assert_int_equal(changes[0].truncated[0], 1);
    assert_int_equal(changes[0].relation, 1);
    assert_int_equal(changes[1].kind, CHANGE_DELETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_without_rules_is_seen_at_once),
        cmocka_unit_test_teardown(names_of_the_destination_take_the_place_of_the_sources,
                                  give_arena_back),
        cmocka_unit_test_teardown(a_skipped_column_is_in_no_tuple, give_arena_back),
        cmocka_unit_test_teardown(what_does_not_pass_is_gone_and_ordinals_stay, give_arena_back),
        cmocka_unit_test(another_table_is_not_concerned),
        cmocka_unit_test(a_truncate_loses_the_tables_that_may_not_be_emptied),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
