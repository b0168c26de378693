#include "cli/status_view.h"

#include "cli/table.h"
#include "cli/units.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct View {
    const JsonValue *task, *before; /* before may be NULL */
    int64_t ms;
    Bytes *out;
} View;

static void add(Bytes *out, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(Bytes *out, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    bytes_add_str(out, str_of(text));
    free(text);
}

static void start_line(View *view, const char *label)
{
    add(view->out, "  %-9s ", label);
}

static int64_t number(const View *view, const char *path)
{
    return json_value_int(view->task, path, -1);
}

/* How much a number grows in a second; negative when that is not known. */
static double rate(const View *view, const char *path)
{
    int64_t then = json_value_int(view->before, path, -1), now = number(view, path);

    return then < 0 || now < then || view->ms <= 0 ? -1
                                                   : (double)(now - then) * 1000 / (double)view->ms;
}

const JsonValue *status_task(const JsonValue *status, const char *name)
{
    const JsonValue *tasks = json_value_at(status, "tasks");

    for (size_t i = 0; i < json_value_count(tasks); i++) {
        const JsonValue *task = json_value_item(tasks, i);

        if (strcmp(json_value_text(task, "name", ""), name) == 0)
            return task;
    }
    return NULL;
}

void status_error(const JsonValue *task, Error *out)
{
    error_set(out, error_kind_of(json_value_text(task, "error.kind", "none")), "%s",
              json_value_text(task, "error.message", ""));
    (void)error_object(out, "%s", json_value_text(task, "error.object", ""));
    (void)error_key(out, "%s", json_value_text(task, "error.key", ""));
    (void)error_position(out, "%s", json_value_text(task, "error.position", ""));
    (void)error_hint(out, "%s", json_value_text(task, "error.hint", ""));
}

/* ---- the lines of a task's block ---- */

static void add_head(View *view)
{
    const char *tag = json_value_text(view->task, "tag", "");

    add(view->out, "%s%s%s%s\n", json_value_text(view->task, "name", "?"), tag[0] ? "  (" : "", tag,
        tag[0] ? ")" : "");
    start_line(view, "state");
    add(view->out, "%s, phase %s, %s\n", json_value_text(view->task, "state", "?"),
        json_value_text(view->task, "phase", "?"),
        json_value_bool(view->task, "consistent") ? "consistent" : "not yet consistent");
}

static void add_copy(View *view)
{
    char copied[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX], more[UNITS_TEXT_MAX];

    if (number(view, "tables.total") <= 0)
        return;
    start_line(view, "copy");
    add(view->out, "%s of %s tables", units_count(number(view, "tables.copied"), copied),
        units_count(number(view, "tables.total"), total));
    add(view->out, ", %s of about %s rows", units_count(number(view, "rows.copied"), copied),
        units_count(number(view, "rows.estimate"), total));
    if (number(view, "rows.kept") > 0)
        add(view->out, " (%s were there and kept)", units_count(number(view, "rows.kept"), more));
    add(view->out, ", %s", units_bytes(number(view, "bytes.copied"), bytes));
    if (rate(view, "bytes.copied") > 0)
        add(view->out, ", %s", units_rate(rate(view, "bytes.copied"), more));
    if (number(view, "eta_s") >= 0)
        add(view->out, ", about %s left", units_duration(number(view, "eta_s") * 1000, more));
    add(view->out, "\n");
}

static void add_stream(View *view)
{
    const char *applied = json_value_text(view->task, "applied_lsn", NULL);
    char text[UNITS_TEXT_MAX];

    if (!applied)
        return;
    start_line(view, "stream");
    add(view->out, "%s changes applied", units_count(number(view, "changes.applied"), text));
    if (rate(view, "changes.applied") >= 0)
        add(view->out, ", %s a second", units_count((int64_t)rate(view, "changes.applied"), text));
    if (number(view, "latency_ms") >= 0)
        add(view->out, ", latency %s", units_duration(number(view, "latency_ms"), text));
    add(view->out, ", up to %s\n", applied);
}

static void add_source(View *view)
{
    const char *waiting = json_value_text(view->task, "source.waiting_for", NULL);
    char behind[UNITS_TEXT_MAX], kept[UNITS_TEXT_MAX];

    if (number(view, "source.at_ms") >= 0) {
        start_line(view, "source");
        add(view->out, "slot %s confirmed to %s", json_value_text(view->task, "source.slot", "?"),
            json_value_text(view->task, "source.confirmed_lsn", "?"));
        if (number(view, "source.lag_bytes") >= 0)
            add(view->out, ", %s behind", units_bytes(number(view, "source.lag_bytes"), behind));
        if (number(view, "source.retained_wal_bytes") >= 0)
            add(view->out, ", keeps %s of WAL (%s)",
                units_bytes(number(view, "source.retained_wal_bytes"), kept),
                json_value_text(view->task, "source.wal_status", "?"));
        add(view->out, "\n");
    }
    if (waiting) {
        start_line(view, "waits for");
        add(view->out, "%s\n", waiting);
    }
}

static void add_losses(View *view)
{
    int64_t again = number(view, "redelivered_batches"),
            dropped = number(view, "duplicates_dropped"), rewinds = number(view, "rewinds");

    if (again <= 0 && dropped <= 0 && rewinds <= 0)
        return;
    start_line(view, "recovery");
    add(view->out, "%lld batches sent again, %lld duplicates dropped, %lld rewinds\n",
        (long long)again, (long long)dropped, (long long)rewinds);
}

/* Only where a task leaves operations out. */
static void add_left_out(View *view)
{
    int64_t missing = number(view, "rows_missing"), replaced = number(view, "rows_replaced");

    if (missing <= 0 && replaced <= 0)
        return;
    start_line(view, "left out");
    add(view->out, "%lld changes found no row, %lld rows were replaced by others of their key\n",
        (long long)missing, (long long)replaced);
}

static void add_error(View *view)
{
    const JsonValue *warnings = json_value_at(view->task, "warnings");
    char line[sizeof(Error)];
    Error error;

    for (size_t i = 0; i < json_value_count(warnings); i++) {
        start_line(view, "warning");
        add(view->out, "%s\n", json_value_text(json_value_item(warnings, i), "", "?"));
    }
    status_error(view->task, &error);
    if (error.kind == ERROR_NONE)
        return;
    error_format(&error, line, sizeof line);
    start_line(view, "error");
    add(view->out, "%s: %s\n", error_kind_name(error.kind), line);
}

static const TableColumn STAGE_COLUMNS[] = {
    {"  stage", false}, {"pid", true}, {"state", false}, {"restarts", true}, {"memory", true},
};

/* "4711", or "1@loader" of one on another host or in a container. */
static void add_pid(Table *table, const JsonValue *stage)
{
    long long pid = json_value_int(stage, "pid", 0);
    const char *host = json_value_text(stage, "host", "");

    if (pid > 0)
        table_addf(table, "%lld%s%s", pid, host[0] ? "@" : "", host);
    else
        table_add(table, "-");
}

static void add_stages(View *view)
{
    const JsonValue *stages = json_value_at(view->task, "stages");
    CLEANUP(table_done) Table table = table_of(STAGE_COLUMNS, COUNT_OF(STAGE_COLUMNS));

    for (size_t i = 0; i < json_value_count(stages); i++) {
        const JsonValue *stage = json_value_item(stages, i);
        char memory[UNITS_TEXT_MAX] = "-";

        table_addf(&table, "  %s %lld", json_value_text(stage, "role", "?"),
                   (long long)json_value_int(stage, "instance", 0));
        add_pid(&table, stage);
        table_add(&table, json_value_text(stage, "state", "?"));
        table_addf(&table, "%lld", (long long)json_value_int(stage, "restarts", 0));
        if (json_value_int(stage, "rss", -1) >= 0)
            units_bytes(json_value_int(stage, "rss", -1), memory);
        table_add(&table, memory);
    }
    table_print(&table, view->out);
}

void status_view(const JsonValue *now, const JsonValue *before, int64_t ms, Bytes *out)
{
    const JsonValue *tasks = json_value_at(now, "tasks");

    if (json_value_count(tasks) == 0)
        add(out, "no tasks\n");
    for (size_t i = 0; i < json_value_count(tasks); i++) {
        View view = {.task = json_value_item(tasks, i), .ms = ms, .out = out};

        view.before = before ? status_task(before, json_value_text(view.task, "name", "")) : NULL;
        if (i > 0)
            add(out, "\n");
        add_head(&view);
        add_copy(&view);
        add_stream(&view);
        add_source(&view);
        add_losses(&view);
        add_left_out(&view);
        add_error(&view);
        add_stages(&view);
    }
}

/* ---- tables ---- */

static const TableColumn TABLE_COLUMNS[] = {
    {"table", false},   {"state", false}, {"rows", true},   {"kept", true},
    {"estimate", true}, {"bytes", true},  {"chunks", true},
};

void tables_view(const JsonValue *answer, Bytes *out)
{
    const JsonValue *tables = json_value_at(answer, "tables");
    CLEANUP(table_done) Table table = table_of(TABLE_COLUMNS, COUNT_OF(TABLE_COLUMNS));
    char text[UNITS_TEXT_MAX];

    if (json_value_count(tables) == 0)
        add(out, "no tables yet\n");
    for (size_t i = 0; i < json_value_count(tables); i++) {
        const JsonValue *one = json_value_item(tables, i);

        table_addf(&table, "%s.%s", json_value_text(one, "schema", "?"),
                   json_value_text(one, "table", "?"));
        table_add(&table, json_value_text(one, "state", "?"));
        table_add(&table, units_count(json_value_int(one, "rows", 0), text));
        table_add(&table, units_count(json_value_int(one, "kept", 0), text));
        table_add(&table, units_count(json_value_int(one, "estimate", 0), text));
        table_add(&table, units_bytes(json_value_int(one, "bytes", 0), text));
        table_addf(&table, "%lld/%lld", (long long)json_value_int(one, "chunks_done", 0),
                   (long long)json_value_int(one, "chunks", 0));
    }
    table_print(&table, out);
}
