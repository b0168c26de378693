/*
 * window_spool - the file behind the replay window: batches that do not stay in memory.
 *
 * Written one behind the other into segments of some megabytes; a segment is removed when nothing
 * in it is held any more. Of its files one is open at a time. They are worth nothing to another
 * process, and are not synced: after a crash of capture the stream starts anew. What is read back
 * is checked all the same, against the checksum in its place.
 */
#pragma once

#include "capture/replay_window.h"
#include "common/error.h"
#include "common/str.h"

typedef struct WindowSpool WindowSpool;

/* The folder is there, and this process's own. */
void window_spool_open(WindowSpool **out, const char *dir);
void window_spool_close(WindowSpool **spool);

NODISCARD bool window_spool_write(WindowSpool *spool, Str header, Str body, SpoolPlace *out,
                                  Error *err);
NODISCARD bool window_spool_read(const WindowSpool *spool, const SpoolPlace *place, Frame **header,
                                 Frame **body, Error *err);
/* The batch there is not needed any more. */
void window_spool_release(WindowSpool *spool, const SpoolPlace *place);

/* Of all files. */
uint64_t window_spool_bytes(const WindowSpool *spool);
