/* walferry check */
#include "cli/command.h"
#include "cli/json_value.h"
#include "schema/check.h"
#include <stdio.h>

typedef struct Report {
    JsonValue *items; /* or NULL: lines are printed */
    int count, warnings;
    int failures; /* they keep the task from starting */
} Report;

static void add_json(JsonValue *items, const CheckItem *item)
{
    JsonValue *one = json_value_object();

    json_value_put_text(one, "level", check_level_name(item->level));
    json_value_put_text(one, "id", item->id);
    json_value_put_text(one, "object", item->object);
    json_value_put_text(one, "what", item->what);
    json_value_put_text(one, "to_do", item->to_do);
    json_value_add(items, &one);
}

/* Printed at once, since a server may take its time; so the columns have fixed widths. */
static void add_line(const CheckItem *item)
{
    bool to_do = item->to_do && item->to_do[0];

    printf("%-4s  %-30s  %s%s%s%s%s\n", check_level_name(item->level), item->id, item->object,
           item->object[0] ? "  " : "", item->what, to_do ? " -> " : "", to_do ? item->to_do : "");
    fflush(stdout);
}

static void add_item(void *self, const CheckItem *item)
{
    Report *report = self;

    report->count++;
    report->warnings += item->level == CHECK_WARN;
    report->failures += item->level == CHECK_FAIL;
    if (report->items)
        add_json(report->items, item);
    else
        add_line(item);
}

static int exit_status(const char *file, const Report *report)
{
    Error err;

    if (report->failures + report->warnings == 0)
        return EXIT_DONE;
    if (report->failures > 0) {
        error_set(&err, ERROR_CONFIG, "%s: %d of %d items keep the task from starting", file,
                  report->failures, report->count);
        error_hint(&err, "do what the items say");
    } else {
        error_set(&err, ERROR_CONFIG, "%s: %d of %d items are warnings, with which the task starts",
                  file, report->warnings, report->count);
        error_hint(&err, "do what the items say, or name what is meant so in check.ignore");
    }
    return command_failed(&err);
}

int cmd_check(const Invocation *in)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(json_value_done) JsonValue *answer = NULL;
    Report report = {0};
    TaskFile task;
    Error err = {0};
    Str text;
    bool ok;

    if (!command_load_task(command_word(in, 0), &arena, &task, &text))
        return EXIT_FAILED;
    if (in->json) {
        answer = json_value_object();
        report.items = json_value_array();
    }
    ok = check_task(&task, NULL, add_item, &report, &err);
    if (in->json) {
        json_value_put(answer, "items", &report.items);
        json_value_put_bool(answer, "ok", ok && report.failures + report.warnings == 0);
        json_value_write(answer, stdout);
    }
    return ok ? exit_status(command_word(in, 0), &report) : command_failed(&err);
}
