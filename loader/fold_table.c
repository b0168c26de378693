#include "loader/fold_table.h"

#include "common/mem.h"

#include <stdlib.h>

enum { FIRST_ENTRIES = 64, KEPT_ENTRIES = 4096 };

static void find_keys(RowTable *table, const Relation *relation)
{
    uint32_t count = 0;

    table->keys = mem_resize(table->keys, relation->column_count + 1, sizeof *table->keys);
    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (relation->columns[i].key)
            table->keys[count++] = i;
    }
    table->shown.keys = table->keys;
    table->shown.key_count = count;
}

void row_table_start(RowTable *table, const Relation *relation)
{
    table->shown = (FoldTable){.relation = relation};
    find_keys(table, relation);
    table->shown.serial = table->shown.key_count == 0;
}

static bool same_value(const Value *a, const Value *b)
{
    return a->form == b->form && str_equal(a->bytes, b->bytes);
}

bool row_table_same_key(const RowTable *table, const Value *a, const Value *b)
{
    for (uint32_t i = 0; i < table->shown.key_count; i++) {
        if (!same_value(&a[table->keys[i]], &b[table->keys[i]]))
            return false;
    }
    return true;
}

static uint64_t hash_of(const RowTable *table, const Value *values)
{
    uint64_t hash = KEY_HASH_SEED;

    for (uint32_t i = 0; i < table->shown.key_count; i++) {
        const Value *value = &values[table->keys[i]];

        hash = key_hash_add(hash ^ (uint64_t)value->form, value->bytes.data, value->bytes.len);
    }
    return key_hash_finish(hash);
}

/* In an index the key of an entry is that of its values (current) or of its origin (left). */
static FoldEntry *find(const RowTable *table, const KeyIndex *index, uint64_t hash,
                       const Value *key)
{
    uint32_t number;

    for (size_t at = 0; key_index_next(index, hash, &at, &number);) {
        FoldEntry *entry = &table->entries[number];
        const Value *own = index == &table->left ? entry->origin : entry->values;

        if (row_table_same_key(table, own, key))
            return entry;
    }
    return NULL;
}

FoldEntry *row_table_with_key(const RowTable *table, const Value *values)
{
    return find(table, &table->current, hash_of(table, values), values);
}

FoldEntry *row_table_that_left(const RowTable *table, const Value *values)
{
    return find(table, &table->left, hash_of(table, values), values);
}

static uint32_t number_of(const RowTable *table, const FoldEntry *entry)
{
    return (uint32_t)(entry - table->entries);
}

static FoldEntry *new_entry(RowTable *table)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : FIRST_ENTRIES;
        table->entries = mem_resize(table->entries, table->capacity, sizeof *table->entries);
    }
    table->entries[table->count] = (FoldEntry){0};
    return &table->entries[table->count++];
}

/* Inserts are indexed when a later change might concern them: a load of new rows is never hashed.
 */
static void index_inserts(RowTable *table)
{
    for (; table->indexed < table->count; table->indexed++) {
        const FoldEntry *entry = &table->entries[table->indexed];
        uint64_t hash = hash_of(table, entry->values);

        if (find(table, &table->current, hash, entry->values))
            table->shown.serial = true; /* such a row is there */
        key_index_add(&table->current, hash, table->indexed);
    }
}

/*
 * The row with this key: one that we know, or one of the destination that we meet for the first
 * time. NULL: a row that had this key is gone.
 */
static FoldEntry *meet(RowTable *table, Value *key, uint64_t hash, bool *is_new)
{
    FoldEntry *entry = find(table, &table->current, hash, key);

    *is_new = !entry;
    if (entry)
        return entry;
    if (find(table, &table->left, hash, key))
        return NULL;
    entry = new_entry(table);
    entry->origin = key;
    table->indexed = table->count;
    return entry;
}

/* A row leaves a key. What matters later is whether that was its key at the destination. */
static void leave(RowTable *table, FoldEntry *entry, const Value *key, uint64_t hash, bool is_new)
{
    if (!is_new)
        key_index_remove(&table->current, hash, number_of(table, entry));
    if (entry->origin && row_table_same_key(table, entry->origin, key) &&
        find(table, &table->left, hash, key) != entry)
        key_index_add(&table->left, hash, number_of(table, entry));
}

/* A key column that comes as unchanged has its value in the old key. False: there is none. */
static bool complete_key(const RowTable *table, const Change *change)
{
    for (uint32_t i = 0; i < table->shown.key_count; i++) {
        Value *value = &change->new_tuple.values[table->keys[i]];

        if (value->form != VALUE_UNCHANGED)
            continue;
        if (!change->old_tuple.values)
            return false;
        *value = change->old_tuple.values[table->keys[i]];
    }
    return true;
}

/* The tuple that was written last, with what it left unchanged from the one before. */
static void merge(const Relation *relation, FoldEntry *entry, Value *values)
{
    for (uint32_t i = 0; entry->values && i < relation->column_count; i++) {
        if (values[i].form == VALUE_UNCHANGED)
            values[i] = entry->values[i];
    }
    entry->values = values;
}

static void add_update(RowTable *table, const Change *change)
{
    Value *values = change->new_tuple.values;
    Value *key = change->old_tuple.values ? change->old_tuple.values : values;
    bool is_new;

    index_inserts(table);
    if (!complete_key(table, change)) {
        table->shown.serial = true;
        return;
    }
    uint64_t hash = hash_of(table, key);
    bool moves = key != values && !row_table_same_key(table, key, values);
    FoldEntry *entry = meet(table, key, hash, &is_new);
    if (!entry || (moves && row_table_with_key(table, values))) {
        table->shown.serial = true;
        return;
    }
    if (moves) {
        leave(table, entry, key, hash, is_new);
        entry->moved = true;
    }
    merge(table->shown.relation, entry, values);
    if (moves || is_new)
        key_index_add(&table->current, moves ? hash_of(table, values) : hash,
                      number_of(table, entry));
}

static void add_delete(RowTable *table, const Change *change)
{
    Value *key = change->old_tuple.values;
    uint64_t hash = hash_of(table, key);
    bool is_new;

    index_inserts(table);
    FoldEntry *entry = meet(table, key, hash, &is_new);
    if (!entry) {
        table->shown.serial = true;
        return;
    }
    leave(table, entry, key, hash, is_new);
    entry->values = NULL;
}

static void add_insert(RowTable *table, const Change *change)
{
    new_entry(table)->values = change->new_tuple.values;
}

void row_table_add(RowTable *table, const Change *change)
{
    /* clang-format off */
    static void (*const ADD[])(RowTable *, const Change *) = {
        [CHANGE_INSERT] = add_insert,
        [CHANGE_UPDATE] = add_update,
        [CHANGE_DELETE] = add_delete,
    };
    /* clang-format on */

    table->shown.inserts += change->kind == CHANGE_INSERT;
    table->shown.updates += change->kind == CHANGE_UPDATE;
    table->shown.deletes += change->kind == CHANGE_DELETE;
    /* A keyless table's inserts alone are a set like any other. */
    if (table->shown.key_count == 0) {
        table->shown.serial = table->shown.updates + table->shown.deletes > 0;
        if (change->kind == CHANGE_INSERT)
            add_insert(table, change);
    } else if (!table->shown.serial) {
        ADD[change->kind](table, change);
    }
}

void row_table_clear(RowTable *table)
{
    if (table->capacity > KEPT_ENTRIES && table->count < table->capacity / 8) {
        free(table->entries);
        table->entries = NULL;
        table->capacity = 0;
    }
    table->count = table->indexed = 0;
    key_index_clear(&table->current);
    key_index_clear(&table->left);
}

void row_table_done(RowTable *table)
{
    free(table->entries);
    free(table->keys);
    key_index_done(&table->current);
    key_index_done(&table->left);
    *table = (RowTable){0};
}
