#include "loader/load_life.h"

#include <stddef.h>

typedef struct LifeStep {
    bool listed;
    LifeState next;
} LifeStep;

#define TO(state)                                                                                  \
    {                                                                                              \
        true, LIFE_##state                                                                         \
    }

static const LifeStep STEPS[LIFE_STATE_COUNT][LIFE_EVENT_COUNT] = {
    [LIFE_GRANTING] = {[LIFE_GRANTED] = TO(SENDING), [LIFE_LATER] = TO(HELD)},
    [LIFE_HELD] = {[LIFE_DUE] = TO(GRANTING)},
    [LIFE_SENDING] = {[LIFE_LOADED] = TO(THERE),
                      [LIFE_UNSENT] = TO(RESTING),
                      [LIFE_DOUBTFUL] = TO(ASKING),
                      [LIFE_HOPELESS] = TO(FAILED)},
    [LIFE_ASKING] = {[LIFE_LOADED] = TO(THERE),
                     [LIFE_PENDING] = TO(WATCHING),
                     [LIFE_UNTOLD] = TO(WATCHING),
                     [LIFE_FORGOTTEN] = TO(COUNTING),
                     [LIFE_GONE] = TO(RESTING),
                     [LIFE_REFUSED] = TO(OUT),
                     [LIFE_USED_UP] = TO(SPENT),
                     [LIFE_HOPELESS] = TO(FAILED)},
    [LIFE_WATCHING] = {[LIFE_DUE] = TO(ASKING)},
    [LIFE_COUNTING] = {[LIFE_LOADED] = TO(THERE),
                       [LIFE_UNTOLD] = TO(WATCHING),
                       [LIFE_GONE] = TO(RESTING),
                       [LIFE_REFUSED] = TO(OUT),
                       [LIFE_USED_UP] = TO(SPENT),
                       [LIFE_HOPELESS] = TO(FAILED)},
    [LIFE_RESTING] = {[LIFE_DUE] = TO(GRANTING)},
};

bool life_next(LifeState state, LifeEvent event, LifeState *out)
{
    const LifeStep *step = &STEPS[state][event];

    if (step->listed)
        *out = step->next;
    return step->listed;
}

/* A load too large for one tablet is helped by halving it, too; one row of it by patience only. */
static LifeEvent gone(const LifeLoad *load)
{
    if (load->said.cause == SELECTDB_CAUSE_SEGMENTS)
        return load->one_row ? LIFE_GONE : LIFE_REFUSED;
    if (load->said.cause == SELECTDB_CAUSE_LABEL_SPENT)
        return LIFE_USED_UP;
    if (load->said.class == SELECTDB_DATA)
        return LIFE_REFUSED;
    return load->said.class == SELECTDB_PERMANENT ? LIFE_HOPELESS : LIFE_GONE;
}

LifeEvent life_of_label(const LifeLoad *load, SelectdbLabel label)
{
    switch (label) {
    case SELECTDB_LABEL_COMMITTED:
    case SELECTDB_LABEL_VISIBLE:
        return LIFE_LOADED;
    case SELECTDB_LABEL_PREPARE:
    case SELECTDB_LABEL_PRECOMMITTED:
        return LIFE_PENDING;
    case SELECTDB_LABEL_ABORTED:
        return gone(load);
    case SELECTDB_LABEL_UNKNOWN:
        return load->duplicate ? LIFE_FORGOTTEN : gone(load);
    case SELECTDB_LABEL_UNREADABLE:
        break;
    }
    return LIFE_UNTOLD;
}

bool life_of_count(const LifeLoad *load, uint64_t found, uint64_t rows, LifeEvent *out)
{
    if (found != 0 && found != rows)
        return false;
    *out = found == rows ? LIFE_LOADED : gone(load);
    return true;
}
