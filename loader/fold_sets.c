/* The end of a fold: rows become sets that one statement each can apply. */
#include "loader/fold_table.h"

enum { BITS = 64, NO_SET = UINT16_MAX };

/* What two rows of one set have in common. */
typedef struct Traits {
    FoldVerb verb;
    bool has_text, has_binary;
    bool moves;
    uint64_t *unchanged; /* only of updates */
} Traits;

typedef struct SetMaker {
    RowTable *table;
    Arena *arena;
    size_t words; /* of an `unchanged` */
    FoldSet *sets;
    size_t count;
} SetMaker;

static void note_form(Traits *traits, ValueForm form)
{
    traits->has_text |= form == VALUE_TEXT;
    traits->has_binary |= form == VALUE_BINARY;
}

static FoldForm form_of(const Traits *traits)
{
    return !traits->has_text ? FOLD_BINARY : !traits->has_binary ? FOLD_TEXT : FOLD_MIXED;
}

static void note_key(Traits *traits, const RowTable *table, const Value *origin)
{
    for (uint32_t i = 0; i < table->shown.key_count; i++)
        note_form(traits, origin[table->keys[i]].form);
}

static void note_values(Traits *traits, const RowTable *table, const Value *values)
{
    for (uint32_t i = 0; i < table->shown.relation->column_count; i++) {
        if (values[i].form == VALUE_UNCHANGED)
            traits->unchanged[i / BITS] |= UINT64_C(1) << i % BITS;
        else
            note_form(traits, values[i].form);
    }
}

/* scratch: an `unchanged` to be filled. */
static Traits traits_of(const SetMaker *maker, const FoldEntry *entry, uint64_t *scratch)
{
    Traits traits = {.unchanged = scratch};

    memset(scratch, 0, maker->words * sizeof *scratch);
    traits.verb = !entry->values ? FOLD_DELETE : entry->origin ? FOLD_UPDATE : FOLD_INSERT;
    if (entry->origin)
        note_key(&traits, maker->table, entry->origin);
    if (entry->values)
        note_values(&traits, maker->table, entry->values);
    traits.moves = traits.verb == FOLD_UPDATE && entry->moved &&
                   !row_table_same_key(maker->table, entry->origin, entry->values);
    return traits;
}

static bool fits(const SetMaker *maker, const FoldSet *set, const Traits *traits)
{
    return set->verb == traits->verb && set->form == form_of(traits) &&
           set->moves == traits->moves &&
           memcmp(set->unchanged, traits->unchanged, maker->words * sizeof *set->unchanged) == 0;
}

/* The number of the set, a new one if need be; NO_SET: there are too many. */
static uint16_t set_for(SetMaker *maker, const Traits *traits)
{
    for (size_t i = 0; i < maker->count; i++) {
        if (fits(maker, &maker->sets[i], traits))
            return (uint16_t)i;
    }
    if (maker->count == FOLD_SETS_MAX)
        return NO_SET;

    uint64_t *unchanged = ARENA_ARRAY(maker->arena, uint64_t, maker->words);
    memcpy(unchanged, traits->unchanged, maker->words * sizeof *unchanged);
    maker->sets[maker->count] = (FoldSet){
        .verb = traits->verb,
        .form = form_of(traits),
        .moves = traits->moves,
        .unchanged = unchanged,
    };
    return (uint16_t)maker->count++;
}

/*
 * A row takes the key of another one, which has to leave it first: no single statement can say so,
 * since a unique index is checked row by row.
 */
static bool takes_the_key_of_another(const RowTable *table, const FoldEntry *entry)
{
    const FoldEntry *other = row_table_that_left(table, entry->values);

    return other && other != entry && other->values;
}

static bool assign_sets(SetMaker *maker)
{
    uint64_t *scratch = ARENA_ARRAY(maker->arena, uint64_t, maker->words);
    RowTable *table = maker->table;

    for (uint32_t i = 0; i < table->count; i++) {
        FoldEntry *entry = &table->entries[i];

        entry->set = NO_SET;
        if (!entry->origin && !entry->values)
            continue; /* came and went */
        Traits traits = traits_of(maker, entry, scratch);
        entry->set = set_for(maker, &traits);
        if (entry->set == NO_SET || (traits.moves && takes_the_key_of_another(table, entry)))
            return false;
        maker->sets[entry->set].count++;
    }
    return true;
}

static void fill_sets(SetMaker *maker)
{
    for (size_t i = 0; i < maker->count; i++) {
        maker->sets[i].entries = ARENA_ARRAY(maker->arena, FoldEntry *, maker->sets[i].count);
        maker->sets[i].count = 0;
    }
    for (uint32_t i = 0; i < maker->table->count; i++) {
        FoldEntry *entry = &maker->table->entries[i];

        if (entry->set != NO_SET) {
            FoldSet *set = &maker->sets[entry->set];
            set->entries[set->count++] = entry;
        }
    }
}

/* Few of them, and in groups of verbs already but for chance: insertion keeps equals in order. */
static void sort_by_verb(FoldSet *sets, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        FoldSet moving = sets[i];
        size_t at = i;

        for (; at > 0 && sets[at - 1].verb > moving.verb; at--)
            sets[at] = sets[at - 1];
        sets[at] = moving;
    }
}

void row_table_finish(RowTable *table, Arena *arena)
{
    SetMaker maker = {
        .table = table,
        .arena = arena,
        .words = table->shown.relation->column_count / BITS + 1,
        .sets = ARENA_ARRAY(arena, FoldSet, FOLD_SETS_MAX),
    };

    if (table->shown.serial)
        return;
    if (!assign_sets(&maker)) {
        table->shown.serial = true;
        return;
    }
    fill_sets(&maker);
    sort_by_verb(maker.sets, maker.count);
    table->shown.sets = maker.sets;
    table->shown.set_count = maker.count;
}
