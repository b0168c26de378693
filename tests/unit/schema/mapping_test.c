#include "schema/mapping.h"

#include "common/change.h"
#include "tests/support/cmocka_all.h"

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const char *INSERT_ONLY[] = {"insert", "ddl", NULL};
static const char *NOTHING[] = {NULL};

static TaskColumn note[] = {{.name = "Note", .to = "Remark"},
                            {.name = "secret", .to = "", .skip = true}};

/* sales goes to dw; sales.orders is called sale, but in its schema's place; crm.people goes to x.
 */
static TaskObject objects[] = {
    {.schema = "sales",
     .table = "",
     .exclude = NOTHING,
     .to_schema = "dw",
     .to_table = "",
     .operations = INSERT_ONLY},
    {.schema = "sales",
     .table = "orders",
     .exclude = NOTHING,
     .to_schema = "",
     .to_table = "sale",
     .columns = note,
     .column_count = 2},
    {.schema = "crm", .table = "people", .exclude = NOTHING, .to_schema = "x", .to_table = ""},
};

static TaskFile task_of(CasePolicy policy)
{
    return (TaskFile){.objects = objects, .object_count = COUNT_OF(objects), .case_policy = policy};
}

static void assert_goes_to(const TaskFile *task, const char *schema, const char *table,
                           const char *to_schema, const char *to_table)
{
    TableMapping mapping = mapping_table(task, &arena, schema, table, schema, table);

    assert_string_equal(mapping.schema, to_schema);
    assert_string_equal(mapping.table, to_table);
}

static void what_is_named_nowhere_keeps_its_name(void **state)
{
    TaskFile task = {0};
    TableMapping mapping = mapping_table(&task, &arena, "A", "b", "A", "b");

    (void)state;
    assert_string_equal(mapping.schema, "A");
    assert_string_equal(mapping.table, "b");
    assert_int_equal(mapping.left_out, 0);
    assert_string_equal(mapping_column(&task, &arena, &mapping, "C"), "C");
    assert_null(mapping_entry(&mapping, "C"));
}

static void what_a_tables_entry_does_not_say_its_schemas_says(void **state)
{
    TaskFile task = task_of(CASE_SOURCE);
    TableMapping mapping;

    (void)state;
    assert_goes_to(&task, "sales", "customers", "dw", "customers");
    assert_goes_to(&task, "sales", "orders", "dw", "sale");
    assert_goes_to(&task, "crm", "people", "x", "people");
    mapping = mapping_table(&task, &arena, "sales", "orders", "sales", "orders");
    assert_int_equal(mapping.left_out,
                     1U << CHANGE_UPDATE | 1U << CHANGE_DELETE | 1U << CHANGE_TRUNCATE);
    assert_int_equal(mapping_table(&task, &arena, "crm", "people", "crm", "people").left_out, 0);
    assert_string_equal(mapping_schema(&task, &arena, "sales"), "dw");
    assert_string_equal(mapping_schema(&task, &arena, "crm"), "crm");
}

static void columns_are_renamed_and_skipped_by_the_tables_entry(void **state)
{
    TaskFile task = task_of(CASE_SOURCE);
    TableMapping mapping = mapping_table(&task, &arena, "sales", "orders", "sales", "orders");

    (void)state;
    assert_string_equal(mapping_column(&task, &arena, &mapping, "Note"), "Remark");
    assert_string_equal(mapping_column(&task, &arena, &mapping, "note"), "note");
    assert_true(mapping_entry(&mapping, "secret")->skip);
}

static void a_partition_goes_with_its_root_under_its_own_name(void **state)
{
    TaskFile task = task_of(CASE_SOURCE);
    TableMapping near = mapping_table(&task, &arena, "sales", "orders", "sales", "orders_1");
    TableMapping far = mapping_table(&task, &arena, "crm", "people", "archive", "people_1");

    (void)state;
    assert_string_equal(near.schema, "dw");
    assert_string_equal(near.table, "orders_1");
    assert_string_equal(mapping_column(&task, &arena, &near, "Note"), "Remark");
    assert_string_equal(far.schema, "archive"); /* to_schema speaks of the root's schema */
}

static void a_policy_folds_what_is_not_said(void **state)
{
    TaskFile task = task_of(CASE_LOWER);
    TableMapping mapping = mapping_table(&task, &arena, "sales", "orders", "sales", "orders");

    (void)state;
    assert_goes_to(&task, "Odd", "Table \xc3\x84_9", "odd", "table \xc3\x84_9"); /* A to Z only */
    assert_string_equal(mapping_column(&task, &arena, &mapping, "Note"), "Remark");
    assert_string_equal(mapping_column(&task, &arena, &mapping, "ToTal"), "total");

    task.case_policy = CASE_UPPER;
    assert_goes_to(&task, "Odd", "t_x", "ODD", "T_X");
    assert_goes_to(&task, "sales", "orders", "dw", "sale"); /* a name that is given wins */
    assert_string_equal(mapping_column(&task, &arena, &mapping, "ToTal"), "TOTAL");

    task.case_policy = CASE_DTS;
    assert_goes_to(&task, "Odd", "T_x", "odd", "t_x");
    assert_string_equal(mapping_column(&task, &arena, &mapping, "ToTal"), "ToTal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_named_nowhere_keeps_its_name, give_arena_back),
        cmocka_unit_test_teardown(what_a_tables_entry_does_not_say_its_schemas_says,
                                  give_arena_back),
        cmocka_unit_test_teardown(columns_are_renamed_and_skipped_by_the_tables_entry,
                                  give_arena_back),
        cmocka_unit_test_teardown(a_partition_goes_with_its_root_under_its_own_name,
                                  give_arena_back),
        cmocka_unit_test_teardown(a_policy_folds_what_is_not_said, give_arena_back),
    };
    return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
