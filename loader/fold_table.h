/*
 * fold_table - the rows of one table in a fold; only fold.c and its tests know it.
 */
#pragma once

#include "common/arena.h"
#include "loader/fold.h"
#include "loader/key_index.h"

typedef struct RowTable {
    FoldTable shown; /* first: what users of the fold see */
    uint32_t *keys;
    FoldEntry *entries;
    uint32_t count, capacity;
    uint32_t indexed; /* entries before it are in `current` */
    KeyIndex current; /* rows by the key that they have now */
    KeyIndex left;    /* rows by the key at the destination that they have left */
} RowTable;

/* From now on for this relation. What does not fit goes to the serial way. */
void row_table_start(RowTable *table, const Relation *relation);
void row_table_add(RowTable *table, const Change *change);

/* Makes the sets, in the arena; or turns the table serial. */
void row_table_finish(RowTable *table, Arena *arena);

void row_table_clear(RowTable *table);
void row_table_done(RowTable *table);

/* The live row with the key in this tuple (or with this origin); NULL: none that we know. */
FoldEntry *row_table_with_key(const RowTable *table, const Value *values);
FoldEntry *row_table_that_left(const RowTable *table, const Value *values);

bool row_table_same_key(const RowTable *table, const Value *a, const Value *b);
