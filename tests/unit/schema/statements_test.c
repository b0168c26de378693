#include "schema/statements.h"

#include "tests/support/cmocka_all.h"
#include <string.h>

typedef Walferry__Model__ModelStatement ModelStatement;

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static CatalogColumn id = {.attnum = 1,
                           .name = "id",
                           .to = "id",
                           .type_text = "integer",
                           .not_null = true,
                           .not_null_valid = true};
static CatalogColumn note = {.attnum = 2, .name = "no te", .to = "no te", .type_text = "text"};

static CatalogTable table_of(CatalogColumn *columns, size_t count)
{
    return (CatalogTable){.oid = 10,
                          .schema = "public",
                          .name = "t",
                          .to_schema = "public",
                          .to_name = "t",
                          .kind = 'r',
                          .columns = columns,
                          .column_count = count};
}

static const char *created(const CatalogTable *table, CatalogSequence *sequence)
{
    Catalog catalog = {.sequences = sequence, .sequence_count = sequence ? 1 : 0};

    return statement_create_table(&arena, &catalog, table);
}

static void a_table_is_made_with_its_columns_and_no_keys(void **state)
{
    CatalogColumn columns[] = {id, note};
    CatalogTable table = table_of(columns, 2);
    (void)state;

    columns[1].default_sql = "'x'::text";
    columns[1].collation = "pg_catalog.\"C\"";

    assert_string_equal(created(&table, NULL),
                        "CREATE TABLE \"public\".\"t\" (\"id\" integer NOT NULL, \"no te\" text "
                        "COLLATE pg_catalog.\"C\" DEFAULT 'x'::text)");
}

static void storage_parameters_are_kept(void **state)
{
    CatalogTable table = table_of(&id, 1);
    (void)state;

    table.options = "fillfactor = '70'";

    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" (\"id\" integer NOT "
                                               "NULL) WITH (fillfactor = '70')");
}

static void a_generated_column_is_generated_there_too(void **state)
{
    CatalogColumn column = id;
    CatalogTable table = table_of(&column, 1);
    (void)state;

    column.not_null = false;
    column.generated = 's';
    column.default_sql = "(a + 1)";

    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" (\"id\" integer "
                                               "GENERATED ALWAYS AS ((a + 1)) STORED)");
}

static void a_not_null_keeps_its_name_where_it_has_one(void **state)
{
    CatalogColumn column = id;
    CatalogTable table = table_of(&column, 1);
    (void)state;

    column.not_null_valid = true;
    column.not_null_name = "named";
    column.not_null_alone = true;
    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" (\"id\" integer "
                                               "CONSTRAINT \"named\" NOT NULL NO INHERIT)");
    column.not_null_valid = false;
    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" (\"id\" integer)");
}

static void what_comes_from_a_parent_is_not_listed(void **state)
{
    CatalogColumn columns[] = {id, note};
    CatalogTable table = table_of(columns, 2);
    (void)state;

    columns[0].inherited = true;
    table.inherits = "public.p";
    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" (\"no te\" text) "
                                               "INHERITS (public.p)");
    table.column_count = 1;
    assert_string_equal(created(&table, NULL),
                        "CREATE TABLE \"public\".\"t\" () INHERITS (public.p)");
}

static void a_typed_table_lists_what_its_type_does_not_say(void **state)
{
    CatalogColumn columns[] = {id, note};
    CatalogTable table = table_of(columns, 2);
    (void)state;

    table.of_type = "public.ty";
    assert_string_equal(
        created(&table, NULL),
        "CREATE TABLE \"public\".\"t\" OF public.ty (\"id\" WITH OPTIONS NOT NULL)");
    columns[0].not_null = false;
    assert_string_equal(created(&table, NULL), "CREATE TABLE \"public\".\"t\" OF public.ty");
}

static CatalogSequence sequence_of(bool of_identity)
{
    return (CatalogSequence){.schema = "public",
                             .name = "t_id_seq",
                             .to_schema = "public",
                             .type_text = "integer",
                             .start = "10",
                             .increment = "5",
                             .minimum = "1",
                             .maximum = "99",
                             .cache = "1",
                             .cycle = true,
                             .table = 10,
                             .attnum = 1,
                             .of_identity = of_identity};
}

static void an_identity_column_keeps_the_options_of_its_sequence(void **state)
{
    CatalogColumn column = id;
    CatalogTable table = table_of(&column, 1);
    CatalogSequence sequence = sequence_of(true);
    (void)state;

    column.identity = 'a';

    assert_string_equal(created(&table, &sequence),
                        "CREATE TABLE \"public\".\"t\" (\"id\" integer NOT NULL GENERATED ALWAYS "
                        "AS IDENTITY (SEQUENCE NAME \"public\".\"t_id_seq\" START WITH 10 "
                        "INCREMENT BY 5 MINVALUE 1 MAXVALUE 99 CACHE 1 CYCLE))");
}

static void a_partition_gets_its_identity_from_its_parent(void **state)
{
    CatalogColumn column = id;
    CatalogTable table = table_of(&column, 1);
    (void)state;

    column.identity = 'd';
    table.parent = 9;

    assert_string_equal(created(&table, NULL),
                        "CREATE TABLE \"public\".\"t\" (\"id\" integer NOT NULL)");
}

static void a_sequence_is_made_and_then_owned_by_its_column(void **state)
{
    CatalogTable table = table_of(&id, 1);
    CatalogSequence sequence = sequence_of(false);
    Catalog catalog = {
        .tables = &table, .table_count = 1, .sequences = &sequence, .sequence_count = 1};
    (void)state;

    assert_string_equal(statement_create_sequence(&arena, &sequence),
                        "CREATE SEQUENCE \"public\".\"t_id_seq\" AS integer START WITH 10 "
                        "INCREMENT BY 5 MINVALUE 1 MAXVALUE 99 CACHE 1 CYCLE");
    assert_string_equal(statement_own_sequence(&arena, &catalog, &sequence),
                        "ALTER SEQUENCE \"public\".\"t_id_seq\" OWNED BY \"public\".\"t\".\"id\"");
    sequence.table = 0;
    assert_null(statement_own_sequence(&arena, &catalog, &sequence));
}

/* A root with one partition; each has a primary key, the partition's attached to the root's. */
static CatalogIndex root_key = {.schema = "public",
                                .name = "r_pkey",
                                .partitioned = true,
                                .btree = true,
                                .valid = true,
                                .primary = true,
                                .unique = true,
                                .constraint_name = "r_pkey",
                                .constraint_definition = "PRIMARY KEY (id)",
                                .definition = "-"};
static CatalogIndex leaf_key = {.schema = "public",
                                .name = "l_pkey",
                                .btree = true,
                                .valid = true,
                                .primary = true,
                                .unique = true,
                                .constraint_name = "l_pkey",
                                .constraint_definition = "PRIMARY KEY (id)",
                                .definition = "-",
                                .parent_schema = "public",
                                .parent_name = "r_pkey"};

static Catalog partitioned(CatalogTable tables[2])
{
    tables[0] = (CatalogTable){.oid = 10,
                               .schema = "public",
                               .name = "r",
                               .to_schema = "public",
                               .to_name = "r",
                               .kind = 'p',
                               .partition_key = "RANGE (id)",
                               .indexes = &root_key,
                               .index_count = 1};
    tables[1] = (CatalogTable){.oid = 11,
                               .schema = "public",
                               .name = "l",
                               .to_schema = "public",
                               .to_name = "l",
                               .kind = 'r',
                               .parent = 10,
                               .depth = 1,
                               .bytes = 5000,
                               .partition_bound = "FOR VALUES FROM (1) TO (2)",
                               .indexes = &leaf_key,
                               .index_count = 1};
    return (Catalog){.tables = tables, .table_count = 2};
}

static void a_partition_is_attached(void **state)
{
    CatalogTable tables[2];
    Catalog catalog = partitioned(tables);
    (void)state;

    assert_null(statement_attach_partition(&arena, &catalog, &tables[0]));
    assert_string_equal(statement_attach_partition(&arena, &catalog, &tables[1]),
                        "ALTER TABLE ONLY \"public\".\"r\" ATTACH PARTITION \"public\".\"l\" FOR "
                        "VALUES FROM (1) TO (2)");
}

static void the_key_of_a_partitioned_table_comes_before_those_attached_to_it(void **state)
{
    CatalogTable tables[2];
    Catalog catalog = partitioned(tables);
    size_t count;
    (void)state;

    ModelStatement **list = statements_indexes(&arena, &catalog, &count);

    assert_int_equal(count, 2);
    assert_string_equal(list[0]->object, "constraint r_pkey on public.r");
    assert_true(list[0]->weight >= STATEMENT_WEIGHT_FIRST);
    assert_string_equal(
        list[0]->sql,
        "ALTER TABLE ONLY \"public\".\"r\" ADD CONSTRAINT \"r_pkey\" PRIMARY KEY (id)");
    assert_int_equal(list[1]->weight, 5000);
    assert_string_equal(
        list[1]->sql,
        "ALTER TABLE ONLY \"public\".\"l\" ADD CONSTRAINT \"l_pkey\" PRIMARY KEY (id); "
        "ALTER INDEX \"public\".\"r_pkey\" ATTACH PARTITION \"public\".\"l_pkey\"");
}

static void the_largest_index_comes_first_and_invalid_ones_not_at_all(void **state)
{
    CatalogIndex indexes[] = {
        {.schema = "public", .name = "a", .btree = true, .valid = true, .definition = "CREATE a"},
        {.schema = "public", .name = "b", .btree = true, .valid = true, .definition = "CREATE b"},
        {.schema = "public", .name = "c", .btree = true, .valid = false, .definition = "CREATE c"},
    };
    CatalogTable tables[] = {
        {.oid = 1,
         .schema = "public",
         .name = "s",
         .to_schema = "public",
         .to_name = "s",
         .kind = 'r',
         .bytes = 1,
         .indexes = indexes,
         .index_count = 1},
        {.oid = 2,
         .schema = "public",
         .name = "t",
         .to_schema = "public",
         .to_name = "t",
         .kind = 'r',
         .bytes = 2,
         .indexes = indexes + 1,
         .index_count = 2},
    };
    Catalog catalog = {.tables = tables, .table_count = 2};
    size_t count;
    (void)state;

    ModelStatement **list = statements_indexes(&arena, &catalog, &count);

    assert_int_equal(count, 2);
    assert_string_equal(list[0]->object, "index public.b");
    assert_string_equal(list[0]->sql, "CREATE b");
    assert_string_equal(list[1]->object, "index public.a");
}

static void checks_wait_for_the_rows_but_those_of_partition_trees(void **state)
{
    CatalogConstraint check = {
        .name = "c", .type = 'c', .validated = true, .definition = "CHECK (id > 0)"};
    CatalogTable tables[2];
    Catalog catalog = partitioned(tables);
    CatalogTable plain = {.oid = 1,
                          .schema = "public",
                          .name = "t",
                          .to_schema = "public",
                          .to_name = "t",
                          .kind = 'r',
                          .constraints = &check,
                          .constraint_count = 1};
    Catalog one = {.tables = &plain, .table_count = 1};
    size_t count;
    (void)state;

    assert_true(statement_check_is_early(&catalog.tables[0], &check));
    assert_true(statement_check_is_early(&catalog.tables[1], &check));
    assert_false(statement_check_is_early(&plain, &check));
    ModelStatement **list = statements_indexes(&arena, &one, &count);
    assert_int_equal(count, 1);
    assert_string_equal(list[0]->sql,
                        "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"c\" CHECK (id > 0)");
}

static ModelStatement **keys_of(CatalogConstraint *key, char kind, size_t *count)
{
    static CatalogTable tables[2];
    static Catalog catalog = {.tables = tables, .table_count = 2};

    tables[0] = (CatalogTable){.oid = 1,
                               .schema = "public",
                               .name = "r",
                               .to_schema = "public",
                               .to_name = "r",
                               .kind = 'r'};
    tables[1] = (CatalogTable){.oid = 2,
                               .schema = "public",
                               .name = "t",
                               .to_schema = "public",
                               .to_name = "t",
                               .kind = kind,
                               .constraints = key,
                               .constraint_count = 1};
    return statements_foreign_keys(&arena, &catalog, count);
}

static void a_foreign_key_is_added_and_then_validated(void **state)
{
    CatalogConstraint key = {.name = "f",
                             .type = 'f',
                             .validated = true,
                             .referenced = 1,
                             .definition = "FOREIGN KEY (a) REFERENCES public.r(id)"};
    size_t count;
    (void)state;

    ModelStatement **list = keys_of(&key, 'r', &count);

    assert_int_equal(count, 2);
    assert_string_equal(list[0]->sql, "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"f\" FOREIGN "
                                      "KEY (a) REFERENCES public.r(id) NOT VALID");
    assert_string_equal(list[1]->sql, "ALTER TABLE \"public\".\"t\" VALIDATE CONSTRAINT \"f\"");
    assert_string_not_equal(list[0]->object, list[1]->object);
}

static void a_foreign_key_that_was_never_validated_stays_so(void **state)
{
    CatalogConstraint key = {.name = "f",
                             .type = 'f',
                             .validated = false,
                             .referenced = 1,
                             .definition = "FOREIGN KEY (a) REFERENCES public.r(id) NOT VALID"};
    size_t count;
    (void)state;

    ModelStatement **list = keys_of(&key, 'r', &count);

    assert_int_equal(count, 1);
    assert_non_null(strstr(list[0]->sql, "NOT VALID"));
}

static void a_foreign_key_of_a_partitioned_table_is_added_in_one_step(void **state)
{
    CatalogConstraint key = {.name = "f",
                             .type = 'f',
                             .validated = true,
                             .referenced = 1,
                             .definition = "FOREIGN KEY (a) REFERENCES public.r(id)"};
    size_t count;
    (void)state;

    ModelStatement **list = keys_of(&key, 'p', &count);

    assert_int_equal(count, 1);
    assert_null(strstr(list[0]->sql, "NOT VALID"));
}

static void a_foreign_key_to_a_table_that_is_not_selected_is_left_out(void **state)
{
    CatalogConstraint key = {.name = "f",
                             .type = 'f',
                             .validated = true,
                             .referenced = 99,
                             .definition = "FOREIGN KEY (a) REFERENCES public.x(id)"};
    size_t count;
    (void)state;

    (void)keys_of(&key, 'r', &count);

    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_made_with_its_columns_and_no_keys),
        cmocka_unit_test(a_not_null_keeps_its_name_where_it_has_one),
        cmocka_unit_test(what_comes_from_a_parent_is_not_listed),
        cmocka_unit_test(a_typed_table_lists_what_its_type_does_not_say),
        cmocka_unit_test(storage_parameters_are_kept),
        cmocka_unit_test(a_generated_column_is_generated_there_too),
        cmocka_unit_test(an_identity_column_keeps_the_options_of_its_sequence),
        cmocka_unit_test(a_partition_gets_its_identity_from_its_parent),
        cmocka_unit_test(a_sequence_is_made_and_then_owned_by_its_column),
        cmocka_unit_test(a_partition_is_attached),
        cmocka_unit_test(the_key_of_a_partitioned_table_comes_before_those_attached_to_it),
        cmocka_unit_test(the_largest_index_comes_first_and_invalid_ones_not_at_all),
        cmocka_unit_test(checks_wait_for_the_rows_but_those_of_partition_trees),
        cmocka_unit_test(a_foreign_key_is_added_and_then_validated),
        cmocka_unit_test(a_foreign_key_that_was_never_validated_stays_so),
        cmocka_unit_test(a_foreign_key_of_a_partitioned_table_is_added_in_one_step),
        cmocka_unit_test(a_foreign_key_to_a_table_that_is_not_selected_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, give_arena_back);
}
