#include "loader/load_items.h"

#include "common/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

typedef Walferry__Control__Intent Intent;

void load_items_done(LoadItems *items)
{
    free(items->items);
    *items = (LoadItems){0};
}

static void write_label(const LoadItems *items, LoadItem *item)
{
    const LoadCut *cut = items->cut;
    LabelRows rows = {item->first_row, item->rows, item->attempt};

    if (cut->copy)
        label_copy(item->label, items->name.uuid, cut->relation_oid, cut->chunk, cut->attempt,
                   rows);
    else
        label_stream(item->label, items->name.uuid, cut->relation_oid, items->name.lane, cut->first,
                     cut->last, rows);
}

/* Behind `at` items. The pointers that were given out are not good any more. */
static LoadItem *insert(LoadItems *items, size_t at)
{
    if (items->count == items->capacity) {
        items->capacity = items->capacity ? 2 * items->capacity : 4;
        items->items = mem_resize(items->items, items->capacity, sizeof *items->items);
    }
    memmove(items->items + at + 1, items->items + at, (items->count - at) * sizeof *items->items);
    items->count++;
    items->items[at] = (LoadItem){0};
    return &items->items[at];
}

static LoadItem *insert_rows(LoadItems *items, size_t at, const LoadPart *part, uint64_t first_row,
                             uint64_t rows, uint32_t attempt)
{
    LoadItem *item = insert(items, at);
    LoadBody *body = items->cut->body;

    item->part = part;
    item->column_set = part->column_set;
    item->first_row = first_row;
    item->rows = rows;
    item->attempt = attempt;
    item->checksum = body->verbs->checksum(body, first_row, rows);
    write_label(items, item);
    return item;
}

static void from_parts(LoadItems *items, uint32_t attempt)
{
    const LoadCut *cut = items->cut;

    for (size_t i = 0; i < cut->part_count; i++)
        insert_rows(items, items->count, &cut->parts[i], cut->parts[i].first_row,
                    cut->parts[i].rows, attempt);
}

/* ---- taking up what a predecessor left ---- */

/* Of a chunk one piece is loaded after the other; a cut of the stream is all that was recorded. */
static bool is_within(const LoadCut *cut, const Intent *intent)
{
    const LoadPart *last = &cut->parts[cut->part_count - 1];

    return !cut->copy || (intent->first_row >= cut->parts[0].first_row &&
                          intent->first_row < last->first_row + last->rows);
}

static const LoadPart *part_of(const LoadCut *cut, const Intent *intent)
{
    for (size_t i = 0; i < cut->part_count; i++) {
        const LoadPart *part = &cut->parts[i];

        if (intent->first_row >= part->first_row &&
            intent->first_row + intent->rows <= part->first_row + part->rows &&
            intent->column_set == part->column_set)
            return part;
    }
    return NULL;
}

static void take_up(LoadItems *items, const Intent *intent, LoadFate fate, const LoadPart *part)
{
    LoadItem *item = insert(items, items->count);

    item->part = part;
    item->first_row = intent->first_row;
    item->rows = intent->rows;
    item->checksum = intent->checksum;
    item->column_set = intent->column_set;
    item->attempt = intent->attempt;
    item->state = intent->state;
    item->stored = !fate.unstored;
    item->sent = intent->granted_ms != 0;
    memcpy(item->label, intent->label, strnlen(intent->label, LABEL_MAX));
}

/* The rows that the recorded loads stand for are those of the cut, each once. */
static bool same_rows(const LoadItems *items)
{
    const LoadCut *cut = items->cut;
    const LoadPart *last = &cut->parts[cut->part_count - 1];
    uint64_t next = cut->parts[0].first_row;

    for (size_t i = 0; i < items->count; i++) {
        const LoadItem *item = &items->items[i];

        if (item->state == STATE(REFUSED))
            continue;
        if (!item->part || item->first_row != next ||
            item->checksum != cut->body->verbs->checksum(cut->body, item->first_row, item->rows))
            return false;
        next += item->rows;
    }
    return next == last->first_row + last->rows;
}

static uint32_t highest_attempt(const LoadItems *items)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < items->count; i++)
        highest = items->items[i].attempt > highest ? items->items[i].attempt : highest;
    return highest;
}

/* None of what was to be loaded is there or can come: it may be given up for other loads. */
static bool all_are_out(Intent *const *recorded, const LoadFate *fates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool never_sent = recorded[i]->state == STATE(OPEN) && recorded[i]->granted_ms == 0;

        if (recorded[i]->state != STATE(REFUSED) && !fates[i].aborted && !never_sent)
            return false;
    }
    return true;
}

static void replace_all(LoadItems *items)
{
    uint32_t attempt = highest_attempt(items) + 1;

    for (size_t i = 0; i < items->count; i++) {
        items->items[i].stored = items->items[i].state == STATE(REFUSED);
        items->items[i].state = STATE(REFUSED);
    }
    from_parts(items, attempt);
}

static bool other_rows(const LoadCut *cut, const char *label, Error *err)
{
    char last[POSITION_TEXT_MAX], first[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA,
              "the rows to be loaded are not those that were being loaded under label %s when the "
              "last loader ended; whether those are at the destination is not known",
              label);
    error_object(err, "%s", cut->name);
    if (cut->copy)
        error_position(err, "chunk %" PRIu32 " of the copy", cut->chunk);
    else
        error_position(err, "%.30s to %.30s", position_format(cut->first, first),
                       position_format(cut->last, last));
    return error_hint(err, "compare the table on both sides; release the task and copy anew");
}

bool load_items_make(LoadItems *out, const LoadCut *cut, LoadName name, Intent *const *recorded,
                     const LoadFate *fates, size_t recorded_count, Error *err)
{
    LoadItems items = {.cut = cut, .name = name};

    for (size_t i = 0; i < recorded_count && cut->part_count > 0; i++) {
        if (is_within(cut, recorded[i]))
            take_up(&items, recorded[i], fates[i], part_of(cut, recorded[i]));
    }
    if (items.count == 0) {
        from_parts(&items, 0);
    } else if (!same_rows(&items)) {
        if (!all_are_out(recorded, fates, recorded_count)) {
            other_rows(cut, items.items[0].label, err);
            load_items_done(&items);
            return false;
        }
        replace_all(&items);
    }
    *out = items;
    return true;
}

/* ---- going on ---- */

LoadItem *load_items_next(LoadItems *items)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].state == STATE(OPEN))
            return &items->items[i];
    }
    return NULL;
}

static size_t give_up(LoadItems *items, LoadItem *item)
{
    item->state = STATE(REFUSED);
    item->stored = false;
    return (size_t)(item - items->items) + 1;
}

void load_items_halve(LoadItems *items, LoadItem *item)
{
    LoadItem whole = *item;
    size_t at = give_up(items, item);

    insert_rows(items, at, whole.part, whole.first_row, whole.rows / 2, whole.attempt);
    insert_rows(items, at + 1, whole.part, whole.first_row + whole.rows / 2,
                whole.rows - whole.rows / 2, whole.attempt);
}

void load_items_renew(LoadItems *items, LoadItem *item)
{
    LoadItem whole = *item;
    size_t at = give_up(items, item);

    insert_rows(items, at, whole.part, whole.first_row, whole.rows, whole.attempt + 1);
}

void load_item_intent(const LoadItems *items, const LoadItem *item,
                      Walferry__Change__Position *first, Walferry__Change__Position *last,
                      Intent *out)
{
    const LoadCut *cut = items->cut;

    walferry__control__intent__init(out);
    walferry__change__position__init(first);
    walferry__change__position__init(last);
    first->commit_lsn = cut->first.commit_lsn;
    first->ordinal = cut->first.ordinal;
    last->commit_lsn = cut->last.commit_lsn;
    last->ordinal = cut->last.ordinal;
    out->relation_oid = cut->relation_oid;
    out->copy = cut->copy;
    out->chunk = cut->chunk;
    out->first = first;
    out->last = last;
    out->first_row = item->first_row;
    out->rows = item->rows;
    out->column_set = item->column_set;
    out->checksum = item->checksum;
    out->attempt = item->attempt;
    out->label = (char *)(uintptr_t)item->label;
    out->state = item->state;
}
