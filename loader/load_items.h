/*
 * load_items - the loads of one cut: what each sends, its label, and whether it is there.
 *
 * Made from the cut's parts, or taken up from the intents that a predecessor left of the same cut:
 * then the rows must be the same ones. A load that is refused is halved, one whose label is used up
 * gets another; what stands in the store is followed by `stored`. No I/O.
 */
#pragma once

#include "common/error.h"
#include "loader/label.h"
#include "loader/load.h"

typedef struct LoadItem {
    uint64_t first_row, rows;
    uint64_t checksum;
    uint32_t column_set;
    uint32_t attempt;
    const LoadPart *part; /* of the cut, that its rows are of */
    char label[LABEL_MAX + 1];
    Walferry__Control__IntentState state;
    bool stored; /* in this state */
    bool sent;   /* perhaps, by us or by a predecessor */
} LoadItem;

/* What labels are made of besides the rows. Borrows all. */
typedef struct LoadName {
    const char *uuid;
    uint32_t lane;
} LoadName;

typedef struct LoadItems {
    const LoadCut *cut;
    LoadName name;
    LoadItem *items; /* in the order of their rows */
    size_t count, capacity;
} LoadItems;

/* What was found out of a recorded intent since it was read. */
typedef struct LoadFate {
    bool aborted;  /* its label is ABORTED */
    bool unstored; /* the store does not know it in this state */
} LoadFate;

/*
 * recorded: what the store knew of this cut (of a copy: of the chunk) when the process began, with
 * what was settled since, and its fate. Errors: DATA when the rows are not those that were to be
 * loaded.
 */
NODISCARD bool load_items_make(LoadItems *out, const LoadCut *cut, LoadName name,
                               Walferry__Control__Intent *const *recorded, const LoadFate *fates,
                               size_t recorded_count, Error *err);
void load_items_done(LoadItems *items);

/* The first that is not there; NULL: all are. */
LoadItem *load_items_next(LoadItems *items);

/* Two loads stand for it from now on; it has two rows at least. */
void load_items_halve(LoadItems *items, LoadItem *item);
/* Another label for the same rows. */
void load_items_renew(LoadItems *items, LoadItem *item);

/* As a message; its label is borrowed. first and last: room for the positions. */
void load_item_intent(const LoadItems *items, const LoadItem *item,
                      Walferry__Change__Position *first, Walferry__Change__Position *last,
                      Walferry__Control__Intent *out);
