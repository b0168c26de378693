/*
 * upsert - many changes of a unique table into one row for each key, as SelectDB takes them.
 *
 * A row stands under its key at the destination: the last thing that is known of the key, either
 * values or that it is gone. A change of the key is two rows, the old one gone and the new one
 * there. What an UPDATE left unchanged is filled in: from the old row, where the source gives it
 * whole, else from an earlier change of the same row. What cannot be filled in stays unchanged, and
 * the row is a partial update. A row that takes another key and leaves values unchanged that nobody
 * knows must be read back at the destination, and is not taken.
 *
 * The order of rows is the order in which their keys came first, so that the same changes give the
 * same rows. Values are borrowed; in the tuples of changes some are filled in. No I/O.
 */
#pragma once

#include "common/arena.h"
#include "loader/csv_row.h"
#include "loader/key_index.h"

typedef enum UpsertVerdict {
    UPSERT_TAKEN,
    UPSERT_READ_BACK, /* after all before it is at the destination; nothing was taken */
    UPSERT_NO_KEY,    /* a change without its whole key */
} UpsertVerdict;

/* Rows of one load: all with the same columns. */
typedef struct RowSet {
    const uint64_t *unchanged; /* NULL: complete ones, and the ones that are gone */
    uint64_t first_row, rows;
} RowSet;

typedef struct RowSets {
    RowSet *sets;
    size_t count;
} RowSets;

/* A zeroed one is ready for upsert_start(). */
typedef struct Upsert {
    const uint32_t *keys; /* columns of the relation */
    uint32_t key_count, column_count;
    CsvRow *rows;
    uint32_t count, capacity;
    uint32_t indexed; /* rows before it are in the index */
    bool indexing;    /* a change came that looks for a row: from then on all are indexed */
    bool partial;     /* there may be values that stay unchanged */
    KeyIndex index;
} Upsert;

/* Empties it. */
void upsert_start(Upsert *upsert, const CsvPlan *plan);
void upsert_done(Upsert *upsert);

/* An INSERT, UPDATE or DELETE. full_identity: of its relation. */
UpsertVerdict upsert_add(Upsert *upsert, const Change *change, bool full_identity,
                         uint64_t record_id);

/* A row as it is, behind the others; with upsert_add() it does not go together. */
void upsert_append(Upsert *upsert, CsvRow row);

/*
 * Puts the rows in order of their sets: the complete ones first, then a set for each choice of
 * columns that stay, as they came first. A row of which nothing but the key is known says nothing
 * and goes. To be called once, in the end.
 */
void upsert_finish(Upsert *upsert, Arena *arena, RowSets *out);
