#include "capture/copy_shape.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

/* The generated structs want texts that may be written. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

enum { TABLE = 16384, FILENODE = 16390, INT4 = 23, VARCHAR = 1043 };

static ModelColumn id, note;
static ModelColumn *columns[] = {&id, &note};
static ModelTable table;

static int plan_table(void **state)
{
    (void)state;
    id = note = (ModelColumn)WALFERRY__MODEL__MODEL_COLUMN__INIT;
    id.attnum = 1;
    id.name = TEXT("id");
    id.type_oid = INT4;
    id.type_modifier = -1;
    note.attnum = 3;
    note.name = TEXT("note");
    note.type_oid = VARCHAR;
    note.type_modifier = 14;
    table = (ModelTable)WALFERRY__MODEL__MODEL_TABLE__INIT;
    table.oid = TABLE;
    table.filenode = FILENODE;
    table.columns = columns;
    table.n_columns = 2;
    return 0;
}

#define ID                                                                                         \
    {                                                                                              \
        TABLE, 1, "id", INT4, -1                                                                   \
    }
#define NOTE                                                                                       \
    {                                                                                              \
        TABLE, 3, "note", VARCHAR, 14                                                              \
    }

static void a_table_that_is_as_planned_is_copied(void **state)
{
    static const ColumnNow now[] = {ID, NOTE};
    ShapeNow shape = {FILENODE, now, 2};
    char reason[100] = "untouched";
    (void)state;

    assert_true(copy_shape_holds(&table, &shape, reason, sizeof reason));
    assert_string_equal(reason, "untouched");
}

static void a_domain_shows_as_its_base_type(void **state)
{
    static const ColumnNow now[] = {ID, NOTE};
    ShapeNow shape = {FILENODE, now, 2};
    char reason[100];
    (void)state;

    note.type_oid = 20000;
    note.type_modifier = -1;
    note.base_type_oid = VARCHAR;
    note.base_type_modifier = 14;
    assert_true(copy_shape_holds(&table, &shape, reason, sizeof reason));
    note.base_type_modifier = 15;
    assert_false(copy_shape_holds(&table, &shape, reason, sizeof reason));
}

static void whatever_else_it_became_is_said(void **state)
{
    static const struct {
        uint32_t filenode;
        ColumnNow now[3];
        size_t count;
        const char *reason;
    } cases[] = {
        {0, {ID, NOTE}, 2, "the table is gone"},
        {FILENODE + 1, {ID, NOTE}, 2, "the table was rewritten or truncated"},
        {FILENODE, {ID}, 1, "columns were added or dropped"},
        {FILENODE, {ID, NOTE, {TABLE, 4, "x", INT4, -1}}, 3, "columns were added or dropped"},
        {FILENODE, {ID, {TABLE, 4, "note", VARCHAR, 14}}, 2, "columns were added or dropped"},
        {FILENODE, {{TABLE, 1, "note", INT4, -1}, NOTE}, 2, "a column was renamed"},
        {FILENODE, {ID, {TABLE, 3, "note", VARCHAR, 24}}, 2, "a column's type was changed"},
        {FILENODE, {ID, {TABLE, 3, "note", 25, 14}}, 2, "a column's type was changed"},
        {FILENODE, {{99, 1, "id", INT4, -1}, NOTE}, 2, "another table has taken its name"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ShapeNow shape = {cases[i].filenode, cases[i].now, cases[i].count};
        char reason[100];

        assert_false(copy_shape_holds(&table, &shape, reason, sizeof reason));
        assert_memory_equal(reason, cases[i].reason, strlen(cases[i].reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_table_that_is_as_planned_is_copied, plan_table),
        cmocka_unit_test_setup(a_domain_shows_as_its_base_type, plan_table),
        cmocka_unit_test_setup(whatever_else_it_became_is_said, plan_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
