#include "transform/rules.h"

static bool has_skipped_column(const Relation *relation)
{
    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (relation->columns[i].skip)
            return true;
    }
    return false;
}

static bool has_renamed_column(const Relation *relation)
{
    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (relation->columns[i].to.len > 0)
            return true;
    }
    return false;
}

bool rules_touch_rows(const BatchHeader *header)
{
    for (uint32_t i = 0; i < header->relation_count; i++) {
        if (header->relations[i].left_out || has_skipped_column(&header->relations[i]))
            return true;
    }
    return false;
}

bool rules_there_are(const BatchHeader *header)
{
    for (uint32_t i = 0; i < header->relation_count; i++) {
        const Relation *relation = &header->relations[i];

        if (relation->to_schema.len > 0 || relation->to_table.len > 0 ||
            has_renamed_column(relation))
            return true;
    }
    return rules_touch_rows(header);
}

/* --- rows --- */

static bool passes(const Relation *relation, ChangeKind kind)
{
    return (relation->left_out >> kind & 1) == 0;
}

static void take_columns_out(const Relation *relation, Tuple *tuple)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; tuple->values && i < relation->column_count; i++) {
        if (!relation->columns[i].skip)
            tuple->values[kept++] = tuple->values[i];
    }
    tuple->count = kept;
}

/* Tables that may not be emptied are taken from its list. False: none is left. */
static bool truncate_passes(const BatchHeader *header, Change *change)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < change->truncated_count; i++) {
        if (passes(&header->relations[change->truncated[i]], CHANGE_TRUNCATE))
            change->truncated[kept++] = change->truncated[i];
    }
    change->truncated_count = kept;
    if (kept > 0)
        change->relation = change->truncated[0];
    return kept > 0;
}

static bool row_passes(const BatchHeader *header, Change *change)
{
    const Relation *relation = &header->relations[change->relation];

    if (!passes(relation, change->kind))
        return false;
    take_columns_out(relation, &change->old_tuple);
    take_columns_out(relation, &change->new_tuple);
    return true;
}

void rules_apply_to_rows(Batch *batch)
{
    BatchHeader *header = &batch->header;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < header->change_count; i++) {
        Change *change = &batch->changes[i];
        bool goes_on = change->kind == CHANGE_TRUNCATE ? truncate_passes(header, change)
                                                       : row_passes(header, change);

        if (goes_on)
            batch->changes[kept++] = *change;
    }
    header->change_count = kept;
}

/* --- relations --- */

static void rename(Str *name, Str *to)
{
    if (to->len > 0)
        *name = *to;
    *to = (Str){0};
}

static void apply_to_columns(Relation *relation)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (relation->columns[i].skip)
            continue;
        relation->columns[kept] = relation->columns[i];
        rename(&relation->columns[kept].name, &relation->columns[kept].to);
        kept++;
    }
    relation->column_count = kept;
}

/* left_out stays: the loader has to know that a row may be missing, or in the way. */
void rules_apply_to_relations(BatchHeader *header, Arena *arena)
{
    for (uint32_t i = 0; i < header->relation_count; i++) {
        Relation *relation = &header->relations[i];

        if (relation->to_schema.len > 0 || relation->to_table.len > 0)
            relation->source = str_of(arena_printf(arena, "%.*s.%.*s", STR_ARGS(relation->schema),
                                                   STR_ARGS(relation->table)));
        rename(&relation->schema, &relation->to_schema);
        rename(&relation->table, &relation->to_table);
        apply_to_columns(relation);
    }
}
