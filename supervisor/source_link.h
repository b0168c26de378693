/*
 * source_link - a connection to the source that never makes the supervisor wait: one statement at a
 * time, answered some turns of the loop later.
 *
 * A connection or a statement that takes longer than LINK_TIMEOUT_MS has failed, CONNECTION.
 */
#pragma once

#include "common/channel.h"
#include "common/pg.h"

typedef struct SourceLink SourceLink;

enum { LINK_TIMEOUT_MS = 15000 };

typedef enum LinkEvent {
    LINK_NOTHING,
    LINK_READY,  /* connected */
    LINK_ANSWER, /* *rows is the caller's */
    LINK_FAILED, /* close it; *err says why */
} LinkEvent;

/* Begins to connect. The target's texts must outlive the link. */
NODISCARD bool source_link_open(SourceLink **out, const PgTarget *target, const char *application,
                                int64_t now_ms, Error *err);
void source_link_close(SourceLink **link);

/* Connected, and nothing is being asked. */
bool source_link_idle(const SourceLink *link);

/* Only when it is idle. The text is sent at once. False: it failed. */
NODISCARD bool source_link_ask(SourceLink *link, const char *sql, int64_t now_ms, Error *err);

/* What has happened; called when its descriptor is ready, and now and then. */
LinkEvent source_link_step(SourceLink *link, int64_t now_ms, PgRows **rows, Error *err);

WaitItem source_link_wait(const SourceLink *link);
