/*
 * source_probe - asks the source now and then how far it is and what our slot keeps, for status.
 *
 * A failure is of no interest here: the stages notice it too, and have a say in it. What was learnt
 * stays, with its time.
 */
#pragma once

#include "store/status_json.h"
#include "supervisor/source_link.h"

typedef struct SourceProbe SourceProbe;

enum { PROBE_EVERY_MS = 1000, PROBE_AGAIN_MS = 2000 };

/* The target's texts must outlive it. */
SourceProbe *source_probe_new(const PgTarget *target, const char *task);
void source_probe_free(SourceProbe **probe);

void source_probe_step(SourceProbe *probe, int64_t now_ms);
/* False: it has no connection at the moment. */
bool source_probe_wait(const SourceProbe *probe, WaitItem *out);

/* waiting_for is left empty; at_ms is 0 as long as nothing is known. */
const StatusSource *source_probe_known(const SourceProbe *probe);

/* What the source's clock is ahead of ours. */
int64_t source_probe_clock_ahead_us(const SourceProbe *probe);
