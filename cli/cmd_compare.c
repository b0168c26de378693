/* walferry compare */
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "cli/task_state.h"
#include "cli/units.h"
#include "schema/compare.h"
#include <stdio.h>

const Option COMPARE_OPTIONS[] = {
    {"--table", NULL, "TABLE", "this one only: schema.table, or a table's name"},
    {"--file", NULL, "FILE", "the task file, if not the one the task was started with"},
    {NULL, NULL, NULL, NULL},
};

static const TableColumn COLUMNS[] = {
    {"table", false}, {"", false}, {"source rows", true}, {"destination rows", true}, {"", false},
};

typedef struct Report {
    Table table;
    JsonValue *tables;
    Bytes different; /* names, with commas */
    int equal, differing;
} Report;

static void add_json(JsonValue *tables, const CompareTable *table)
{
    JsonValue *one = json_value_object();

    json_value_put_text(one, "schema", table->schema);
    json_value_put_text(one, "table", table->table);
    json_value_put_text(one, "to_schema", table->to_schema);
    json_value_put_text(one, "to_table", table->to_table);
    json_value_put_bool(one, "equal", table->equal);
    json_value_put_int(one, "source_rows", table->source_rows);
    json_value_put_int(one, "destination_rows", table->destination_rows);
    json_value_put_text(one, "source_digest", table->source_digest);
    json_value_put_text(one, "destination_digest", table->destination_digest);
    json_value_put_text(one, "note", table->note);
    json_value_add(tables, &one);
}

static void add_rows(Table *table, int64_t rows)
{
    char text[UNITS_TEXT_MAX];

    table_add(table, rows < 0 ? "-" : units_count(rows, text));
}

static const char *difference(const CompareTable *table)
{
    if (table->note[0] || table->equal)
        return table->note;
    return table->source_rows == table->destination_rows ? "the rows' contents differ" : "";
}

static bool is_renamed(const CompareTable *table)
{
    return strcmp(table->schema, table->to_schema) != 0 ||
           strcmp(table->table, table->to_table) != 0;
}

static void add_table(void *self, const CompareTable *table)
{
    Report *report = self;

    report->equal += table->equal;
    report->differing += !table->equal;
    if (!table->equal) {
        bytes_add_str(&report->different, str_of(report->differing > 1 ? ", " : ""));
        bytes_add_str(&report->different, str_of(table->schema));
        bytes_add_str(&report->different, str_of("."));
        bytes_add_str(&report->different, str_of(table->table));
    }
    add_json(report->tables, table);
    if (is_renamed(table))
        table_addf(&report->table, "%s.%s → %s.%s", table->schema, table->table, table->to_schema,
                   table->to_table);
    else
        table_addf(&report->table, "%s.%s", table->schema, table->table);
    table_add(&report->table, table->equal ? "equal" : "DIFFERS");
    add_rows(&report->table, table->source_rows);
    add_rows(&report->table, table->destination_rows);
    table_add(&report->table, difference(table));
}

static void print_report(const Invocation *in, Report *report)
{
    CLEANUP(json_value_done) JsonValue *answer = json_value_object();
    Bytes text = {0};

    if (in->json) {
        json_value_put_bool(answer, "equal", report->differing == 0);
        json_value_put(answer, "tables", &report->tables);
        json_value_write(answer, stdout);
        return;
    }
    table_print(&report->table, &text);
    command_print(&text);
    if (report->differing == 0)
        printf("%d table%s equal\n", report->equal, report->equal == 1 ? "" : "s");
}

static int finish(const Invocation *in, Report *report, bool ok, Error *err)
{
    if (ok || report->table.cell_count > 0)
        print_report(in, report);
    if (ok && report->differing > 0) {
        ok = error_set(err, ERROR_DATA, "%d of %d tables differ: %.*s", report->differing,
                       report->differing + report->equal, STR_ARGS(bytes_str(&report->different)));
        error_hint(err,
                   "if the source is written to now, stop the writers, `walferry wait %s --for "
                   "caught-up`, and compare again",
                   command_word(in, 0));
    }
    if (!ok && err->kind == ERROR_CONFIG)
        error_hint(err, "see `walferry tables %s` and the task file", command_word(in, 0));
    json_value_done(&report->tables);
    table_done(&report->table);
    bytes_done(&report->different);
    return ok ? EXIT_DONE : command_failed(err);
}

int cmd_compare(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    const char *file = command_option(in, "--file");
    Report report = {
        .table = table_of(COLUMNS, COUNT_OF(COLUMNS)), .tables = NULL, .different = {.limit = 800}};
    TaskFile task;
    Error err = {0};
    Str text;
    bool ok;

    if (!file && !task_state_file(in, command_word(in, 0), &arena, &file, &err))
        return command_failed(&err);
    if (!command_load_task(file, &arena, &task, &text))
        return EXIT_FAILED;
    report.tables = json_value_array();
    ok = compare_task(&task, command_option(in, "--table"), add_table, &report, &err);
    return finish(in, &report, ok, &err);
}
