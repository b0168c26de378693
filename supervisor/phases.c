#include "supervisor/phases.h"

#include <string.h>

#define ROLE(name) (1u << WALFERRY__CONTROL__ROLE__ROLE_##name)
#define JOB(name) WALFERRY__CONTROL__JOB_KIND__JOB_##name

enum {
    LOADING = ROLE(TRANSFORM) | ROLE(LOADER),
    COPYING = LOADING | ROLE(COPY),
    STREAMING = LOADING | ROLE(CAPTURE),
};

typedef struct PhaseRule {
    const char *name;
    Walferry__Control__JobKind job;
    unsigned wants;
    bool waits_for_loaders;
    bool holds_snapshot;
    Phase after[PHASE_EVENT_COUNT];
} PhaseRule;

/* clang-format off */
#define THEN(done, lost) {[PHASE_DONE] = PHASE_##done, [PHASE_SNAPSHOT_LOST] = PHASE_##lost}

/*
 * Loaders and transforms are there as soon as the destination knows the task, long before they have
 * work: what keeps them from connecting is then seen before the copy, not in the middle of it.
 */
static const PhaseRule RULES[PHASE_COUNT] = {
    /*                  name        job                  wants     loaders snapshot  done, lost */
    [PHASE_CHECK]    = {"check",    JOB(CHECK),          0,         false, false, THEN(PREPARE,  CHECK)},
    [PHASE_PREPARE]  = {"prepare",  JOB(PREPARE),        0,         false, false, THEN(SNAPSHOT, PREPARE)},
    [PHASE_SNAPSHOT] = {"snapshot", JOB(NONE),           LOADING,   false, true,  THEN(PLAN,     SNAPSHOT)},
    [PHASE_PLAN]     = {"plan",     JOB(PLAN),           LOADING,   false, true,  THEN(COPY,     SNAPSHOT)},
    [PHASE_RESTART]  = {"restart",  JOB(RESTART_TABLES), LOADING,   true,  false, THEN(SNAPSHOT, RESTART)},
    [PHASE_COPY]     = {"copy",     JOB(NONE),           COPYING,   true,  true,  THEN(INDEX,    RESTART)},
    [PHASE_INDEX]    = {"index",    JOB(INDEXES),        LOADING,   false, false, THEN(STREAM,   INDEX)},
    [PHASE_STREAM]   = {"stream",   JOB(NONE),           STREAMING, false, false, THEN(KEYS,     STREAM)},
    [PHASE_KEYS]     = {"keys",     JOB(FOREIGN_KEYS),   STREAMING, false, false, THEN(LIVE,     KEYS)},
    [PHASE_LIVE]     = {"live",     JOB(NONE),           STREAMING, false, false, THEN(LIVE,     LIVE)},
};
/* clang-format on */

Phase phase_after(Phase phase, PhaseEvent event)
{
    return RULES[phase].after[event];
}

bool phase_wants(Phase phase, Walferry__Control__Role role)
{
    return (RULES[phase].wants & 1u << role) != 0;
}

Walferry__Control__JobKind phase_job(Phase phase)
{
    return RULES[phase].job;
}

bool phase_waits_for_loaders(Phase phase)
{
    return RULES[phase].waits_for_loaders;
}

bool phase_holds_snapshot(Phase phase)
{
    return RULES[phase].holds_snapshot;
}

const char *phase_name(Phase phase)
{
    return RULES[phase].name;
}

bool phase_of(const char *name, Phase *out)
{
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        if (strcmp(RULES[phase].name, name) == 0) {
            *out = (Phase)phase;
            return true;
        }
    }
    return false;
}
