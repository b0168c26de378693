/*
 * loads_internal - shared by the files of load.h only:
 *
 *     loads.c        the lane: tables, cuts under way, what the stage waits for
 *     loads_settle.c what a predecessor left, before anything else
 *     load.c         one cut, load by load, as load_life.h's table says
 */
#pragma once

#include "common/backoff.h"
#include "common/selectdb.h"
#include "loader/intents.h"
#include "loader/load.h"
#include "loader/load_items.h"
#include "loader/load_life.h"
#include "loader/stream_load.h"

#include <uthash.h>

/* A table that this lane has loaded into, or is further in than the lane. */
typedef struct LoadTable {
    uint32_t oid;
    Position position;
    char *database, *label; /* of the last load that may not be visible yet; NULL: none */
    bool wants_visible;
    SelectdbCall *asked;
    int64_t ask_ms;
    UT_hash_handle hh;
} LoadTable;

typedef struct Recorded {
    Walferry__Control__Intent **intents; /* NULL: of a cut that is finished */
    LoadFate *fates;
    size_t count;
    Arena arena; /* of those that this process has left open itself */
} Recorded;

typedef struct Settling Settling;

struct Loads {
    LoadsTarget target;
    Intents *intents;
    LoadTable *tables;
    Recorded recorded;
    Settling *settling; /* NULL: done */
    Load *loads;        /* under way, and ended ones that were not freed */
    LoadCounters counters;
};

struct Load {
    Load *next;
    Loads *lane;
    LoadCut cut;
    LoadItems items;
    LoadVerdict verdict;

    LifeState life; /* of the first item that is not there */
    bool finishing; /* all are: the store is to hear of it */
    uint64_t asked; /* of the store; 0: nothing */
    StreamLoad *stream;
    SelectdbCall *call; /* the label, the count or the reason */
    int64_t good_until_ms, due_ms, started_ms;
    int64_t failing_since_ms; /* 0: it is not */
    uint64_t copied_rows;     /* of the table's finished chunks */
    LifeSaid said;
    Error said_err;
    char reason[512];
    char *error_url;
    Backoff watch, rest, versions;
};

/* load.c */
NODISCARD bool load_step(Load *load, int64_t now_ms, Error *err);
int load_timeout_ms(const Load *load, int64_t now_ms);

/* loads.c */
LoadTable *loads_table(Loads *loads, uint32_t oid);
/* A load of this label is there; it can be read already, or not yet. */
void loads_note_label(Loads *loads, const LoadCut *cut, const char *label, bool visible);
/* A piece of a chunk has come to its end, or is given up, before its chunk: what follows in the
 * chunk, or begins it anew, must take it up. */
void loads_remember(Loads *loads, const LoadItems *items);
/* The cut's intents and position are stored: its table is there, and its records are gone. */
void loads_cut_finished(Loads *loads, const LoadCut *cut);

/* loads_settle.c */
Settling *settling_open(Loads *loads);
void settling_close(Settling **settling);
/* *done: nothing that a predecessor sent is undecided. */
NODISCARD bool settling_step(Settling *settling, int64_t now_ms, bool *done, Error *err);
int settling_timeout_ms(const Settling *settling, int64_t now_ms);
