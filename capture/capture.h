/*
 * capture - the stage that reads the source's stream and gives it out as batches.
 *
 * It asks for an epoch, streams from where the supervisor says, and ends with the first error. Only
 * when a loader needs what the window holds no more, or the spool of streamed transactions is full,
 * it starts the stream again by itself, in a new epoch. A full window stops its reading, never its
 * answers to the server. The slot is told what the supervisor has confirmed, and nothing else.
 */
#pragma once

#include "common/stage.h"

typedef struct Capture Capture;

/* Listens and says Ready. */
NODISCARD bool capture_open(Capture **out, Stage *stage, Error *err);
void capture_close(Capture **capture);

/* Returns when it was asked to stop (err->kind is NONE) or failed. */
void capture_run(Capture *capture, Error *err);
