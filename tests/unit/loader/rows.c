#include "tests/unit/loader/rows.h"

#include <string.h>

Relation *rows_relation(Arena *arena, const char *table)
{
    static const char *const NAMES[ROWS_COLUMNS] = {"id", "a", "big"};
    Relation *relation = ARENA_NEW(arena, Relation);

    relation->oid = 1000;
    relation->schema = str_of("public");
    relation->table = str_of(arena_strdup(arena, table));
    relation->column_count = ROWS_COLUMNS;
    relation->columns = ARENA_ARRAY(arena, Column, ROWS_COLUMNS);
    for (uint32_t i = 0; i < ROWS_COLUMNS; i++)
        relation->columns[i] = (Column){.attnum = i + 1, .name = str_of(NAMES[i]), .type_oid = 25};
    relation->columns[0].key = true;
    return relation;
}

static Value value_of(Arena *arena, Str text)
{
    if (str_equal(text, (Str)STR("_")))
        return (Value){.form = VALUE_NULL};
    if (str_equal(text, (Str)STR("=")))
        return (Value){.form = VALUE_UNCHANGED};
    return (Value){VALUE_TEXT, arena_copy(arena, text)};
}

static Str word(const char **at, const char *ends)
{
    size_t len = strcspn(*at, ends);
    Str found = {*at, len};

    *at += len + ((*at)[len] != '\0');
    return found;
}

static Tuple tuple_of(Arena *arena, Str key)
{
    Tuple tuple = {ARENA_ARRAY(arena, Value, ROWS_COLUMNS), ROWS_COLUMNS};

    tuple.values[0] = value_of(arena, key);
    return tuple;
}

static Tuple rest_of(Arena *arena, Str key, const char *at)
{
    Tuple tuple = tuple_of(arena, key);

    for (uint32_t i = 1; i < ROWS_COLUMNS; i++)
        tuple.values[i] = value_of(arena, word(&at, " "));
    return tuple;
}

/* "1", or with all columns "1|x|y". */
static Tuple old_of(Arena *arena, Str text)
{
    const char *at = arena_copy(arena, text).data;
    Tuple tuple = tuple_of(arena, word(&at, "|"));

    for (uint32_t i = 1; at[0]; i++)
        tuple.values[i] = value_of(arena, word(&at, "|"));
    return tuple;
}

void rows_add(Arena *arena, Batch *batch, const char *line)
{
    uint32_t number = batch->header.change_count++;
    Change *change = &batch->changes[number];
    const char *at = line + 1, *keys;
    Str both = word(&at, " ");

    batch->header.transactions[0].last_ordinal = number + 1;
    *change = (Change){.ordinal = number + 1};
    both = arena_copy(arena, both);
    keys = both.data;
    Str first = word(&keys, ">");
    if (line[0] == '-') {
        change->kind = CHANGE_DELETE;
        change->old_tuple = at[0] ? rest_of(arena, first, at) : tuple_of(arena, first);
    } else if (line[0] == '+') {
        change->kind = CHANGE_INSERT;
        change->new_tuple = rest_of(arena, first, at);
    } else {
        change->kind = CHANGE_UPDATE;
        if (keys[0])
            change->old_tuple = old_of(arena, first);
        change->new_tuple = rest_of(arena, keys[0] ? str_of(keys) : first, at);
    }
}

Batch *rows_batch(Arena *arena, const char *const *lines, size_t count)
{
    Batch *batch = ARENA_NEW(arena, Batch);

    batch->header.relations = rows_relation(arena, "t");
    batch->header.relation_count = 1;
    batch->header.transactions = ARENA_NEW(arena, Transaction);
    batch->header.transaction_count = 1;
    batch->header.transactions[0] = (Transaction){.commit_lsn = 500, .end_lsn = 508, .ends = true};
    batch->changes = ARENA_ARRAY(arena, Change, count);
    for (size_t i = 0; i < count; i++)
        rows_add(arena, batch, lines[i]);
    return batch;
}
