#include "loader/upsert.h"

#include "common/mem.h"

#include <stdlib.h>

enum { FIRST_ROWS = 64, BITS = 64 };

void upsert_start(Upsert *upsert, const CsvPlan *plan)
{
    upsert->keys = csv_plan_keys(plan, &upsert->key_count);
    upsert->column_count = csv_plan_columns(plan);
    upsert->count = upsert->indexed = 0;
    upsert->indexing = upsert->partial = false;
    key_index_clear(&upsert->index);
}

void upsert_done(Upsert *upsert)
{
    free(upsert->rows);
    key_index_done(&upsert->index);
    *upsert = (Upsert){0};
}

static bool same_key(const Upsert *upsert, const Value *a, const Value *b)
{
    for (uint32_t i = 0; i < upsert->key_count; i++) {
        const Value *x = &a[upsert->keys[i]], *y = &b[upsert->keys[i]];

        if (x->form != y->form || !str_equal(x->bytes, y->bytes))
            return false;
    }
    return true;
}

static uint64_t hash_of(const Upsert *upsert, const Value *values)
{
    uint64_t hash = KEY_HASH_SEED;

    for (uint32_t i = 0; i < upsert->key_count; i++) {
        const Value *value = &values[upsert->keys[i]];

        hash = key_hash_add(hash ^ (uint64_t)value->form, value->bytes.data, value->bytes.len);
    }
    return key_hash_finish(hash);
}

static CsvRow *find(const Upsert *upsert, uint64_t hash, const Value *key)
{
    uint32_t number;

    for (size_t at = 0; key_index_next(&upsert->index, hash, &at, &number);) {
        if (same_key(upsert, upsert->rows[number].values, key))
            return &upsert->rows[number];
    }
    return NULL;
}

static CsvRow *new_row(Upsert *upsert)
{
    if (upsert->count == upsert->capacity) {
        upsert->capacity = upsert->capacity ? upsert->capacity * 2 : FIRST_ROWS;
        upsert->rows = mem_resize(upsert->rows, upsert->capacity, sizeof *upsert->rows);
    }
    return &upsert->rows[upsert->count++];
}

/* A load of new rows only is never hashed. */
static void index_rows(Upsert *upsert)
{
    upsert->indexing = true;
    for (; upsert->indexed < upsert->count; upsert->indexed++)
        key_index_add(&upsert->index, hash_of(upsert, upsert->rows[upsert->indexed].values),
                      upsert->indexed);
}

static void put(Upsert *upsert, CsvRow row)
{
    uint64_t hash = hash_of(upsert, row.values);
    CsvRow *known = find(upsert, hash, row.values);

    if (!known) {
        key_index_add(&upsert->index, hash, upsert->count);
        known = new_row(upsert);
        upsert->indexed = upsert->count;
    }
    *known = row;
}

/* A key column that comes as unchanged has its value in the old key. */
static bool complete_key(const Upsert *upsert, const Change *change)
{
    for (uint32_t i = 0; i < upsert->key_count; i++) {
        Value *value = &change->new_tuple.values[upsert->keys[i]];

        if (value->form != VALUE_UNCHANGED)
            continue;
        if (!change->old_tuple.values)
            return false;
        *value = change->old_tuple.values[upsert->keys[i]];
    }
    return true;
}

/* False: some stay unchanged. */
static bool fill(const Upsert *upsert, Value *values, const Value *from)
{
    bool complete = true;

    for (uint32_t i = 0; i < upsert->column_count; i++) {
        if (values[i].form == VALUE_UNCHANGED && from)
            values[i] = from[i];
        complete &= values[i].form != VALUE_UNCHANGED;
    }
    return complete;
}

static UpsertVerdict add_update(Upsert *upsert, const Change *change, bool full_identity,
                                uint64_t record_id)
{
    Value *values = change->new_tuple.values, *old = change->old_tuple.values;

    if (!complete_key(upsert, change))
        return UPSERT_NO_KEY;
    bool complete = fill(upsert, values, full_identity ? old : NULL);
    if (!complete) {
        const Value *key = old ? old : values;
        const CsvRow *known = find(upsert, hash_of(upsert, key), key);
        complete = fill(upsert, values, known && !known->deleted ? known->values : NULL);
    }
    if (old && !same_key(upsert, old, values)) {
        if (!complete)
            return UPSERT_READ_BACK;
        put(upsert, (CsvRow){.values = old, .deleted = true, .record_id = record_id});
    }
    upsert->partial |= !complete;
    put(upsert, (CsvRow){.values = values, .record_id = record_id});
    return UPSERT_TAKEN;
}

UpsertVerdict upsert_add(Upsert *upsert, const Change *change, bool full_identity,
                         uint64_t record_id)
{
    CsvRow row = {.record_id = record_id};

    if (change->kind == CHANGE_INSERT && !upsert->indexing) {
        row.values = change->new_tuple.values;
        *new_row(upsert) = row;
        return UPSERT_TAKEN;
    }
    index_rows(upsert);
    if (change->kind == CHANGE_UPDATE)
        return add_update(upsert, change, full_identity, record_id);
    row.deleted = change->kind == CHANGE_DELETE;
    row.values = row.deleted ? change->old_tuple.values : change->new_tuple.values;
    put(upsert, row);
    return UPSERT_TAKEN;
}

void upsert_append(Upsert *upsert, CsvRow row)
{
    *new_row(upsert) = row;
}

/* --- sets --- */

typedef struct SetMaker {
    const Upsert *upsert;
    Arena *arena;
    size_t words;
    RowSet *sets;
    size_t count, capacity;
    uint64_t *key_only; /* all but the key unchanged */
} SetMaker;

static void mask_of(const SetMaker *maker, const CsvRow *row, uint64_t *mask)
{
    memset(mask, 0, maker->words * sizeof *mask);
    if (row->deleted)
        return;
    for (uint32_t i = 0; i < maker->upsert->column_count; i++) {
        if (row->values[i].form == VALUE_UNCHANGED)
            mask[i / BITS] |= UINT64_C(1) << i % BITS;
    }
}

static bool is_empty(const SetMaker *maker, const uint64_t *mask)
{
    for (size_t i = 0; i < maker->words; i++) {
        if (mask[i])
            return false;
    }
    return true;
}

static bool same_mask(const SetMaker *maker, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, maker->words * sizeof *a) == 0;
}

static size_t add_set(SetMaker *maker, const uint64_t *mask)
{
    if (maker->count == maker->capacity) {
        size_t capacity = maker->capacity ? maker->capacity * 2 : 4;
        RowSet *sets = ARENA_ARRAY(maker->arena, RowSet, capacity);
        if (maker->count > 0)
            memcpy(sets, maker->sets, maker->count * sizeof *sets);
        maker->sets = sets;
        maker->capacity = capacity;
    }
    uint64_t *copy = NULL;
    if (mask) {
        copy = ARENA_ARRAY(maker->arena, uint64_t, maker->words);
        memcpy(copy, mask, maker->words * sizeof *copy);
    }
    maker->sets[maker->count] = (RowSet){.unchanged = copy};
    return maker->count++;
}

static size_t set_of(SetMaker *maker, const uint64_t *mask)
{
    if (is_empty(maker, mask))
        return 0;
    for (size_t i = 1; i < maker->count; i++) {
        if (same_mask(maker, maker->sets[i].unchanged, mask))
            return i;
    }
    return add_set(maker, mask);
}

static void note_key_only(SetMaker *maker)
{
    const Upsert *upsert = maker->upsert;

    maker->key_only = ARENA_ARRAY(maker->arena, uint64_t, maker->words);
    for (uint32_t i = 0; i < upsert->column_count; i++)
        maker->key_only[i / BITS] |= UINT64_C(1) << i % BITS;
    for (uint32_t i = 0; i < upsert->key_count; i++)
        maker->key_only[upsert->keys[i] / BITS] &= ~(UINT64_C(1) << upsert->keys[i] % BITS);
}

enum { NO_SET = UINT32_MAX };

/* The set of each row, and how many each set has. */
static uint32_t *assign(SetMaker *maker)
{
    const Upsert *upsert = maker->upsert;
    uint32_t *numbers = ARENA_ARRAY(maker->arena, uint32_t, upsert->count);
    uint64_t *mask = ARENA_ARRAY(maker->arena, uint64_t, maker->words);

    for (uint32_t i = 0; i < upsert->count; i++) {
        mask_of(maker, &upsert->rows[i], mask);
        numbers[i] = NO_SET;
        if (!is_empty(maker, mask) && same_mask(maker, mask, maker->key_only))
            continue;
        numbers[i] = (uint32_t)set_of(maker, mask);
        maker->sets[numbers[i]].rows++;
    }
    return numbers;
}

static void sort_rows(Upsert *upsert, const SetMaker *maker, const uint32_t *numbers)
{
    CsvRow *sorted = mem_resize(NULL, upsert->capacity, sizeof *sorted);
    uint64_t *at = ARENA_ARRAY(maker->arena, uint64_t, maker->count), total = 0;

    for (size_t i = 0; i < maker->count; i++) {
        at[i] = maker->sets[i].first_row = total;
        total += maker->sets[i].rows;
    }
    for (uint32_t i = 0; i < upsert->count; i++) {
        if (numbers[i] != NO_SET)
            sorted[at[numbers[i]]++] = upsert->rows[i];
    }
    free(upsert->rows);
    upsert->rows = sorted;
    upsert->count = (uint32_t)total;
}

void upsert_finish(Upsert *upsert, Arena *arena, RowSets *out)
{
    SetMaker maker = {.upsert = upsert, .arena = arena, .words = upsert->column_count / BITS + 1};

    add_set(&maker, NULL);
    if (upsert->partial) {
        note_key_only(&maker);
        sort_rows(upsert, &maker, assign(&maker));
    } else {
        maker.sets[0].rows = upsert->count;
    }
    key_index_done(&upsert->index);
    *out = (RowSets){maker.sets, maker.count};
}
