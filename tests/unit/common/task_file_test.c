#include "common/task_file.h"

#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDS "source = { conninfo = \"a\"; }; destination = { conninfo = \"b\"; };\n"

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

static void assert_refused(const char *text, const char *what, const char *to_do)
{
    TaskFile task;
    Error err = {0};

    if (task_file_parse("t.cfg", str_of(text), &arena, &task, &err))
        fail_msg("accepted: %s", text);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.message, what);
    if (!strstr(err.hint, to_do))
        fail_msg("the hint of \"%s\" is \"%s\", not \"%s\"", what, err.hint, to_do);
}

static void what_is_left_out_has_its_default(void **state)
{
    TaskFile task = parsed(ENDS);

    (void)state;
    assert_string_equal(task.name, "orders");
    assert_string_equal(task.tag, "");
    assert_string_equal(task.source.conninfo, "a");
    assert_string_equal(task.source.password_file, "");
    assert_false(task.source.keep_identity);
    assert_int_equal(task.source.heartbeat_ms, 1000);
    assert_int_equal(task.source.lock_timeout_ms, 2000);
    assert_int_equal(task.source.slot_limit_bytes, 0);
    assert_int_equal(task.destination.type, DESTINATION_POSTGRESQL);
    assert_string_equal(task.destination.conninfo, "b");
    assert_true(task.phase_schema && task.phase_copy && task.phase_stream);
    assert_false(task.accept_existing_tables);
    assert_int_equal(task.object_count, 0);
    assert_int_equal(task.stages.copy, 2);
    assert_int_equal(task.stages.transform, 1);
    assert_int_equal(task.stages.loader, 1);
    assert_int_equal(task.window_bytes, 256 << 20);
    assert_string_equal(task.spool_dir, "");
    assert_int_equal(task.spool_limit_bytes, 0);
    assert_int_equal(task.retry.connection_minutes, 720);
    assert_int_equal(task.retry.other_minutes, 10);
    assert_null(task.check_ignore[0]);
}

static void what_is_written_is_taken(void **state)
{
    TaskFile task = parsed(
        "name = \"o_2\"; tag = \"x\";\n"
        "source = { conninfo = \"a\"; password_file = \"/p\"; replica_identity = \"keep\";\n"
        "           heartbeat_ms = 250; lock_timeout_ms = 500; };\n"
        "destination = { type = \"postgresql\"; conninfo = \"b\"; password_file = \"/q\"; };\n"
        "phases = [\"schema\", \"copy\", \"stream\"];\n"
        "existing_tables = \"accept\"; existing_rows = \"overwrite\";\n"
        "objects = ( { schema = \"public\"; exclude = [\"tmp_*\", \"x\"]; },\n"
        "            { schema = \"sales\"; table = \"orders\"; } );\n"
        "stages = { copy = 3; transform = 16; loader = 2; };\n"
        "window = \"1GB\"; spool_dir = \"/s\"; spool_limit = \"10GB\";\n"
        "retry = { connection_minutes = 30; other_minutes = 29; };\n"
        "check = { ignore = [\"wal.retention\"]; };\n");

    (void)state;
    assert_string_equal(task.name, "o_2");
    assert_true(task.source.keep_identity);
    assert_int_equal(task.source.heartbeat_ms, 250);
    assert_true(task.accept_existing_tables);
    assert_int_equal(task.existing_rows, EXISTING_ROWS_OVERWRITE);
    assert_int_equal(task.object_count, 2);
    assert_string_equal(task.objects[0].exclude[1], "x");
    assert_null(task.objects[0].exclude[2]);
    assert_string_equal(task.objects[0].table, "");
    assert_string_equal(task.objects[1].table, "orders");
    assert_int_equal(task.objects[1].line, 8);
    assert_int_equal(task.stages.transform, 16);
    assert_int_equal(task.window_bytes, 1 << 30);
    assert_int_equal(task.spool_limit_bytes, INT64_C(10) << 30);
    assert_int_equal(task.retry.other_minutes, 29);
    assert_string_equal(task.check_ignore[0], "wal.retention");
}

static void a_bad_file_is_refused_with_line_key_and_what_to_do(void **state)
{
    static const struct {
        const char *text, *what, *to_do;
    } cases[] = {
        /* the language */
        {ENDS "check = { ignore = [\"a\", ]; };",
         "t.cfg:2:24: syntax error: a comma before the closing bracket", "remove the comma"},
        {"name = \"x\"\n" ENDS "window \"1GB\";", "t.cfg:3:8: syntax error", "KEY = VALUE"},
        {ENDS "stages = { copy = 2;", "t.cfg:2:21: syntax error: the file ends too early", "}"},
        {ENDS "tag = \"x;\n", "t.cfg:2:7: syntax error: the text that starts here is never closed",
         "double quote"},
        {"/* " ENDS, "t.cfg:1:1: syntax error: the comment that starts here is never closed", "*/"},
        {ENDS "stages = ;", "t.cfg:2:10: syntax error at ';'", "KEY = VALUE"},
        {ENDS "tag = \"a\";\ntag = \"b\";", "t.cfg:3:1: tag: is there twice in this group", "keep"},
        {"@include \"other\"\n" ENDS, "t.cfg:1:1: @include is not supported", "one file"},
        {ENDS "redact = [1, \"a\"];", "t.cfg:2:14: an array holds values of one type only",
         "texts"},
        /* keys */
        {ENDS "windwo = \"1GB\";", "t.cfg:2: windwo: unknown key", "did you mean 'window'?"},
        {ENDS "heartbeat_ms = 5;", "t.cfg:2: heartbeat_ms: unknown key",
         "did you mean 'source.heartbeat_ms'?"},
        {ENDS "qqqqqq = 5;", "t.cfg:2: qqqqqq: unknown key", "walferry init"},
        {ENDS "stages = {\n  loaders = 2; };", "t.cfg:3: stages.loaders: unknown key",
         "did you mean 'loader'?"},
        {ENDS "objects = ( { schema = \"a\"; tabel = \"b\"; } );",
         "t.cfg:2: objects.tabel: unknown key", "did you mean 'table'?"},
        /* missing */
        {"", "t.cfg:1: source.conninfo: is missing", "write source = { conninfo = \"...\"; };"},
        {"source = { }; destination = { conninfo = \"b\"; };",
         "t.cfg:1: source.conninfo: is missing", "conninfo"},
        {"source = { conninfo = \"\"; };", "t.cfg:1: source.conninfo: is empty", "libpq"},
        {ENDS "objects = ( { table = \"a\"; } );", "t.cfg:2: objects.schema: is missing", "schema"},
        /* types and ranges */
        {ENDS "window = 256;",
         "t.cfg:2: window: a size in double quotes, with a unit is expected, "
         "this is a number",
         "window = \"256MB\""},
        {ENDS "window = \"256\";", "t.cfg:2: window: \"256\" is not a size", "unit"},
        {ENDS "window = \"1kB\";", "t.cfg:2: window: \"1kB\" is out of range",
         "from \"1MB\" to \"1TB\""},
        {ENDS "spool_limit = \"1kB\";", "t.cfg:2: spool_limit: \"1kB\" is out of range",
         "\"1MB\" or more"},
        {ENDS "stages = { copy = \"2\"; };",
         "t.cfg:2: stages.copy: a whole number is expected, this is a text", "copy = 2"},
        {ENDS "stages = { copy = 2.5; };",
         "t.cfg:2: stages.copy: a whole number is expected, this is a broken number", "copy = 2"},
        {ENDS "stages = { copy = 0; };", "t.cfg:2: stages.copy: 0 is out of range", "from 1 to 16"},
        {ENDS "stages = { copy = 4294967298; };",
         "t.cfg:2: stages.copy: 4294967298 is out of range", "from 1 to 16"},
        {ENDS "stages = { copy = 0x100000002; };",
         "t.cfg:2: stages.copy: 4294967298 is out of range", "from 1 to 16"},
        {ENDS "stages = 2;", "t.cfg:2: stages: a group, { ... } is expected, this is a number",
         "stages"},
        {ENDS "objects = { schema = \"a\"; };",
         "t.cfg:2: objects: a list of groups, ( { ... }, { ... } ) is expected, this is a group",
         "objects = ()"},
        {ENDS "check = { ignore = \"a\"; };",
         "t.cfg:2: check.ignore: an array of texts is expected, this is a text", "ignore = []"},
        {ENDS "existing_tables = \"drop\";", "t.cfg:2: existing_tables: there is no such value",
         "use one of \"error\", \"accept\""},
        {ENDS "existing_rows = \"error\";", "t.cfg:2: existing_rows: there is no such value",
         "use one of \"default\", \"keep\", \"overwrite\""},
        {ENDS "phases = [\"scheme\"];", "t.cfg:2: phases: there is no such value", "\"schema\""},
        /* not built yet */
        {ENDS "phases = [\"copy\"];", "t.cfg:2: phases: not supported yet", "\"stream\"]"},
        {ENDS "etl = \"x\";", "t.cfg:2: etl: not supported yet", "leave the key out"},
        {ENDS "throttle = { copy_rows = 1; };", "t.cfg:2: throttle.copy_rows: not supported yet",
         "0"},
        {ENDS "throttle = { copy_bytes = \"1MB\"; };",
         "t.cfg:2: throttle.copy_bytes: not supported yet", "leave"},
        {ENDS "alerts = ( { } );", "t.cfg:2: alerts: not supported yet", "()"},
        {ENDS "redact = [\"x\"];", "t.cfg:2: redact: not supported yet", "[]"},
        {ENDS "on_etl_error = \"skip\";", "t.cfg:2: on_etl_error: not supported yet", "\"stop\""},
        {ENDS "objects = ( { schema = \"a\"; where = \"b > 1\"; } );",
         "t.cfg:2: objects.where: not supported yet", "leave"},
        {"source = { conninfo = \"a\"; slot_limit = \"1GB\"; };",
         "t.cfg:1: source.slot_limit: not supported yet", "leave"},
        /* what keys mean for each other */
        {"name = \"Orders\";" ENDS,
         "t.cfg:1: name: 'Orders' is no name that a replication slot can bear", "write name"},
        {"name = \"a2345678901234567890123456789012345678901\";" ENDS,
         "t.cfg:1: name: 'a2345678901234567890123456789012345678901' is no name that a replication "
         "slot can bear",
         "40"},
        {ENDS "retry = { connection_minutes = 10; other_minutes = 10; };",
         "t.cfg:2: retry.other_minutes: 10 is not less than connection_minutes, 10", "lower"},
        {ENDS "objects = ( { schema = \"a\"; table = \"b\"; exclude = [\"c\"]; } );",
         "t.cfg:2: objects.exclude: stands beside a table", "whole schema"},
        {ENDS "objects = ( { schema = \"a\"; to_table = \"b\"; } );",
         "t.cfg:2: objects.to_table: stands without a table", "to_schema"},
        {ENDS "objects = ( { schema = \"a\"; columns = ( { name = \"b\"; } ); } );",
         "t.cfg:2: objects.columns: stand without a table", "entry of its own"},
        {ENDS "objects = ( { schema = \"a\"; operations = []; } );",
         "t.cfg:2: objects.operations: is empty", "exclude"},
        {ENDS "objects = ( { schema = \"a\"; operations = [\"merge\"]; } );",
         "t.cfg:2: objects.operations: there is no such value", "\"insert\""},
        {ENDS "objects = ( { schema = \"a\"; table = \"b\"; columns = (\n{ name = \"c\"; },\n"
              "{ name = \"c\"; skip = true; } ); } );",
         "t.cfg:4: objects.columns: c is there twice, first in line 3", "keep one"},
        {ENDS "objects = ( { schema = \"a\"; table = \"b\"; columns = (\n"
              "{ name = \"c\"; to = \"d\"; skip = true; } ); } );",
         "t.cfg:3: objects.columns.to: stands beside skip", "rename"},
        {ENDS "objects = ( { schema = \"a\"; table = \"b\"; columns = ( { skip = true; } ); } );",
         "t.cfg:2: objects.columns.name: is missing", "The column"},
        {ENDS "objects = ( { schema = \"a\"; table = \"b\"; to_table = \""
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; } );",
         "t.cfg:2: objects.to_table: a name of 64 bytes", "63"},
        {ENDS
         "objects = ( { schema = \"a\"; table = \"b\"; },\n{ schema = \"a\"; table = \"b\"; } );",
         "t.cfg:3: objects: a.b is there twice, first in line 2", "keep one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_refused(cases[i].text, cases[i].what, cases[i].to_do);
}

static void a_file_without_a_fit_name_needs_one_inside(void **state)
{
    TaskFile task;
    Error err = {0};

    (void)state;
    assert_false(task_file_parse("My-Task.cfg", str_of(ENDS), &arena, &task, &err));
    assert_non_null(strstr(err.message, "My-Task.cfg:1: name: 'My-Task' (from the file's name)"));
    assert_non_null(strstr(err.hint, "add name"));
}

static void a_comment_may_end_the_file_without_a_newline(void **state)
{
    (void)state;
    parsed(ENDS "# the end");
    parsed(ENDS "// the end");
}

static void a_nul_byte_is_refused(void **state)
{
    TaskFile task;
    Error err = {0};

    (void)state;
    assert_false(task_file_parse("t.cfg", (Str){"a\n# \0b", 6}, &arena, &task, &err));
    assert_string_equal(err.message, "t.cfg:2:3: a NUL byte");
}

static void a_mapping_is_read_with_its_lines(void **state)
{
    TaskFile task = parsed(ENDS "case_policy = \"dts\";\n"
                                "objects = ( { schema = \"a\"; to_schema = \"b\"; },\n"
                                "{ schema = \"a\"; table = \"t\"; to_table = \"u\";\n"
                                "  operations = [\"insert\", \"ddl\"];\n"
                                "  columns = ( { name = \"c\"; to = \"d\"; },\n"
                                "              { name = \"e\"; skip = true; } ); } );");
    const TaskObject *table = task_file_table(&task, "a", "t");
    const TaskObject *schema = task_file_schema(&task, "a");

    (void)state;
    assert_int_equal(task.case_policy, CASE_DTS);
    assert_string_equal(task.file, "dir/orders.cfg");
    assert_string_equal(schema->to_schema, "b");
    assert_null(schema->operations); /* nothing was said */
    assert_string_equal(table->to_table, "u");
    assert_string_equal(table->to_schema, "");
    assert_string_equal(table->operations[0], "insert");
    assert_string_equal(table->operations[1], "ddl");
    assert_null(table->operations[2]);
    assert_int_equal(table->column_count, 2);
    assert_string_equal(table->columns[0].to, "d");
    assert_false(table->columns[0].skip);
    assert_true(table->columns[1].skip);
    assert_int_equal(table->columns[1].line, 7);
    assert_null(task_file_table(&task, "a", "u"));
}

static void keys_that_are_not_built_may_have_their_default(void **state)
{
    parsed(ENDS "throttle = { copy_rows = 0; stream_bytes = \"0\"; }; etl = \"\"; redact = ();\n"
                "objects = ( { schema = \"a\"; etl = \"\"; columns = ();\n"
                "  operations = [\"ddl\", \"insert\", \"update\", \"delete\", \"truncate\"]; } );");
    (void)state;
}

static void the_template_parses_once_it_has_both_connections(void **state)
{
    const char *uri = "host=db1 options='-c \"x\\y\"'";
    TaskFile task = parsed(task_file_template(&arena, "made", uri, "host=b"));

    (void)state;
    assert_string_equal(task.name, "made");
    assert_string_equal(task.source.conninfo, uri);
    assert_refused(task_file_template(&arena, "made", "", "host=b"),
                   "t.cfg:16: source.conninfo: is empty", "libpq");
}

static void a_table_entry_wins_over_its_schemas_and_exclude_takes_out(void **state)
{
    TaskFile all = parsed(ENDS);
    TaskFile some = parsed(
        ENDS "objects = ( { schema = \"p\"; exclude = [\"tmp_*\", \"?\"]; },\n"
             "  { schema = \"p\"; table = \"tmp_kept\"; }, { schema = \"s\"; table = \"o\"; } );");

    (void)state;
    assert_true(task_file_selects(&all, "any", "thing"));
    assert_true(task_file_selects(&some, "p", "orders"));
    assert_false(task_file_selects(&some, "p", "tmp_x"));
    assert_false(task_file_selects(&some, "p", "x"));
    assert_true(task_file_selects(&some, "p", "tmp_kept"));
    assert_true(task_file_selects(&some, "s", "o"));
    assert_false(task_file_selects(&some, "s", "p"));
    assert_false(task_file_selects(&some, "q", "orders"));
}

static void the_caret_stands_under_the_flaw(void **state)
{
    (void)state;
    assert_null(task_file_syntax_place(str_of(ENDS), &arena));
    assert_string_equal(task_file_syntax_place(str_of(ENDS "\ttag = (1,);\n"), &arena),
                        "     tag = (1,);\n             ^\n");
}

static void the_caret_line_masks_what_may_be_a_secret(void **state)
{
    const char *text = "source = { conninfo = \"host=a password=\"geheim\"; };";
    const char *place = task_file_syntax_place(str_of(text), &arena);

    (void)state;
    assert_null(strstr(place, "host=a"));
    assert_non_null(strstr(place, "conninfo"));
}

/* ---- files ---- */

static const char *write_file(const char *text, mode_t mode)
{
    static char path[] = "/tmp/walferry_test_XXXXXX";
    FILE *file;
    int fd;

    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void a_password_needs_a_private_file(void **state)
{
    const char *text = "name = \"a\"; source = { conninfo = \"host=a\"; };\n"
                       "destination = { conninfo = \"password=geheim\"; };\n";
    const char *path = write_file(text, 0640);
    TaskFile task;
    Error err = {0};
    Str read;

    (void)state;
    assert_false(task_file_load(path, &arena, &task, &read, &err));
    assert_non_null(strstr(err.message, ":2: destination.conninfo: a password"));
    assert_null(strstr(err.message, "geheim"));
    assert_non_null(strstr(err.hint, "chmod 600"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(task_file_load(path, &arena, &task, &read, &err));
    assert_true(str_equal(read, str_of(text)));
    unlink(path);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    TaskFile task;
    Error err = {0};
    Str read;

    (void)state;
    assert_false(task_file_load("/nowhere/t.cfg", &arena, &task, &read, &err));
    assert_string_equal(err.message, "/nowhere/t.cfg: No such file or directory");
    assert_false(task_file_load("/tmp", &arena, &task, &read, &err));
    assert_string_equal(err.message, "/tmp: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_left_out_has_its_default, give_arena_back),
        cmocka_unit_test_teardown(what_is_written_is_taken, give_arena_back),
        cmocka_unit_test_teardown(a_bad_file_is_refused_with_line_key_and_what_to_do,
                                  give_arena_back),
        cmocka_unit_test_teardown(a_file_without_a_fit_name_needs_one_inside, give_arena_back),
        cmocka_unit_test_teardown(a_comment_may_end_the_file_without_a_newline, give_arena_back),
        cmocka_unit_test_teardown(a_nul_byte_is_refused, give_arena_back),
        cmocka_unit_test_teardown(a_mapping_is_read_with_its_lines, give_arena_back),
        cmocka_unit_test_teardown(keys_that_are_not_built_may_have_their_default, give_arena_back),
        cmocka_unit_test_teardown(the_template_parses_once_it_has_both_connections,
                                  give_arena_back),
        cmocka_unit_test_teardown(a_table_entry_wins_over_its_schemas_and_exclude_takes_out,
                                  give_arena_back),
        cmocka_unit_test_teardown(the_caret_stands_under_the_flaw, give_arena_back),
        cmocka_unit_test_teardown(the_caret_line_masks_what_may_be_a_secret, give_arena_back),
        cmocka_unit_test_teardown(a_password_needs_a_private_file, give_arena_back),
        cmocka_unit_test_teardown(a_file_that_is_not_there_is_named, give_arena_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
