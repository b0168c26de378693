/*
 * cut - what a table's reservoir gathers and then gives up at once: rows, parts and body of a load.
 *
 * Of a unique table changes become rows as upsert.h says, of a duplicate one each becomes a row of
 * its own. The same changes give the same rows in the same order, whatever batches they came in: a
 * load whose fate a crash has left open can be made again. Rows borrow from batches, which the cut
 * holds until it is freed. No I/O.
 */
#pragma once

#include "loader/lane_window.h"
#include "loader/load.h"
#include "loader/reservoir.h"
#include "loader/upsert.h"

/* The table as cuts know it. Borrowed by them. */
typedef struct CutTable {
    uint32_t oid;
    char *name; /* schema.table at the source */
    const Walferry__Model__ModelTable *model;
    CsvPlan *plan;
} CutTable;

typedef struct Cut {
    LoadBody body; /* first */
    const CutTable *table;
    Position first, last;
    ReservoirLevel level;
    Upsert rows; /* of a duplicate table only its list */
    LaneBatch **batches;
    size_t batch_count, batch_capacity;
    Arena arena; /* of sets and parts */
    LoadPart *parts;
    RowSets sets;
    size_t part_count;

    /* Reading. */
    uint64_t at, end;
    const uint64_t *unchanged;
    Bytes spill; /* a row that did not fit, from `spilt` on */
    size_t spilt;
} Cut;

Cut *cut_open(const CutTable *table);
void cut_close(Cut **cut, LaneWindow *window);

/* From now on the batch is held. */
void cut_hold(Cut *cut, LaneBatch *batch);

/*
 * The next change of the table, which is none of the kind TRUNCATE. *read_back: it is not taken,
 * upsert.h tells why. Errors: DATA, with table and position.
 */
NODISCARD bool cut_add(Cut *cut, LaneBatch *batch, const Change *change, bool *read_back,
                       Error *err);

/* Only this change, whose unchanged values are known by now: they stand in its new tuple. */
void cut_add_read_back(Cut *cut, LaneBatch *batch, const Change *change);

/*
 * Nothing is added any more: makes parts, and looks whether the destination can hold the values.
 * Errors: DATA, with table, key, column and position.
 */
NODISCARD bool cut_finish(Cut *cut, Error *err);

/* Once finished. */
LoadCut cut_load(Cut *cut);

/* Where a row comes from, into an error: table, key and position. Returns false. */
bool cut_error_row(const Cut *cut, uint64_t row, Error *err);

extern const LoadBodyVerbs CUT_BODY_VERBS; /* cut_body.c */

Position change_position(const Batch *batch, const Change *change);
uint64_t change_record_id(const Batch *batch, const Change *change);
