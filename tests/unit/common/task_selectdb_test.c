#include "common/compiler.h"
#include "common/task_file.h"

#include "tests/support/cmocka_all.h"

#define SOURCE "source = { conninfo = \"a\"; };\n"
#define KEYS                                                                                       \
    "type = \"selectdb\"; urls = [\"http://fe1:8030\"]; database = \"shop\"; user = \"u\"; "
#define ENDS SOURCE "destination = { " KEYS "};\n"
#define WITH(keys) SOURCE "destination = { " KEYS keys " };\n"
#define TABLE(keys) ENDS "objects = ( { schema = \"a\"; table = \"b\"; " keys " } );\n"

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static TaskFile parsed(const char *text)
{
    TaskFile task;
    Error err = {0};

    if (!task_file_parse("dir/orders.cfg", str_of(text), &arena, &task, &err))
        fail_msg("refused: %s", err.message);
    return task;
}

static void what_is_left_out_has_its_default(void **state)
{
    TaskFile task = parsed(ENDS "objects = ( { schema = \"a\"; } );");
    const TaskDestination *d = &task.destination;

    (void)state;
    assert_int_equal(d->type, DESTINATION_SELECTDB);
    assert_string_equal(d->conninfo, "");
    assert_string_equal(d->urls[0], "http://fe1:8030");
    assert_null(d->urls[1]);
    assert_string_equal(d->database, "shop");
    assert_string_equal(d->user, "u");
    assert_string_equal(d->password_file, "");
    assert_string_equal(d->compute_group, "");
    assert_string_equal(d->ca_file, "");
    assert_int_equal(d->redirect_count, 0);
    assert_string_equal(d->timezone, "UTC");
    assert_int_equal(d->reservoir_timeout_ms, 5000);
    assert_int_equal(d->reservoir_bytes, 64 << 20);
    assert_int_equal(d->reservoir_rows, 500000);
    assert_int_equal(d->unfit.date, UNFIT_FAIL);
    assert_int_equal(d->unfit.json, UNFIT_FAIL);
    assert_string_equal(task.objects[0].to_database, "");
    assert_int_equal(task.objects[0].engine, ENGINE_AUTO);
    assert_null(task.objects[0].primary_key[0]);
    assert_null(task.objects[0].distribution_key[0]);
    assert_int_equal(task.objects[0].bucket_count, 0);
    assert_int_equal(task.objects[0].property_count, 0);
}

static void what_is_written_for_the_destination_is_taken(void **state)
{
    TaskFile task = parsed(
        WITH("compute_group = \"g\"; ca_file = \"/ca\"; timezone = \"Europe/Berlin\";\n"
             "redirect_map = ( { from = \"10.0.0.7:8040\"; to = \"be1:8040\"; },\n"
             "                 { from = \"be2\"; to = \"[::1]:18040\"; } );\n"
             "reservoir_timeout_ms = 1000; reservoir_bytes = \"1MB\"; reservoir_rows = 7;\n"
             "unfit = { date = \"null\"; string = \"null\"; };") "existing_rows = \"overwrite\";");
    const TaskDestination *d = &task.destination;

    (void)state;
    assert_string_equal(d->compute_group, "g");
    assert_string_equal(d->ca_file, "/ca");
    assert_string_equal(d->timezone, "Europe/Berlin");
    assert_int_equal(d->redirect_count, 2);
    assert_string_equal(d->redirects[0].from, "10.0.0.7:8040");
    assert_string_equal(d->redirects[0].to, "be1:8040");
    assert_string_equal(d->redirects[1].to, "[::1]:18040");
    assert_int_equal(d->redirects[1].line, 4);
    assert_int_equal(d->reservoir_timeout_ms, 1000);
    assert_int_equal(d->reservoir_bytes, 1 << 20);
    assert_int_equal(d->reservoir_rows, 7);
    assert_int_equal(d->unfit.date, UNFIT_NULL);
    assert_int_equal(d->unfit.timestamp, UNFIT_FAIL);
    assert_int_equal(d->unfit.string, UNFIT_NULL);
}

static void what_is_written_for_a_table_is_taken(void **state)
{
    TaskFile task =
        parsed(TABLE("to_database = \"dw\"; engine = \"unique\"; primary_key = [\"x\", \"y\"];\n"
                     "distribution_key = [\"y\"]; bucket_count = 12;\n"
                     "properties = ( { name = \"replication_num\"; value = \"3\"; } );\n"
                     "columns = ( { name = \"x\"; type = \"DECIMAL(20,4)\"; } );"));
    const TaskObject *table = &task.objects[0];

    (void)state;
    assert_string_equal(table->to_database, "dw");
    assert_int_equal(table->engine, ENGINE_UNIQUE);
    assert_string_equal(table->primary_key[1], "y");
    assert_null(table->primary_key[2]);
    assert_string_equal(table->distribution_key[0], "y");
    assert_int_equal(table->bucket_count, 12);
    assert_int_equal(table->property_count, 1);
    assert_string_equal(table->properties[0].name, "replication_num");
    assert_string_equal(table->properties[0].value, "3");
    assert_int_equal(table->properties[0].line, 5);
    assert_string_equal(table->columns[0].type, "DECIMAL(20,4)");
    assert_int_equal(parsed(TABLE("bucket_count = \"auto\";")).objects[0].bucket_count, 0);
}

static void a_bad_file_is_refused_with_line_key_and_what_to_do(void **state)
{
    static const struct {
        const char *text, *what, *to_do;
    } cases[] = {
        /* required, and of the other type */
        {SOURCE "destination = {\ntype = \"selectdb\"; };", "t.cfg:2: destination.urls: is missing",
         "urls = [\"...\"]"},
        {SOURCE "destination = { type = \"selectdb\"; urls = [\"http://f:1\"]; user = \"u\"; };",
         "t.cfg:2: destination.database: is missing", "database = \"...\""},
        {SOURCE "destination = { type = \"selectdb\"; urls = []; };",
         "t.cfg:2: destination.urls: is empty", "HOST:PORT"},
        {WITH("\nconninfo = \"b\";"),
         "t.cfg:3: destination.conninfo: has no meaning with destination.type = \"selectdb\"",
         "postgresql"},
        {ENDS "objects = ( { schema = \"a\"; to_schema = \"b\"; } );",
         "t.cfg:3: objects.to_schema: has no meaning with destination.type = \"selectdb\"",
         "leave the key out"},
        {SOURCE "destination = { conninfo = \"b\"; urls = [\"http://f:1\"]; };",
         "t.cfg:2: destination.urls: has a meaning with destination.type = \"selectdb\" only",
         "type = \"selectdb\""},
        {SOURCE "destination = { conninfo = \"b\"; };\nobjects = ( { schema = \"a\"; table = \"b\";"
                "\ncolumns = ( { name = \"c\"; type = \"INT\"; } ); } );",
         "t.cfg:4: objects.columns.type: has a meaning with destination.type = \"selectdb\" only",
         "leave the key out"},
        /* addresses */
        {SOURCE "destination = { " KEYS "};\ndestination2 = 1;",
         "t.cfg:3: destination2: unknown key", "destination"},
        {SOURCE "destination = { type = \"selectdb\"; user = \"u\"; database = \"d\";\n"
                "urls = [\"http://f:1\", \"http://u:secret@f:1\"]; };",
         "t.cfg:3: destination.urls: one of them is no http://HOST:PORT", "password_file"},
        {SOURCE "destination = { type = \"selectdb\"; user = \"u\"; database = \"d\";\n"
                "urls = [\"http://f\"]; };",
         "t.cfg:3: destination.urls: one of them is no http://HOST:PORT", "HOST:PORT"},
        {SOURCE "destination = { type = \"selectdb\"; user = \"u\"; database = \"d\";\n"
                "urls = [\"http://f:8030/\"]; };",
         "t.cfg:3: destination.urls: one of them is no http://HOST:PORT", "nothing behind it"},
        {SOURCE "destination = { type = \"selectdb\"; user = \"u\"; database = \"d\";\n"
                "urls = [\"ftp://f:8030\"]; };",
         "t.cfg:3: destination.urls: one of them is no http://HOST:PORT", "https"},
        {WITH("redirect_map = (\n{ from = \"a:99999\"; to = \"b:1\"; } );"),
         "t.cfg:3: destination.redirect_map.from: is no HOST:PORT and no HOST", "check"},
        {WITH("redirect_map = (\n{ from = \"a\"; to = \"b\"; } );"),
         "t.cfg:3: destination.redirect_map.to: is no HOST:PORT", "from here"},
        {WITH("redirect_map = ( { from = \"a\"; } );"),
         "t.cfg:2: destination.redirect_map.to: is missing", "HOST:PORT"},
        /* names */
        {WITH("timezone = \"'; x\";"), "t.cfg:2: destination.timezone: is no name of a time zone",
         "Europe/Berlin"},
        {SOURCE "destination = { type = \"selectdb\"; urls = [\"http://f:1\"]; user = \"u:p\";\n"
                "database = \"d\"; };",
         "t.cfg:2: destination.user: holds a colon or a line break", "password_file"},
        {SOURCE "destination = { type = \"selectdb\"; urls = [\"http://f:1\"]; user = \"u\";\n"
                "database = \"1d\"; };",
         "t.cfg:3: destination.database: '1d' is no name of a database at SelectDB", "letter"},
        {TABLE("to_database = \"a.b\";"),
         "t.cfg:3: objects.to_database: 'a.b' is no name of a database at SelectDB", "letter"},
        /* tables */
        {ENDS "objects = ( { schema = \"a\"; primary_key = [\"x\"]; } );",
         "t.cfg:3: objects.primary_key: stands without a table", "entry of its own"},
        {ENDS "objects = ( { schema = \"a\"; distribution_key = [\"x\"]; } );",
         "t.cfg:3: objects.distribution_key: stands without a table", "entry of its own"},
        {TABLE("primary_key = [\"x\", \"x\"];"),
         "t.cfg:3: objects.primary_key: names a column twice", "keep one"},
        {TABLE("engine = \"duplicate\"; primary_key = [\"x\"];"),
         "t.cfg:3: objects.primary_key: stands beside a duplicate table", "leave it out"},
        {TABLE("engine = \"aggregate\";"), "t.cfg:3: objects.engine: there is no such value",
         "\"duplicate\""},
        {TABLE("bucket_count = 0;"), "t.cfg:3: objects.bucket_count: 0 is out of range", "from 1"},
        {TABLE("bucket_count = \"many\";"),
         "t.cfg:3: objects.bucket_count: a whole number is expected, this is a text", "auto"},
        {TABLE("properties = ( { name = \"a\"; value = \"1\"; },\n{ name = \"a\"; value = \"2\"; } "
               ");"),
         "t.cfg:4: objects.properties: names a property twice", "keep one"},
        {TABLE("properties = ( { name = \"a\"; } );"),
         "t.cfg:3: objects.properties.value: is missing", "value"},
        {ENDS "existing_rows = \"keep\";",
         "t.cfg:3: existing_rows: \"keep\" cannot be had at "
         "SelectDB: a load replaces the row of its key",
         "overwrite"},
        {WITH("unfit = { date = \"drop\"; };"),
         "t.cfg:2: destination.unfit.date: there is no such value", "\"null\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        TaskFile task;
        Error err = {0};

        if (task_file_parse("t.cfg", str_of(cases[i].text), &arena, &task, &err))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_string_equal(err.message, cases[i].what);
        if (!strstr(err.hint, cases[i].to_do))
            fail_msg("the hint of \"%s\" is \"%s\"", err.message, err.hint);
        assert_null(strstr(err.message, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_left_out_has_its_default, give_arena_back),
        cmocka_unit_test_teardown(what_is_written_for_the_destination_is_taken, give_arena_back),
        cmocka_unit_test_teardown(what_is_written_for_a_table_is_taken, give_arena_back),
        cmocka_unit_test_teardown(a_bad_file_is_refused_with_line_key_and_what_to_do,
                                  give_arena_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
