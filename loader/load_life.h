/*
 * load_life - the life of one load, as a table: what happens, and what is to be done next.
 *
 * The rule that it keeps: nothing is sent again before it is known that what was sent before is not
 * there and will not be. A reply other than success says nothing about that ("Fail" can be
 * committed); the label's state does, and where it is forgotten the rows in the table. No I/O.
 */
#pragma once

#include "common/selectdb_reply.h"
#include <stdbool.h>

typedef enum LifeState {
    LIFE_GRANTING, /* waits for the store's word that it may be sent */
    LIFE_HELD,     /* another cut of the table is not finished: a pause, then asks again */
    LIFE_SENDING,
    LIFE_ASKING,   /* what has become of the label */
    LIFE_WATCHING, /* that is not decided, or cannot be had: a pause, then asks again */
    LIFE_COUNTING, /* the label is forgotten: are the rows in the table? */
    LIFE_RESTING,  /* it is not there: a pause before it is sent again */
    LIFE_THERE,    /* the end: its rows are there */
    LIFE_OUT,      /* the end: these rows will not be taken together */
    LIFE_SPENT,    /* the end: of its label, another attempt is needed */
    LIFE_FAILED,   /* the end: only people can help */
    LIFE_STATE_COUNT,
} LifeState;

typedef enum LifeEvent {
    LIFE_GRANTED,
    LIFE_LATER,
    LIFE_DUE,       /* the pause is over */
    LIFE_LOADED,    /* the rows are there */
    LIFE_UNSENT,    /* not a byte was sent */
    LIFE_DOUBTFUL,  /* any other end of a request */
    LIFE_PENDING,   /* a transaction of this label is under way */
    LIFE_UNTOLD,    /* no answer to be had */
    LIFE_FORGOTTEN, /* the label is not known (any more), and rows tell no more by their key */
    LIFE_GONE,      /* not there, and it will not be: the same again */
    LIFE_REFUSED,   /* not there: for its rows */
    LIFE_USED_UP,   /* not there: for its label */
    LIFE_HOPELESS,  /* not there: for what only people can change */
    LIFE_EVENT_COUNT,
} LifeEvent;

/* False: no such thing can happen in this state. */
bool life_next(LifeState state, LifeEvent event, LifeState *out);

/* What the last request came to, as far as it says what to do once it is known not to be there. */
typedef struct LifeSaid {
    SelectdbClass class;
    SelectdbCause cause;
} LifeSaid;

typedef struct LifeLoad {
    LifeSaid said;
    bool duplicate; /* the table tells no row from its double */
    bool one_row;   /* it cannot be halved */
} LifeLoad;

/* Of the label's state. */
LifeEvent life_of_label(const LifeLoad *load, SelectdbLabel label);

/* Of the rows in the table, of those that the load has. False: some are there, not all. */
bool life_of_count(const LifeLoad *load, uint64_t found, uint64_t rows, LifeEvent *out);
