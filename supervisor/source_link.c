#include "supervisor/source_link.h"

#include "common/mem.h"

#include <stdlib.h>

typedef enum LinkState { STATE_CONNECTING, STATE_IDLE, STATE_ASKING } LinkState;

struct SourceLink {
    Pg *pg;
    LinkState state;
    bool wants_write;
    int64_t since_ms; /* of connecting or asking */
};

bool source_link_open(SourceLink **out, const PgTarget *target, const char *application,
                      int64_t now_ms, Error *err)
{
    CLEANUP(source_link_close) SourceLink *link = MEM_NEW(SourceLink);

    link->since_ms = now_ms;
    link->wants_write = true;
    if (!pg_connect_start(&link->pg, target, application, err))
        return false;
    *out = link;
    link = NULL; /* handed over */
    return true;
}

void source_link_close(SourceLink **link)
{
    if (!*link)
        return;
    pg_close(&(*link)->pg);
    free(*link);
    *link = NULL;
}

bool source_link_ask(SourceLink *link, const char *sql, int64_t now_ms, Error *err)
{
    if (!pg_send(link->pg, sql, err))
        return false;
    link->state = STATE_ASKING;
    link->wants_write = true;
    link->since_ms = now_ms;
    return true;
}

bool source_link_idle(const SourceLink *link)
{
    return link->state == STATE_IDLE;
}

/* An idle connection has nothing to say but that it is lost. */
static PgProgress progress_of(SourceLink *link, PgRows **rows, Error *err)
{
    if (link->state == STATE_CONNECTING)
        return pg_connect_poll(link->pg, err);
    return pg_receive(link->pg, link->state == STATE_ASKING ? rows : NULL, err);
}

static LinkEvent finished(SourceLink *link)
{
    LinkState was = link->state;

    link->state = STATE_IDLE;
    link->wants_write = false;
    return was == STATE_CONNECTING ? LINK_READY : was == STATE_ASKING ? LINK_ANSWER : LINK_NOTHING;
}

LinkEvent source_link_step(SourceLink *link, int64_t now_ms, PgRows **rows, Error *err)
{
    switch (progress_of(link, rows, err)) {
    case PG_FAILED:
        return LINK_FAILED;
    case PG_DONE:
        return finished(link);
    case PG_WAIT_WRITE:
        link->wants_write = true;
        break;
    case PG_WAIT_READ:
        link->wants_write = false;
        break;
    }
    if (link->state == STATE_IDLE || now_ms - link->since_ms < LINK_TIMEOUT_MS)
        return LINK_NOTHING;
    error_set(err, ERROR_CONNECTION, "the source does not answer");
    error_hint(err, "check that the server is up and reachable from here");
    return LINK_FAILED;
}

WaitItem source_link_wait(const SourceLink *link)
{
    return (WaitItem){.fd = pg_socket(link->pg), .read = true, .write = link->wants_write};
}
