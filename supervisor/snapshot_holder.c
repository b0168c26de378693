#include "supervisor/snapshot_holder.h"

#include "common/mem.h"
#include "common/names.h"

#include "take_snapshot.sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLUSH_POLL_MS = 50,
    PING_MS = 10000, /* notices a lost network, and keeps idle timeouts of others in the way off */
    WAL_PAGE_BYTES = 8192,
    WAL_SHORT_HEADER = 24,
    WAL_LONG_HEADER = 40,
    XIP_MAX = 1 << 20,
};

typedef enum HolderState {
    STATE_CONNECTING,
    STATE_TAKING,
    STATE_FLUSHING, /* between two looks at the flush position */
    STATE_LOOKING,
    STATE_HOLDING,
    STATE_PINGING,
} HolderState;

struct SnapshotHolder {
    SourceLink *link;
    HolderState state;
    int64_t asked_ms;
    char name[64];
    Walferry__Model__Snapshot snapshot;
};

static const char ASK_FLUSHED[] = "SELECT pg_current_wal_flush_lsn()::text AS lsn";

bool snapshot_holder_open(SnapshotHolder **out, const PgTarget *target, const char *task,
                          int64_t now_ms, Error *err)
{
    CLEANUP(snapshot_holder_close) SnapshotHolder *holder = MEM_NEW(SnapshotHolder);
    char application[OBJECT_NAME_MAX];

    walferry__model__snapshot__init(&holder->snapshot);
    if (!source_link_open(&holder->link, target, names_application(task, "snapshot", application),
                          now_ms, err))
        return false;
    *out = holder;
    holder = NULL; /* handed over */
    return true;
}

void snapshot_holder_close(SnapshotHolder **holder)
{
    if (!*holder)
        return;
    source_link_close(&(*holder)->link);
    free((*holder)->snapshot.xip);
    free(*holder);
    *holder = NULL;
}

bool snapshot_parse(const char *text, Walferry__Model__Snapshot *out)
{
    char *at;
    size_t room = 1;

    for (const char *comma = text; (comma = strchr(comma, ',')); comma++)
        room++;
    out->xmin = strtoull(text, &at, 10);
    if (at == text || *at != ':' || room > XIP_MAX)
        return false;
    out->xmax = strtoull(at + 1, &at, 10);
    if (*at != ':')
        return false;
    out->n_xip = 0;
    out->xip = mem_resize(NULL, room, sizeof *out->xip);
    for (at++; *at; at += *at == ',') {
        char *end;

        out->xip[out->n_xip++] = strtoull(at, &end, 10);
        if (end == at || (*end != ',' && *end != '\0') || out->n_xip > room)
            return false;
        at = end;
    }
    return true;
}

/*
 * At the end of a page the insert position is given behind the next page's header, the flush
 * position before it. An idle source would never make the two meet.
 */
bool snapshot_is_flushed(Lsn lsn, Lsn flushed)
{
    Lsn in_page = lsn % WAL_PAGE_BYTES;
    bool behind_header = in_page == WAL_SHORT_HEADER || in_page == WAL_LONG_HEADER;

    return flushed >= (behind_header ? lsn - in_page : lsn);
}

static bool ask(SnapshotHolder *holder, HolderState next, const char *sql, int64_t now_ms,
                Error *err)
{
    holder->state = next;
    holder->asked_ms = now_ms;
    return source_link_ask(holder->link, sql, now_ms, err);
}

static bool note_snapshot(SnapshotHolder *holder, const PgRows *rows, Error *err)
{
    Lsn lsn;

    snprintf(holder->name, sizeof holder->name, "%s", pg_text(rows, 0, "name"));
    if (!snapshot_parse(pg_text(rows, 0, "snapshot"), &holder->snapshot) ||
        !lsn_parse(pg_text(rows, 0, "lsn"), &lsn))
        return error_set(err, ERROR_PROTOCOL, "the source's snapshot cannot be read");
    holder->snapshot.lsn = lsn;
    return true;
}

static HolderEvent looked(SnapshotHolder *holder, const PgRows *rows)
{
    Lsn flushed = 0;

    holder->state = STATE_FLUSHING;
    if (!lsn_parse(pg_text(rows, 0, "lsn"), &flushed) ||
        !snapshot_is_flushed(holder->snapshot.lsn, flushed))
        return HOLDER_NOTHING;
    holder->state = STATE_HOLDING;
    return HOLDER_READY;
}

static HolderEvent answered(SnapshotHolder *holder, const PgRows *rows, int64_t now_ms, Error *err)
{
    switch (holder->state) {
    case STATE_TAKING:
        return note_snapshot(holder, rows, err) &&
                       ask(holder, STATE_LOOKING, ASK_FLUSHED, now_ms, err)
                   ? HOLDER_NOTHING
                   : HOLDER_LOST;
    case STATE_LOOKING:
        return looked(holder, rows);
    case STATE_PINGING:
        holder->state = STATE_HOLDING;
        return HOLDER_NOTHING;
    case STATE_CONNECTING:
    case STATE_FLUSHING:
    case STATE_HOLDING:
        break;
    }
    return HOLDER_NOTHING;
}

/* What is due without anything having happened. */
static bool ask_again(SnapshotHolder *holder, int64_t now_ms, Error *err)
{
    int64_t since = now_ms - holder->asked_ms;

    if (holder->state == STATE_FLUSHING && since >= FLUSH_POLL_MS)
        return ask(holder, STATE_LOOKING, ASK_FLUSHED, now_ms, err);
    if (holder->state == STATE_HOLDING && since >= PING_MS)
        return ask(holder, STATE_PINGING, ASK_FLUSHED, now_ms, err);
    return true;
}

HolderEvent snapshot_holder_step(SnapshotHolder *holder, int64_t now_ms, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    switch (source_link_step(holder->link, now_ms, &rows, err)) {
    case LINK_FAILED:
        error_wrap(err, "the connection that holds the snapshot");
        return HOLDER_LOST;
    case LINK_READY:
        return ask(holder, STATE_TAKING, SQL_TAKE_SNAPSHOT, now_ms, err) ? HOLDER_NOTHING
                                                                         : HOLDER_LOST;
    case LINK_ANSWER:
        return answered(holder, rows, now_ms, err);
    case LINK_NOTHING:
        break;
    }
    return ask_again(holder, now_ms, err) ? HOLDER_NOTHING : HOLDER_LOST;
}

WaitItem snapshot_holder_wait(const SnapshotHolder *holder)
{
    return source_link_wait(holder->link);
}

const char *snapshot_holder_name(const SnapshotHolder *holder)
{
    return holder->name;
}

const Walferry__Model__Snapshot *snapshot_holder_snapshot(const SnapshotHolder *holder)
{
    return &holder->snapshot;
}
