/*
 * fold - many changes of a row into one, table by table.
 *
 * An entry is a row, identified by the key that it has at the destination before the first change
 * (none if it is new); it ends up deleted, or with a key and values. What an UPDATE left unchanged
 * stays with the row through every change of its key: folded by key alone, two rows that exchange
 * keys would exchange their TOAST values.
 *
 * The outcome of a table is a few sets: deletes, then updates (a set for each choice of columns
 * that stay), then inserts; applied in this order they take the table from its state before to its
 * state after. Where they would not, the table is `serial` and its changes are to be applied one by
 * one in their order: it has no key, rows exchange keys, or the changes contradict each other (what
 * then is wrong shows when they are applied).
 *
 * Values are borrowed from the batches, which must outlive the fold's next reset; unchanged values
 * in their tuples are filled in where an earlier change of the same row tells them. No I/O.
 */
#pragma once

#include "common/change.h"
#include "common/error.h"

typedef struct Fold Fold;

typedef struct FoldEntry {
    Value *origin; /* a tuple with the key at the destination before; NULL: a new row */
    Value *values; /* the tuple after; NULL: deleted */
    uint16_t set;  /* while the sets are made */
    bool moved;    /* its key was another one at some time */
} FoldEntry;

/* In the order in which they are applied. */
typedef enum FoldVerb { FOLD_DELETE, FOLD_UPDATE, FOLD_INSERT } FoldVerb;

/* How the values of a row came. NULLs go with either. */
typedef enum FoldForm { FOLD_BINARY, FOLD_TEXT, FOLD_MIXED } FoldForm;

/* Rows that one statement can apply. */
typedef struct FoldSet {
    FoldVerb verb;
    FoldForm form;
    bool moves;                /* UPDATE: of the key too */
    const uint64_t *unchanged; /* UPDATE: a bit for each column that stays */
    FoldEntry **entries;
    size_t count;
} FoldSet;

enum { FOLD_SETS_MAX = 64 }; /* of a table; one that needs more is serial */

typedef struct FoldTable {
    const Relation *relation;
    const uint32_t *keys; /* indexes of the key columns */
    uint32_t key_count;
    bool serial;
    uint64_t inserts, updates, deletes; /* changes that came, not rows */
    const FoldSet *sets;                /* once finished, unless serial; in order of verbs */
    size_t set_count;
} FoldTable;

/* Changes of one batch, in their order. */
typedef struct FoldSlice {
    const Batch *batch;
    uint32_t first, end;
    FoldTable *const *tables; /* by the batch's relation; NULL where none of its changes is here */
} FoldSlice;

Fold *fold_open(void);
void fold_close(Fold **fold);

/*
 * Adds the changes [first, end) of a batch, none of them a TRUNCATE. False: a table's columns are
 * not what they were, *end tells how far it came; apply, reset and go on from there.
 */
bool fold_add(Fold *fold, const Batch *batch, uint32_t first, uint32_t *end);

/* Makes the sets. Nothing is added after it but after a reset. */
void fold_finish(Fold *fold);

/* Forgets everything but memory. */
void fold_reset(Fold *fold);

size_t fold_table_count(const Fold *fold);
FoldTable *fold_table(const Fold *fold, size_t index);
size_t fold_slice_count(const Fold *fold);
const FoldSlice *fold_slice(const Fold *fold, size_t index);
uint64_t fold_changes(const Fold *fold);

/* Only INSERTs so far: nothing is gained by waiting for more. */
bool fold_only_inserts(const Fold *fold);

static inline bool fold_is_unchanged(const FoldSet *set, uint32_t column)
{
    return set->unchanged && (set->unchanged[column / 64] >> column % 64 & 1);
}
