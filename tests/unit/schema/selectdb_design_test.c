#include "schema/selectdb_ddl.h"
#include "schema/selectdb_design.h"
#include "schema/selectdb_fit.h"
#include "schema/selectdb_key.h"

#include "tests/support/cmocka_all.h"

enum { INT4 = 23, TEXT = 25, FLOAT8 = 701, TIMESTAMPTZ = 1184, NUMERIC = 1700 };

static Arena arena;
static const char *NOTHING[] = {NULL};
static const SelectdbOwner OWNER = {"shop", "c0ffee"};

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

#define COLUMN(number, text, oid)                                                                  \
    {                                                                                              \
        .attnum = (number), .name = (text), .to = (text), .type_oid = (oid), .type_modifier = -1,  \
        .type_text = (text)                                                                        \
    }

/* note text, id int primary key, price numeric */
static CatalogColumn columns[3];
static CatalogIndex primary;
static CatalogTable table;
static TaskObject object;
static TaskFile task;

static int make_table(void **state)
{
    static const CatalogColumn MADE[] = {COLUMN(1, "note", TEXT), COLUMN(2, "id", INT4),
                                         COLUMN(3, "price", NUMERIC)};

    (void)state;
    memcpy(columns, MADE, sizeof columns);
    columns[0].comment = "it's \\ a note";
    columns[1].not_null = true;
    primary = (CatalogIndex){.primary = true,
                             .unique = true,
                             .valid = true,
                             .immediate = true,
                             .plain = true,
                             .never_null = true,
                             .keys = {2},
                             .key_count = 1};
    table = (CatalogTable){.oid = 4711,
                           .schema = "public",
                           .name = "orders",
                           .root_schema = "public",
                           .root_name = "orders",
                           .to_schema = "dw",
                           .to_name = "orders",
                           .kind = 'r',
                           .identity = 'd',
                           .columns = columns,
                           .column_count = COUNT_OF(columns),
                           .indexes = &primary,
                           .index_count = 1};
    object = (TaskObject){.schema = "public",
                          .table = "orders",
                          .to_schema = "",
                          .to_table = "",
                          .to_database = "",
                          .exclude = NOTHING,
                          .primary_key = NOTHING,
                          .distribution_key = NOTHING,
                          .line = 7};
    task = (TaskFile){.file = "t.cfg", .objects = &object, .object_count = 1};
    task.destination.type = DESTINATION_SELECTDB;
    task.destination.database = "dw";
    task.destination.timezone = "UTC";
    return 0;
}

static SelectdbDesign designed(void)
{
    SelectdbDesign design;
    Error err = {0};
    bool done = selectdb_design_settle(&task, &table, &arena, &design, &err);

    if (!done)
        print_message("%s\n", err.message);
    assert_true(done);
    return design;
}

static Error refused(void)
{
    SelectdbDesign design;
    Error err = {0};

    assert_false(selectdb_design_settle(&task, &table, &arena, &design, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    return err;
}

static void a_table_with_a_key_is_unique_and_begins_with_it(void **state)
{
    SelectdbDesign design = designed();

    (void)state;
    assert_string_equal(selectdb_ddl_table(&arena, &design, OWNER, 0),
                        "CREATE TABLE `dw`.`orders` (\n"
                        "  `id` INT NOT NULL,\n"
                        "  `note` STRING NULL COMMENT 'it\\'s \\\\ a note',\n"
                        "  `price` STRING NULL\n"
                        ")\n"
                        "ENGINE=OLAP\n"
                        "UNIQUE KEY(`id`)\n"
                        "COMMENT '[walferry shop c0ffee 4711]'\n"
                        "DISTRIBUTED BY HASH(`id`) BUCKETS AUTO\n"
                        "PROPERTIES (\n"
                        "  'light_schema_change' = 'true',\n"
                        "  'enable_unique_key_merge_on_write' = 'true',\n"
                        "  'function_column.sequence_type' = 'bigint'\n"
                        ")");
}

static void a_table_without_one_is_duplicate_with_columns_of_ours(void **state)
{
    SelectdbDesign design;

    (void)state;
    table.index_count = 0;
    table.comment = "all orders";
    design = designed();
    assert_string_equal(selectdb_ddl_table(&arena, &design, OWNER, 1),
                        "CREATE TABLE `dw`.`orders` (\n"
                        "  `id` INT NULL,\n"
                        "  `note` STRING NULL COMMENT 'it\\'s \\\\ a note',\n"
                        "  `price` STRING NULL,\n"
                        "  `_is_deleted` INT NULL DEFAULT \"0\",\n"
                        "  `_version` BIGINT NULL DEFAULT \"0\",\n"
                        "  `_record_id` BIGINT NULL DEFAULT \"0\"\n"
                        ")\n"
                        "ENGINE=OLAP\n"
                        "DUPLICATE KEY(`id`)\n"
                        "COMMENT 'all orders [walferry shop c0ffee 4711]'\n"
                        "DISTRIBUTED BY RANDOM BUCKETS AUTO\n"
                        "PROPERTIES (\n"
                        "  'light_schema_change' = 'true',\n"
                        "  'replication_num' = '1'\n"
                        ")");
}

static void where_no_column_may_sort_the_number_of_the_change_does(void **state)
{
    SelectdbDesign design;
    const char *sql;

    (void)state;
    table.index_count = 0;
    columns[1].type_oid = FLOAT8;
    design = designed();
    sql = selectdb_ddl_table(&arena, &design, OWNER, 0);
    assert_non_null(strstr(sql, "(\n  `_record_id` BIGINT NULL DEFAULT \"0\",\n  `note` STRING"));
    assert_non_null(strstr(sql, "DUPLICATE KEY(`_record_id`)\n"));
    assert_string_equal(design.fields[design.field_count - 1].name, "_record_id");
}

static void the_task_file_has_its_say(void **state)
{
    static const char *KEYS[] = {"note", "id", NULL}, *DISTRIBUTION[] = {"id", NULL};
    static TaskColumn ASKED[] = {{.name = "price", .to = "", .type = "DECIMAL(20,4)"}};
    static TaskProperty PROPERTIES[] = {{.name = "replication_num", .value = "3"}};
    SelectdbDesign design;
    const char *sql;

    (void)state;
    object.primary_key = KEYS;
    object.distribution_key = DISTRIBUTION;
    object.bucket_count = 12;
    object.columns = ASKED;
    object.column_count = 1;
    object.properties = PROPERTIES;
    object.property_count = 1;
    columns[0].not_null = true;
    design = designed();
    sql = selectdb_ddl_table(&arena, &design, OWNER, 1);
    assert_non_null(strstr(sql, "  `note` VARCHAR(65533) NOT NULL COMMENT"));
    assert_non_null(strstr(sql, "  `price` DECIMAL(20,4) NULL"));
    assert_non_null(strstr(sql, "UNIQUE KEY(`note`, `id`)\n"));
    assert_non_null(strstr(sql, "HASH(`id`) BUCKETS 12\n"));
    assert_non_null(strstr(sql, "  'replication_num' = '3'\n)"));
    assert_null(strstr(sql, "'replication_num' = '1'"));
}

static void whole_old_rows_are_wanted_where_the_identity_does_not_do(void **state)
{
    static const char *KEYS[] = {"note", "id", NULL}, *SAME[] = {"id", NULL};
    Catalog catalog = {.tables = &table, .table_count = 1};

    (void)state;
    selectdb_key_mark(&catalog, &task);
    assert_false(table.wants_full);
    object.primary_key = SAME;
    selectdb_key_mark(&catalog, &task);
    assert_false(table.wants_full);
    object.primary_key = KEYS; /* the identity does not bear note */
    selectdb_key_mark(&catalog, &task);
    assert_true(table.wants_full);
    object.primary_key = NOTHING;
    object.engine = ENGINE_DUPLICATE;
    selectdb_key_mark(&catalog, &task);
    assert_true(table.wants_full);
}

static void assert_refused(const char *object_name, const char *what, const char *to_do)
{
    Error err = refused();

    assert_string_equal(err.object, object_name);
    assert_non_null(strstr(err.message, what));
    assert_non_null(strstr(err.hint, to_do));
}

static void names_that_selectdb_does_not_take_are_refused_with_the_entry(void **state)
{
    (void)state;
    task.object_count = 0;
    table.to_name = "9lives";
    assert_refused("public.orders", "does not begin with a letter",
                   "add to objects: { schema = \"public\"; table = \"orders\"; "
                   "to_table = \"t_9lives\"; }");
    table.to_name = "订单";
    assert_refused("public.orders", "letters", "to_table = \"t_4711\"");
    table.to_name = "orders";
    columns[0].to = "Größe";
    assert_refused("public.orders.note", "letters",
                   "columns = ( { name = \"note\"; to = \"Gr__e\"; } )");
    columns[0].to = "__DORIS_x";
    assert_refused("public.orders.note", "own", "to = \"c___DORIS_x\"");
    columns[0].to = "ID";
    assert_refused("public.orders.note", "columns id and note", "to = \"ID_1\"");
    columns[0].to = "note";
    task.object_count = 1;
    table.to_name = "a.b";
    assert_refused("public.orders", "letters, digits", "t.cfg:7: add to the entry: to_table");
}

static void columns_of_ours_keep_their_names_to_themselves(void **state)
{
    (void)state;
    columns[0].to = "_Version";
    assert_string_equal(designed().fields[1].name, "_Version"); /* unique: there are none */
    object.engine = ENGINE_DUPLICATE;
    assert_refused("public.orders.note", "adds a column of the name _version", "to = ");
}

static void keys_that_cannot_be_are_refused(void **state)
{
    static const char *NULLABLE[] = {"note", "id", NULL}, *UNKNOWN[] = {"nr", NULL};
    static const char *NOT_UNIQUE[] = {"note", NULL};

    (void)state;
    columns[1].type_oid = FLOAT8;
    assert_refused("public.orders.id", "floating point", "type = \"VARCHAR(65533)\"");
    columns[1].type_oid = INT4;
    object.primary_key = NULLABLE;
    assert_refused("public.orders.note", "may be NULL", "NOT NULL");
    object.primary_key = UNKNOWN;
    assert_refused("public.orders.nr", "no such column", "primary_key");
    object.primary_key = NOT_UNIQUE;
    columns[0].not_null = true;
    assert_refused("public.orders", "not unique at the source", "unique index");
    object.primary_key = NOTHING;
    table.index_count = 0;
    object.engine = ENGINE_UNIQUE;
    assert_refused("public.orders", "no key", "engine = \"duplicate\"");
}

static void a_zoned_key_needs_utc(void **state)
{
    (void)state;
    columns[1].type_oid = TIMESTAMPTZ;
    assert_int_equal(designed().fields[0].type.kind, DORIS_DATETIME);
    task.destination.timezone = "Europe/Berlin";
    assert_refused("public.orders.id", "two moments may have one local time", "UTC");
}

static void what_else_is_wrong_is_refused(void **state)
{
    static const char *DISTRIBUTION[] = {"price", NULL};
    static TaskProperty PROPERTIES[] = {
        {.name = "function_column.sequence_col", .value = "id", .line = 9}};
    static TaskColumn ASKED[] = {{.name = "id", .to = "", .type = "STRING", .line = 8}};

    (void)state;
    object.distribution_key = DISTRIBUTION;
    assert_refused("public.orders.price", "no key column", "distribution_key");
    object.distribution_key = NOTHING;
    object.properties = PROPERTIES;
    object.property_count = 1;
    assert_refused("public.orders", "walferry's to set", "t.cfg:9");
    object.property_count = 0;
    object.columns = ASKED;
    object.column_count = 1;
    assert_refused("public.orders.id", "STRING cannot be a key", "t.cfg:8");
    object.column_count = 0;
    columns[2].generated = 's';
    assert_refused("public.orders.price", "generated",
                   "columns = ( { name = \"price\"; skip = true; } )");
}

/* --- tables that are there --- */

#define THERE(fields, model, properties)                                                           \
    "CREATE TABLE `orders` (\n" fields "\n) ENGINE=OLAP\n" model "\nCOMMENT 'mine'\n"              \
    "PARTITION BY RANGE(`id`)\n(PARTITION p1 VALUES [(\"1\"), (\"2\")))\n"                         \
    "DISTRIBUTED BY HASH(`id`) BUCKETS 10\nPROPERTIES (\n" properties "\n);"
#define FIELDS                                                                                     \
    "  `id` int NOT NULL,\n  `Note` text NULL COMMENT 'a, b) it''s',\n"                            \
    "  `price` decimal(20, 4) NULL,\n  `more` array<int> NULL,\n"                                  \
    "  `at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),\n"                                  \
    "  INDEX i (`Note`) USING INVERTED COMMENT ''"
#define UNIQUE_PROPERTIES                                                                          \
    "\"replication_allocation\" = \"tag.location.default: 1\",\n"                                  \
    "\"enable_unique_key_merge_on_write\" = \"true\",\n"                                           \
    "\"function_column.sequence_type\" = \"bigint\""

static SelectdbThere read_there(const char *statement)
{
    SelectdbThere there;
    Error err = {0};

    assert_true(selectdb_there_read(str_of(statement), &arena, &there, &err));
    return there;
}

static void a_table_that_is_there_is_read(void **state)
{
    SelectdbThere there = read_there(THERE(FIELDS, "UNIQUE KEY(`id`)", UNIQUE_PROPERTIES));

    (void)state;
    assert_int_equal(there.model, THERE_UNIQUE);
    assert_true(there.merge_on_write);
    assert_string_equal(there.sequence_type, "bigint");
    assert_string_equal(there.comment, "mine");
    assert_int_equal(there.field_count, 5);
    assert_true(there.fields[0].key && there.fields[0].not_null);
    assert_string_equal(there.fields[1].name, "Note");
    assert_int_equal(there.fields[1].type.kind, DORIS_STRING);
    assert_int_equal(there.fields[2].type.scale, 4);
    assert_string_equal(there.fields[3].type_text, "array<int>");
    assert_int_equal(there.fields[3].type.kind, DORIS_NONE);
    assert_true(there.fields[4].not_null && there.fields[4].filled);
}

static void what_we_make_reads_back_as_it_was_meant(void **state)
{
    SelectdbDesign design = designed();
    SelectdbThere there = read_there(selectdb_ddl_table(&arena, &design, OWNER, 0));
    const char *differences = NULL;

    (void)state;
    assert_true(selectdb_fit(&there, &design, &arena, &differences));
    assert_string_equal(there.comment, selectdb_ddl_mark(&arena, OWNER, 4711));
}

static void a_table_of_ours_is_known_by_its_mark(void **state)
{
    SelectdbOwner other = {"shop", "decaf0"}, namesake = {"sho", "c0ffee"}, any = {"shop", ""};
    const char *comment = arena_printf(&arena, "mine %s", selectdb_ddl_mark(&arena, OWNER, 4711));

    (void)state;
    assert_true(selectdb_ddl_is_marked(&arena, comment, OWNER, 4711));
    assert_true(selectdb_ddl_is_marked(&arena, comment, any, 4711));
    assert_false(selectdb_ddl_is_marked(&arena, comment, OWNER, 711));
    assert_false(selectdb_ddl_is_marked(&arena, comment, any, 711));
    assert_false(selectdb_ddl_is_marked(&arena, comment, other, 4711));
    assert_false(selectdb_ddl_is_marked(&arena, comment, namesake, 4711));
    assert_false(selectdb_ddl_is_marked(&arena, "mine", any, 4711));
}

static void a_table_that_fits_gives_its_own_types(void **state)
{
    SelectdbThere there = read_there(THERE(FIELDS, "UNIQUE KEY(`id`)", UNIQUE_PROPERTIES));
    SelectdbDesign design = designed();
    const char *differences = NULL;

    (void)state;
    assert_true(selectdb_fit(&there, &design, &arena, &differences));
    assert_string_equal(design.fields[1].name, "Note");
    assert_int_equal(design.fields[2].type.kind, DORIS_DECIMAL);
    assert_int_equal(design.fields[2].type.precision, 20);
}

static void what_does_not_fit_is_named(void **state)
{
    static const struct {
        const char *statement, *difference;
    } CASES[] = {
        {THERE(FIELDS, "DUPLICATE KEY(`id`)", "\"a\" = \"b\""), "it is no unique table"},
        {THERE(FIELDS, "AGGREGATE KEY(`id`)", "\"a\" = \"b\""), "it is no unique table"},
        {THERE(FIELDS, "UNIQUE KEY(`id`)", "\"function_column.sequence_type\" = \"bigint\""),
         "it does not merge on write (enable_unique_key_merge_on_write)"},
        {THERE(FIELDS, "UNIQUE KEY(`id`)", "\"enable_unique_key_merge_on_write\" = \"true\""),
         "it has no sequence (function_column.sequence_type = bigint)"},
        {THERE(FIELDS, "UNIQUE KEY(`id`, `Note`)", UNIQUE_PROPERTIES), "its key is (id, Note)"},
        {THERE("  `id` int NOT NULL,\n  `note` text NOT NULL,\n  `price` text NULL",
               "UNIQUE KEY(`id`)", UNIQUE_PROPERTIES),
         "its column note is NOT NULL: the row of a DELETE bears the key only"},
        {THERE("  `id` smallint NOT NULL,\n  `note` text NULL,\n  `price` double NULL",
               "UNIQUE KEY(`id`)", UNIQUE_PROPERTIES),
         "id: id cannot be SMALLINT: it is too narrow; price: price cannot be DOUBLE: its digits "
         "would be rounded"},
        {THERE("  `id` int NOT NULL,\n  `price` text NULL,\n  `x` int NOT NULL", "UNIQUE KEY(`id`)",
               UNIQUE_PROPERTIES),
         "it has no column note; its column x has nothing to be filled with: it is NOT NULL "
         "without DEFAULT"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        SelectdbThere there = read_there(CASES[i].statement);
        SelectdbDesign design = designed();
        const char *differences = NULL;

        assert_false(selectdb_fit(&there, &design, &arena, &differences));
        assert_string_equal(differences, CASES[i].difference);
    }
}

static void what_is_no_table_is_not_read(void **state)
{
    static const char *const STATEMENTS[] = {"",
                                             "CREATE VIEW `v` AS SELECT 1",
                                             "CREATE TABLE `t` (",
                                             "CREATE TABLE `t` (`a` int",
                                             "CREATE TABLE `t` (`a` int COMMENT 'open",
                                             "CREATE TABLE `t` (`a` int) UNIQUE KEY(`b`)"};
    SelectdbThere there;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++) {
        Error err = {0};

        assert_false(selectdb_there_read(str_of(STATEMENTS[i]), &arena, &there, &err));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, make_table)
    const struct CMUnitTest tests[] = {
        TEST(a_table_with_a_key_is_unique_and_begins_with_it),
        TEST(a_table_without_one_is_duplicate_with_columns_of_ours),
        TEST(where_no_column_may_sort_the_number_of_the_change_does),
        TEST(the_task_file_has_its_say),
        TEST(whole_old_rows_are_wanted_where_the_identity_does_not_do),
        TEST(names_that_selectdb_does_not_take_are_refused_with_the_entry),
        TEST(columns_of_ours_keep_their_names_to_themselves),
        TEST(keys_that_cannot_be_are_refused),
        TEST(a_zoned_key_needs_utc),
        TEST(what_else_is_wrong_is_refused),
        TEST(a_table_that_is_there_is_read),
        TEST(what_we_make_reads_back_as_it_was_meant),
        TEST(a_table_of_ours_is_known_by_its_mark),
        TEST(a_table_that_fits_gives_its_own_types),
        TEST(what_does_not_fit_is_named),
        TEST(what_is_no_table_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, give_arena_back);
}
