/* walferry sequences */
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "cli/task_state.h"
#include "schema/sequences.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const Option SEQUENCES_OPTIONS[] = {
    {"--apply", NULL, NULL, "set the destination's, where it is behind the source's"},
    {"--margin", NULL, "N", "with --apply: N steps further than the source's"},
    {"--file", NULL, "FILE", "the task file, if not the one the task was started with"},
    {NULL, NULL, NULL, NULL},
};

static const TableColumn COLUMNS[] = {
    {"sequence", false}, {"", false}, {"source", true}, {"destination", true}, {"", false},
};

static const char *const STATES[] = {
    [SEQUENCE_OK] = "ok",
    [SEQUENCE_BEHIND] = "BEHIND",
    [SEQUENCE_SET] = "set",
    [SEQUENCE_MISSING] = "MISSING",
};

typedef struct Report {
    Table table;
    JsonValue *sequences;
    int count, behind, missing, set;
} Report;

static void add_json(JsonValue *sequences, const SequenceItem *item)
{
    JsonValue *one = json_value_object();
    bool there = item->state != SEQUENCE_MISSING;

    json_value_put_text(one, "schema", item->schema);
    json_value_put_text(one, "sequence", item->name);
    json_value_put_text(one, "destination_name", item->there);
    json_value_put_text(one, "state", STATES[item->state]);
    json_value_put_int(one, "source_value", item->source.last);
    json_value_put_bool(one, "source_called", item->source.called);
    if (there) {
        json_value_put_int(one, "destination_value", item->destination.last);
        json_value_put_bool(one, "destination_called", item->destination.called);
    }
    json_value_add(sequences, &one);
}

static void add_value(Table *table, SequenceValue value)
{
    table_addf(table, "%" PRId64 "%s", value.last, value.called ? "" : " (unused)");
}

static void add_sequence(void *self, const SequenceItem *item)
{
    Report *report = self;
    char name[256];

    report->count++;
    report->behind += item->state == SEQUENCE_BEHIND;
    report->missing += item->state == SEQUENCE_MISSING;
    report->set += item->state == SEQUENCE_SET;
    add_json(report->sequences, item);
    snprintf(name, sizeof name, "%s.%s", item->schema, item->name);
    table_add(&report->table, name);
    table_add(&report->table, STATES[item->state]);
    add_value(&report->table, item->source);
    if (item->state == SEQUENCE_MISSING)
        table_add(&report->table, "-");
    else
        add_value(&report->table, item->destination);
    table_add(&report->table, strcmp(name, item->there) == 0 ? "" : item->there);
}

static void print_report(const Invocation *in, Report *report)
{
    CLEANUP(json_value_done) JsonValue *answer = json_value_object();
    Bytes text = {0};

    if (in->json) {
        json_value_put_bool(answer, "behind", report->behind > 0);
        json_value_put_int(answer, "set", report->set);
        json_value_put(answer, "sequences", &report->sequences);
        json_value_write(answer, stdout);
        return;
    }
    table_print(&report->table, &text);
    command_print(&text);
    if (report->behind + report->missing == 0)
        printf("%d sequence%s, none behind; %d set\n", report->count, report->count == 1 ? "" : "s",
               report->set);
}

static bool judge(const Invocation *in, const Report *report, Error *err)
{
    if (report->missing > 0) {
        error_set(err, ERROR_CONFIG, "%d of %d sequences are not at the destination",
                  report->missing, report->count);
        return error_hint(err, "make them there, then walferry sequences %s --apply",
                          command_word(in, 0));
    }
    if (report->behind == 0)
        return true;
    error_set(err, ERROR_DATA, "%d of %d sequences are behind at the destination", report->behind,
              report->count);
    return error_hint(err, "when the writers have stopped: walferry sequences %s --apply",
                      command_word(in, 0));
}

static bool read_margin(const Invocation *in, int64_t *out)
{
    const char *text = command_option(in, "--margin");
    char *end = NULL;

    *out = 0;
    if (!text)
        return true;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0;
}

static int finish(const Invocation *in, Report *report, bool ok, Error *err)
{
    if (ok) {
        print_report(in, report);
        ok = judge(in, report, err);
    }
    json_value_done(&report->sequences);
    table_done(&report->table);
    return ok ? EXIT_DONE : command_failed(err);
}

int cmd_sequences(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    const char *file = command_option(in, "--file");
    SequencesRequest request = {.apply = command_option(in, "--apply") != NULL};
    Report report = {.table = table_of(COLUMNS, COUNT_OF(COLUMNS))};
    TaskFile task;
    Error err = {0};
    Str text;
    bool ok;

    if (!read_margin(in, &request.margin))
        return command_misused("--margin %.40s is no number of steps (0 or more)",
                               command_option(in, "--margin"));
    if (request.margin > 0 && !request.apply)
        return command_misused("--margin goes with --apply");
    if (!file && !task_state_file(in, command_word(in, 0), &arena, &file, &err))
        return command_failed(&err);
    if (!command_load_task(file, &arena, &task, &text))
        return EXIT_FAILED;
    report.sequences = json_value_array();
    ok = sequences_task(&task, &request, add_sequence, &report, &err);
    return finish(in, &report, ok, &err);
}
