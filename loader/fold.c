#include "loader/fold.h"

#include "common/arena.h"
#include "common/mem.h"
#include "loader/fold_table.h"

#include <stdlib.h>
#include <uthash.h>

/* A table by name. It outlives a reset, with its memory, so that a small group allocates nothing.
 */
typedef struct NamedTable {
    RowTable rows; /* first */
    Str name;      /* schema, NUL, table */
    bool active;   /* since the last reset */
    UT_hash_handle hh;
} NamedTable;

struct Fold {
    NamedTable *named;
    NamedTable **active;
    size_t active_count, active_capacity;
    FoldSlice *slices;
    size_t slice_count, slice_capacity;
    uint64_t changes;
    bool only_inserts;
    Arena arena;
};

Fold *fold_open(void)
{
    Fold *fold = MEM_NEW(Fold);

    fold->only_inserts = true;
    return fold;
}

void fold_close(Fold **fold)
{
    NamedTable *table, *following;

    if (!*fold)
        return;
    HASH_ITER(hh, (*fold)->named, table, following)
    {
        HASH_DEL((*fold)->named, table);
        row_table_done(&table->rows);
        free((void *)(uintptr_t)table->name.data);
        free(table);
    }
    free((*fold)->active);
    free((*fold)->slices);
    arena_done(&(*fold)->arena);
    free(*fold);
    *fold = NULL;
}

static NamedTable *add_named(Fold *fold, Str name)
{
    NamedTable *table = MEM_NEW(NamedTable);
    char *copy = mem_alloc(name.len);

    memcpy(copy, name.data, name.len);
    table->name = (Str){copy, name.len};
    HASH_ADD_KEYPTR(hh, fold->named, table->name.data, (unsigned)table->name.len, table);
    return table;
}

static NamedTable *named(Fold *fold, const Relation *relation)
{
    Str name = {NULL, relation->schema.len + 1 + relation->table.len};
    char *text = arena_zeroed(&fold->arena, name.len, 1);
    NamedTable *table;

    memcpy(text, relation->schema.data, relation->schema.len);
    memcpy(text + relation->schema.len + 1, relation->table.data, relation->table.len);
    name.data = text;
    HASH_FIND(hh, fold->named, name.data, (unsigned)name.len, table);
    return table ? table : add_named(fold, name);
}

static bool same_columns(const Relation *a, const Relation *b)
{
    if (a->column_count != b->column_count || a->full_identity != b->full_identity)
        return false;
    for (uint32_t i = 0; i < a->column_count; i++) {
        if (a->columns[i].key != b->columns[i].key ||
            a->columns[i].type_oid != b->columns[i].type_oid ||
            !str_equal(a->columns[i].name, b->columns[i].name))
            return false;
    }
    return true;
}

static void activate(Fold *fold, NamedTable *table, const Relation *relation)
{
    if (fold->active_count == fold->active_capacity) {
        fold->active_capacity = fold->active_capacity ? fold->active_capacity * 2 : 16;
        fold->active = mem_resize(fold->active, fold->active_capacity, sizeof(NamedTable *));
    }
    fold->active[fold->active_count++] = table;
    table->active = true;
    row_table_start(&table->rows, relation);
}

/* The table of a relation; NULL: it was begun with other columns. */
static FoldTable *table_for(Fold *fold, const Relation *relation)
{
    NamedTable *table = named(fold, relation);

    if (!table->active)
        activate(fold, table, relation);
    else if (!same_columns(table->rows.shown.relation, relation))
        return NULL;
    return &table->rows.shown;
}

static void add_slice(Fold *fold, FoldSlice slice)
{
    if (slice.first == slice.end)
        return;
    if (fold->slice_count == fold->slice_capacity) {
        fold->slice_capacity = fold->slice_capacity ? fold->slice_capacity * 2 : 16;
        fold->slices = mem_resize(fold->slices, fold->slice_capacity, sizeof *fold->slices);
    }
    fold->slices[fold->slice_count++] = slice;
    fold->changes += slice.end - slice.first;
}

bool fold_add(Fold *fold, const Batch *batch, uint32_t first, uint32_t *end)
{
    FoldTable **tables = ARENA_ARRAY(&fold->arena, FoldTable *, batch->header.relation_count);
    uint32_t at = first, wanted = *end;

    for (; at < wanted; at++) {
        const Change *change = &batch->changes[at];
        FoldTable **table = &tables[change->relation];

        if (!*table && !(*table = table_for(fold, &batch->header.relations[change->relation])))
            break;
        row_table_add((RowTable *)*table, change);
        fold->only_inserts &= change->kind == CHANGE_INSERT;
    }
    add_slice(fold, (FoldSlice){batch, first, at, tables});
    *end = at;
    return at == wanted;
}

void fold_finish(Fold *fold)
{
    for (size_t i = 0; i < fold->active_count; i++)
        row_table_finish(&fold->active[i]->rows, &fold->arena);
}

void fold_reset(Fold *fold)
{
    for (size_t i = 0; i < fold->active_count; i++) {
        row_table_clear(&fold->active[i]->rows);
        fold->active[i]->active = false;
    }
    fold->active_count = 0;
    fold->slice_count = 0;
    fold->changes = 0;
    fold->only_inserts = true;
    arena_reset(&fold->arena);
}

size_t fold_table_count(const Fold *fold)
{
    return fold->active_count;
}

FoldTable *fold_table(const Fold *fold, size_t index)
{
    return &fold->active[index]->rows.shown;
}

size_t fold_slice_count(const Fold *fold)
{
    return fold->slice_count;
}

const FoldSlice *fold_slice(const Fold *fold, size_t index)
{
    return &fold->slices[index];
}

uint64_t fold_changes(const Fold *fold)
{
    return fold->changes;
}

bool fold_only_inserts(const Fold *fold)
{
    return fold->only_inserts;
}
