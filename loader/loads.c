#include "loader/loads_internal.h"

#include "common/mem.h"

#include <stdlib.h>

enum { VISIBLE_ASK_MS = 500 };

LoadTable *loads_table(Loads *loads, uint32_t oid)
{
    LoadTable *table;

    HASH_FIND(hh, loads->tables, &oid, sizeof oid, table);
    if (table)
        return table;
    table = MEM_NEW(LoadTable);
    table->oid = oid;
    HASH_ADD(hh, loads->tables, oid, sizeof oid, table);
    return table;
}

static void forget_label(LoadTable *table)
{
    selectdb_free(&table->asked);
    free(table->database);
    free(table->label);
    table->database = table->label = NULL;
}

void loads_note_label(Loads *loads, const LoadCut *cut, const char *label, bool visible)
{
    LoadTable *table = loads_table(loads, cut->relation_oid);

    forget_label(table);
    if (visible)
        return;
    table->database = mem_strdup(cut->table->database);
    table->label = mem_strdup(label);
}

static bool is_of(const Walferry__Control__Intent *intent, const LoadCut *cut)
{
    return intent && intent->relation_oid == cut->relation_oid && intent->copy == cut->copy &&
           (!cut->copy || intent->chunk == cut->chunk);
}

void loads_cut_finished(Loads *loads, const LoadCut *cut)
{
    for (size_t i = 0; i < loads->recorded.count; i++) {
        if (is_of(loads->recorded.intents[i], cut))
            loads->recorded.intents[i] = NULL;
    }
    if (!cut->copy)
        loads_table(loads, cut->relation_oid)->position = cut->last;
}

static Walferry__Control__Intent *copy_intent(const LoadItems *items, const LoadItem *item,
                                              Arena *arena)
{
    Walferry__Control__Intent *intent = ARENA_NEW(arena, Walferry__Control__Intent);
    Walferry__Change__Position *positions = ARENA_ARRAY(arena, Walferry__Change__Position, 2);

    load_item_intent(items, item, &positions[0], &positions[1], intent);
    intent->label = arena_strdup(arena, item->label);
    intent->granted_ms = item->sent;
    return intent;
}

static void forget_recorded(Recorded *recorded, const char *label)
{
    for (size_t i = 0; i < recorded->count; i++) {
        if (recorded->intents[i] && strcmp(recorded->intents[i]->label, label) == 0)
            recorded->intents[i] = NULL;
    }
}

void loads_remember(Loads *loads, const LoadItems *items)
{
    Recorded *recorded = &loads->recorded;
    size_t room = recorded->count + items->count + 1;

    recorded->intents = mem_resize(recorded->intents, room, sizeof *recorded->intents);
    recorded->fates = mem_resize(recorded->fates, room, sizeof *recorded->fates);
    for (size_t i = 0; i < items->count; i++) {
        const LoadItem *item = &items->items[i];

        forget_recorded(recorded, item->label);
        recorded->intents[recorded->count] = copy_intent(items, item, &recorded->arena);
        recorded->fates[recorded->count++] = (LoadFate){.unstored = !item->stored};
    }
}

/* ---- start and end ---- */

static void take_state(Loads *loads, const Walferry__Control__LaneState *lane)
{
    loads->recorded.count = lane->n_intents;
    loads->recorded.intents = mem_alloc((lane->n_intents + 1) * sizeof *loads->recorded.intents);
    loads->recorded.fates = mem_alloc((lane->n_intents + 1) * sizeof *loads->recorded.fates);
    for (size_t i = 0; i < lane->n_intents; i++)
        loads->recorded.intents[i] = lane->intents[i];
    for (size_t i = 0; i < lane->n_tables; i++)
        loads_table(loads, lane->tables[i]->relation_oid)->position =
            (Position){lane->tables[i]->position->commit_lsn, lane->tables[i]->position->ordinal};
}

Loads *loads_open(const LoadsTarget *target)
{
    Loads *loads = MEM_NEW(Loads);
    const Walferry__Control__LaneState *lane = target->assignment->lane;

    loads->target = *target;
    loads->intents = intents_open(target->stage, lane ? lane->generation : 0);
    if (lane)
        take_state(loads, lane);
    loads->settling = settling_open(loads);
    return loads;
}

void loads_close(Loads **out)
{
    Loads *loads = *out;
    LoadTable *table, *next;

    if (!loads)
        return;
    while (loads->loads) {
        Load *load = loads->loads;
        load_end(&load);
    }
    HASH_ITER(hh, loads->tables, table, next)
    {
        HASH_DEL(loads->tables, table);
        forget_label(table);
        free(table);
    }
    settling_close(&loads->settling);
    intents_close(&loads->intents);
    free(loads->recorded.intents);
    free(loads->recorded.fates);
    arena_done(&loads->recorded.arena);
    free(loads);
    *out = NULL;
}

void loads_hear(Loads *loads, const Walferry__Control__IntentReply *reply)
{
    intents_hear(loads->intents, reply);
}

/* ---- what a predecessor left ---- */

bool loads_settled(const Loads *loads)
{
    return !loads->settling;
}

Position loads_position(const Loads *loads, uint32_t relation_oid)
{
    LoadTable *table;

    HASH_FIND(hh, loads->tables, &relation_oid, sizeof relation_oid, table);
    return table ? table->position : (Position){0, 0};
}

bool loads_open_cut(const Loads *loads, uint32_t relation_oid, LoadRange *out)
{
    for (size_t i = 0; i < loads->recorded.count; i++) {
        const Walferry__Control__Intent *intent = loads->recorded.intents[i];

        if (!intent || intent->copy || intent->relation_oid != relation_oid)
            continue;
        out->first = (Position){intent->first->commit_lsn, intent->first->ordinal};
        out->last = (Position){intent->last->commit_lsn, intent->last->ordinal};
        return true;
    }
    return false;
}

uint64_t loads_recorded_rows(const Loads *loads, uint32_t relation_oid, uint32_t chunk,
                             uint64_t first_row)
{
    for (size_t i = 0; i < loads->recorded.count; i++) {
        const Walferry__Control__Intent *intent = loads->recorded.intents[i];

        if (intent && intent->copy && intent->relation_oid == relation_oid &&
            intent->chunk == chunk && intent->first_row == first_row &&
            intent->state != WALFERRY__CONTROL__INTENT_STATE__INTENT_REFUSED)
            return intent->rows;
    }
    return 0;
}

/* ---- can it be read? ---- */

bool loads_visible(Loads *loads, uint32_t relation_oid)
{
    LoadTable *table = loads_table(loads, relation_oid);

    table->wants_visible = table->label != NULL;
    return !table->label;
}

static void step_table(Loads *loads, LoadTable *table, int64_t now_ms)
{
    Error ignored = {0}; /* asked for again */

    if (!table->wants_visible)
        return;
    if (table->asked && selectdb_ended(table->asked)) {
        SelectdbLabel label = selectdb_result(table->asked, &ignored) ? selectdb_label(table->asked)
                                                                      : SELECTDB_LABEL_UNREADABLE;

        selectdb_free(&table->asked);
        table->ask_ms = now_ms + VISIBLE_ASK_MS;
        /* It was known to be committed: a label that is forgotten since has become visible. */
        if (label == SELECTDB_LABEL_VISIBLE || label == SELECTDB_LABEL_UNKNOWN) {
            forget_label(table);
            table->wants_visible = false;
        }
    } else if (!table->asked && now_ms >= table->ask_ms) {
        table->asked = selectdb_ask_label(loads->target.selectdb, table->database, table->label);
    }
}

static int table_timeout_ms(const LoadTable *table, int64_t now_ms)
{
    if (!table->wants_visible || table->asked)
        return -1;
    return table->ask_ms > now_ms ? (int)(table->ask_ms - now_ms) : 0;
}

/* ---- steps ---- */

static bool step_settling(Loads *loads, int64_t now_ms, Error *err)
{
    bool done = false;

    if (loads->settling && !settling_step(loads->settling, now_ms, &done, err))
        return false;
    if (done)
        settling_close(&loads->settling);
    return true;
}

bool loads_step(Loads *loads, int64_t now_ms, Error *err)
{
    LoadTable *table, *next;

    selectdb_step(loads->target.selectdb);
    intents_step(loads->intents, now_ms);
    if (!step_settling(loads, now_ms, err))
        return false;
    for (Load *load = loads->loads; load; load = load->next) {
        if (!load_step(load, now_ms, err))
            return false;
    }
    HASH_ITER(hh, loads->tables, table, next)
    {
        step_table(loads, table, now_ms);
    }
    return true;
}

size_t loads_wait_items(const Loads *loads, WaitItem *items, size_t most)
{
    return selectdb_wait_items(loads->target.selectdb, items, most);
}

static int sooner(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int loads_timeout_ms(const Loads *loads, int64_t now_ms)
{
    int due = selectdb_timeout_ms(loads->target.selectdb);
    const LoadTable *table;

    if (loads->settling)
        due = sooner(due, settling_timeout_ms(loads->settling, now_ms));
    for (const Load *load = loads->loads; load; load = load->next)
        due = sooner(due, load_timeout_ms(load, now_ms));
    for (table = loads->tables; table; table = table->hh.next)
        due = sooner(due, table_timeout_ms(table, now_ms));
    return due;
}

LoadCounters loads_counters(const Loads *loads, int64_t now_ms)
{
    LoadCounters counters = loads->counters;

    for (const Load *load = loads->loads; load; load = load->next) {
        if (load->verdict.state != LOAD_UNDER_WAY)
            continue;
        counters.under_way++;
        if (now_ms - load->started_ms > counters.oldest_ms)
            counters.oldest_ms = now_ms - load->started_ms;
    }
    return counters;
}
