/*
 * sink_selectdb - the SelectDB sink: a reservoir for each table, loads of several tables at once.
 *
 * The loader opens it and knows it as a Sink; the rest is for the sink's own files. Changes go into
 * the reservoir of their table, which is cut by rows, bytes, age, or because capture asks for all
 * (flush). What a table has given up stands in a queue and is worked off in order, one after the
 * other: loads (load.h), a TRUNCATE, a row that must be read back. How far a table is, the store
 * keeps; what lies at or below that is dropped when it comes again. What a predecessor had under
 * way is cut again exactly as it was.
 *
 * Memory: the batches that reservoirs and loads hold. Past a limit the largest reservoir is cut,
 * past a greater one nothing is taken.
 */
#pragma once

#include "common/model_index.h"
#include "common/selectdb.h"
#include "common/task_file.h"
#include "loader/cut.h"
#include "loader/sink.h"

#include <uthash.h>

/* Borrows all. */
typedef struct SelectdbTarget {
    Stage *stage;
    const Walferry__Control__Assignment *assignment;
    const TaskDestination *destination;
} SelectdbTarget;

NODISCARD bool sink_selectdb_open(Sink **out, const SelectdbTarget *target, Error *err);
/* For the chunks of the copy. */
Loads *sink_selectdb_loads(Sink *sink);

/* --- inside --- */

enum { LOADS_MAX = 8 }; /* under way at once */

typedef enum ItemKind { ITEM_ROWS, ITEM_TRUNCATE, ITEM_READ_BACK } ItemKind;

typedef enum ItemState {
    ITEM_WAITING,
    ITEM_VISIBLE, /* until all before it can be read */
    ITEM_SQL,     /* a statement is under way */
    ITEM_LOADING,
} ItemState;

/* What a table has given up, in its order. */
typedef struct Item {
    struct Item *next;
    ItemKind kind;
    ItemState state;
    Cut *cut;         /* of a TRUNCATE it has no rows */
    LaneBatch *batch; /* READ_BACK: held by the cut */
    const Change *change;
    SelectdbCall *call;
    Load *load;
} Item;

typedef struct Reservoir {
    CutTable table; /* first */
    uint32_t oid;
    Position durable; /* at the destination, and stored */
    Position taken;   /* the same, or under way */
    bool has_open;    /* a predecessor's cut, which the next one must be */
    LoadRange open;
    Cut *filling; /* NULL: nothing has come */
    Item *first, **end;
    ReservoirAge age;
    UT_hash_handle hh;
} Reservoir;

typedef struct SinkSelectdb {
    Sink sink; /* first */
    SelectdbTarget target;
    Arena arena;
    ModelIndex index;
    Selectdb *db;
    Loads *loads;
    ReservoirLimits limits;
    LaneWindow window;
    LaneProgress progress; /* of the Assignment, until it was taken over */
    bool started;
    Reservoir *tables;
    unsigned under_way;
    uint64_t changes_applied, cuts, read_backs, truncates, flushes;
} SinkSelectdb;

/* sink_selectdb_tables.c */
NODISCARD bool selectdb_table_for(SinkSelectdb *sink, const Relation *relation, Reservoir **out,
                                  Error *err);
void selectdb_tables_restart(SinkSelectdb *sink); /* what is not under way is forgotten */
void selectdb_tables_free(SinkSelectdb *sink);
NODISCARD bool selectdb_seal(SinkSelectdb *sink, Reservoir *table, Error *err);
NODISCARD bool selectdb_seal_all(SinkSelectdb *sink, Error *err);
NODISCARD bool selectdb_add(SinkSelectdb *sink, LaneBatch *batch, const Change *change, Error *err);

/* sink_selectdb_items.c: the queue of a table, as far as it goes without waiting. */
NODISCARD bool selectdb_items_step(SinkSelectdb *sink, Reservoir *table, Error *err);
void selectdb_item_free(SinkSelectdb *sink, Item *item);

/* sink_selectdb_sql.c */
SelectdbCall *selectdb_truncate(SinkSelectdb *sink, const Reservoir *table);
SelectdbCall *selectdb_read_row(SinkSelectdb *sink, const Reservoir *table, const Change *change);
/* Fills in what the change left unchanged. Errors: DATA, the row is not there. */
NODISCARD bool selectdb_fill_row(const Reservoir *table, Item *item, Error *err);
