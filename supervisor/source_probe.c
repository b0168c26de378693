#include "supervisor/source_probe.h"

#include "common/clock.h"
#include "common/mem.h"
#include "common/names.h"

#include "probe_source.sql.h"

#include <stdio.h>
#include <stdlib.h>

struct SourceProbe {
    const PgTarget *target;
    char *task;
    char *sql;
    SourceLink *link;
    int64_t due_ms;
    int64_t clock_ahead_us;
    StatusSource known;
};

SourceProbe *source_probe_new(const PgTarget *target, const char *task)
{
    SourceProbe *probe = MEM_NEW(SourceProbe);
    char slot[OBJECT_NAME_MAX];

    probe->target = target;
    probe->task = mem_strdup(task);
    probe->sql = mem_printf(SQL_PROBE_SOURCE, names_slot(task, slot)); /* [a-z0-9_] only */
    return probe;
}

void source_probe_free(SourceProbe **probe)
{
    if (!*probe)
        return;
    source_link_close(&(*probe)->link);
    free((*probe)->task);
    free((*probe)->sql);
    free(*probe);
    *probe = NULL;
}

static void note(SourceProbe *probe, const PgRows *rows)
{
    StatusSource *known = &probe->known;
    bool slot = !pg_is_null(rows, 0, "confirmed_lsn");
    int64_t now_us = clock_wall_us();

    *known = (StatusSource){.at_ms = now_us / 1000, .lag_bytes = -1, .retained_wal_bytes = -1};
    probe->clock_ahead_us = pg_int(rows, 0, "clock_us") - now_us;
    if (!lsn_parse(pg_text(rows, 0, "wal_lsn"), &known->wal_lsn))
        known->at_ms = 0;
    if (!slot || !lsn_parse(pg_text(rows, 0, "confirmed_lsn"), &known->confirmed_lsn))
        return;
    known->lag_bytes = pg_int(rows, 0, "lag_bytes");
    known->retained_wal_bytes = pg_int(rows, 0, "retained_bytes");
    snprintf(known->wal_status, sizeof known->wal_status, "%s", pg_text(rows, 0, "wal_status"));
}

static void failed(SourceProbe *probe, int64_t now_ms)
{
    source_link_close(&probe->link);
    probe->due_ms = now_ms + PROBE_AGAIN_MS;
}

static void begin(SourceProbe *probe, int64_t now_ms)
{
    char application[OBJECT_NAME_MAX];
    Error ignored = {0};

    names_application(probe->task, "probe", application);
    if (!source_link_open(&probe->link, probe->target, application, now_ms, &ignored))
        failed(probe, now_ms);
}

static void ask(SourceProbe *probe, int64_t now_ms)
{
    Error ignored = {0};

    probe->due_ms = now_ms + PROBE_EVERY_MS;
    if (!source_link_ask(probe->link, probe->sql, now_ms, &ignored))
        failed(probe, now_ms);
}

static void serve_link(SourceProbe *probe, int64_t now_ms)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    Error ignored = {0};

    switch (source_link_step(probe->link, now_ms, &rows, &ignored)) {
    case LINK_FAILED:
        failed(probe, now_ms);
        return;
    case LINK_READY:
        ask(probe, now_ms);
        return;
    case LINK_ANSWER:
        note(probe, rows);
        return;
    case LINK_NOTHING:
        if (source_link_idle(probe->link) && now_ms >= probe->due_ms)
            ask(probe, now_ms);
    }
}

void source_probe_step(SourceProbe *probe, int64_t now_ms)
{
    if (probe->link)
        serve_link(probe, now_ms);
    else if (now_ms >= probe->due_ms)
        begin(probe, now_ms);
}

bool source_probe_wait(const SourceProbe *probe, WaitItem *out)
{
    if (!probe->link)
        return false;
    *out = source_link_wait(probe->link);
    return true;
}

const StatusSource *source_probe_known(const SourceProbe *probe)
{
    return &probe->known;
}

int64_t source_probe_clock_ahead_us(const SourceProbe *probe)
{
    return probe->clock_ahead_us;
}
