#include "schema/check_report.h"

#include "common/mem.h"
#include "schema/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *check_level_name(CheckLevel level)
{
    static const char *const NAMES[] = {"ok", "warn", "FAIL"};

    return NAMES[level];
}

static bool is_ignored(const TaskFile *task, const char *id)
{
    for (size_t i = 0; task->check_ignore && task->check_ignore[i]; i++) {
        if (strcmp(task->check_ignore[i], id) == 0)
            return true;
    }
    return false;
}

void check_report(CheckReport *report, CheckLevel level, const char *id, const char *object,
                  const char *to_do, const char *what, ...)
{
    CLEANUP(mem_free) char *text = NULL;
    va_list arguments;

    va_start(arguments, what);
    int len = vasprintf(&text, what, arguments);
    va_end(arguments);
    if (len < 0)
        abort();

    CheckItem item = {level, id, object, text, level == CHECK_OK ? "" : to_do};

    if (level == CHECK_WARN && is_ignored(report->task, id)) {
        item.level = CHECK_OK;
        item.to_do = "";
    }
    report->sink(report->self, &item);
}

static void report_failure(CheckReport *report, const char *id, const Error *why)
{
    check_report(report, CHECK_FAIL, id, why->object, why->hint, "%s", why->message);
}

/* What a server refuses is an item; only a host that gives up ends the check. */
static bool settle(CheckReport *report, const char *id, bool done, const Error *why, Error *err)
{
    if (done)
        return true;
    if (why->kind == ERROR_NONE) {
        *err = *why;
        return false;
    }
    report_failure(report, id, why);
    return true;
}

bool check_look_at_source(CheckReport *report, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    Error why = {0};

    if (!job_connect_source(&pg, report->task, "check", report->host, &why))
        return settle(report, "source.connect", false, &why, err);
    check_report(report, CHECK_OK, "source.connect", "", "", "connected to %s", pg_address(pg));
    return settle(report, "source.catalog",
                  check_source(report, pg, &why) && check_tables(report, pg, &why), &why, err);
}

bool check_look_at_destination(CheckReport *report, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    Error why = {0};

    if (!job_connect_destination(&pg, report->task, "check", report->host, &why))
        return settle(report, "destination.connect", false, &why, err);
    check_report(report, CHECK_OK, "destination.connect", "", "", "connected to %s",
                 pg_address(pg));
    return settle(report, "destination.catalog", check_destination(report, pg, &why), &why, err);
}

void check_report_done(CheckReport *report)
{
    arena_done(&report->arena);
}

bool check_task(const TaskFile *task, JobHost *host, CheckSink *sink, void *self, Error *err)
{
    CLEANUP(check_report_done)
    CheckReport report = {.task = task, .host = host, .sink = sink, .self = self};

    if (!check_look_at_source(&report, err))
        return false;
    return task->destination.type == DESTINATION_SELECTDB ? check_look_at_selectdb(&report, err)
                                                          : check_look_at_destination(&report, err);
}
