/*
 * load - cuts of tables into SelectDB: each row once, whoever dies when.
 *
 * A cut is what a table's reservoir gives up at once, [first, last] of the stream, or a piece of a
 * chunk of the copy. It has rows, numbered from 0 always in the same way, and parts: runs of rows
 * that are one HTTP load each, in their order, one after the other. Before its first load the cut's
 * intents are in the supervisor's store; each request needs a grant, also one that is sent again;
 * when all parts are at the destination the cut is finished there and the table's position raised
 * (design.md 4). The caller hears of the end.
 *
 * At most one cut of a table is under way; a second one of another table may be beside it.
 *
 * After the start of the process the intents that a predecessor left are settled: asked for until
 * none can become visible any more. Only then is the lane Ready. A cut of the stream that is still
 * open then is the table's next one: loads_open_cut() says from where to where; its rows must be
 * the same, which is checked.
 *
 * Nothing blocks. Errors end the stage: DATA and CONFIG stop the task, with the table; CONNECTION
 * and TRANSIENT are those that even patience did not mend (a fenced-off generation among them).
 * What may pass (a dead server, -235, a transaction limit) is waited for inside.
 */
#pragma once

#include "common/channel.h"
#include "common/error.h"
#include "common/position.h"
#include "common/stage.h"
#include "control.pb-c.h"

typedef struct Loads Loads; /* of a lane */
typedef struct Load Load;   /* of one cut */

/*
 * The rows of a cut as CSV, made when they are sent. One reader at a time; what it gives depends on
 * the range of the last rewind only. It cannot fail: what the destination cannot hold was found
 * when the cut was made.
 */
typedef struct LoadBody LoadBody;

typedef struct LoadBodyVerbs {
    /* Of the rows' verbs, forms, lengths and values; not of the CSV. */
    uint64_t (*checksum)(LoadBody *body, uint64_t first_row, uint64_t rows);
    /* The next read gives the first of these rows, also when others were read half. */
    void (*rewind)(LoadBody *body, uint64_t first_row, uint64_t rows);
    /* Up to size bytes (size >= 16 KiB; a row may be longer); 0: these were all. */
    size_t (*read)(LoadBody *body, char *out, size_t size);
    /* Duplicate tables: of the first and the last of these rows. */
    void (*record_ids)(const LoadBody *body, uint64_t first_row, uint64_t rows, uint64_t *first,
                       uint64_t *last);
} LoadBodyVerbs;

struct LoadBody {
    const LoadBodyVerbs *verbs;
};

/* Rows [first_row, first_row + rows), all with the same columns; parts leave no hole. */
typedef struct LoadPart {
    uint64_t first_row;
    uint64_t rows; /* 1 at least */
    uint32_t column_set;
    const char *columns; /* the header `columns`, back-quoted where needed */
    bool partial;        /* a partial update */
} LoadPart;

typedef struct LoadCut {
    const Walferry__Model__SelectdbTable *table;
    uint32_t relation_oid;
    const char *name;     /* schema.table at the source, for messages */
    Position first, last; /* stream: the changes that it holds, and ends with */
    bool copy;
    uint32_t chunk;
    uint64_t attempt;     /* copy: of the chunk */
    bool more;            /* copy: does not finish the chunk, more pieces come */
    uint64_t copied_rows; /* copy, the piece that finishes: of the whole chunk */
    uint64_t copied_bytes;
    const LoadPart *parts; /* none: only the position is raised, or the chunk finished */
    size_t part_count;
    LoadBody *body;
} LoadCut;

typedef enum LoadState {
    LOAD_UNDER_WAY,
    LOAD_DONE,       /* and stored */
    LOAD_REFUSED,    /* the destination will not have `row`, whatever we do */
    LOAD_CHUNK_DONE, /* copy: somebody has finished the chunk before */
} LoadState;

typedef struct LoadVerdict {
    LoadState state;
    uint64_t row;      /* REFUSED */
    char reason[512];  /* REFUSED: the destination's words without values of the row */
    uint64_t versions; /* how often the table had too many versions (-235) */
} LoadVerdict;

/* An open cut of the stream, which the table's next cut must be. */
typedef struct LoadRange {
    Position first, last;
} LoadRange;

typedef struct LoadCounters {
    uint64_t loads;       /* requests with a body */
    uint64_t again;       /* of them, sent again */
    uint64_t rows, bytes; /* of parts that are there */
    uint64_t doubts;      /* answers that said nothing of the fate of a load */
    uint64_t versions;    /* -235 */
    uint64_t splits;      /* parts that were halved */
    uint64_t under_way;   /* now */
    int64_t oldest_ms;    /* of those, how long the oldest has been so */
    uint64_t settled;     /* intents that a predecessor left */
} LoadCounters;

/* --- the lane --- */

struct Selectdb; /* common/selectdb.h */

/* Borrows all; the lane's state is of the Assignment. */
typedef struct LoadsTarget {
    Stage *stage; /* for IntentWrite; its control handler passes IntentReply on */
    struct Selectdb *selectdb;
    const Walferry__Control__Assignment *assignment;
    const char *timezone;
} LoadsTarget;

Loads *loads_open(const LoadsTarget *target);
void loads_close(Loads **loads);

/* From the control handler; only notes it. */
void loads_hear(Loads *loads, const Walferry__Control__IntentReply *reply);

/* False until what a predecessor left is settled; loads_step() goes on with it. */
bool loads_settled(const Loads *loads);

/* Valid once settled. Below and at it a table's changes are durable; {0, 0}: no more than the
 * lane's. */
Position loads_position(const Loads *loads, uint32_t relation_oid);
/* False: there is none. */
bool loads_open_cut(const Loads *loads, uint32_t relation_oid, LoadRange *out);

/* How many rows of a chunk, from first_row on, a predecessor made one load of: they must be one
 * again. 0: it did not. */
uint64_t loads_recorded_rows(const Loads *loads, uint32_t relation_oid, uint32_t chunk,
                             uint64_t first_row);

/* Does all that can be done without waiting. */
NODISCARD bool loads_step(Loads *loads, int64_t now_ms, Error *err);
/* Fills at most `most` items to wait for before the next step; gives their number. */
size_t loads_wait_items(const Loads *loads, WaitItem *items, size_t most);
/* Until the next step is due; -1: only an item or a message of the supervisor makes it so. */
int loads_timeout_ms(const Loads *loads, int64_t now_ms);

/* All of a table's finished loads can be read. False: not yet known; it is being asked for. */
bool loads_visible(Loads *loads, uint32_t relation_oid);

LoadCounters loads_counters(const Loads *loads, int64_t now_ms);

/* --- a cut --- */

/* Borrows the cut's contents (not the struct) until load_end(). */
NODISCARD bool loads_start(Loads *loads, const LoadCut *cut, Load **out, Error *err);
LoadVerdict load_verdict(const Load *load);
/* Frees it. Of one that is under way the request is given up; its fate is then open, so only when
 * the process ends. */
void load_end(Load **load);
