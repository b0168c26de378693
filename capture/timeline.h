/*
 * timeline - is what we have still part of the source's history?
 *
 * A server that was promoted or restored goes on with a new timeline from a switch point. What we
 * have read of the old one behind that point never happened there. Pure.
 */
#pragma once

#include "common/error.h"
#include "common/lsn.h"
#include "common/str.h"
#include <stdint.h>

/*
 * history is what TIMELINE_HISTORY gives of the server's present timeline: lines of "timeline,
 * switch point, reason", one for each ancestor. CONFIG unless it left ours at `needed` or later.
 */
NODISCARD bool timeline_check(Str history, uint32_t ours, Lsn needed, Error *err);
