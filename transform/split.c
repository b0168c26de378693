#include "transform/split.h"

#include "common/codec.h"
#include "transform/lane.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct Split {
    const Batch *batch;
    uint32_t lanes;
    Arena *arena;
    SplitPart *parts;
} Split;

static void add(const Split *s, uint32_t lane, const Change *change)
{
    codec_pack_change(&s->parts[lane].body, change);
    s->parts[lane].change_count++;
}

static bool refuse(const Split *s, const Change *change, const char *what, Error *err)
{
    const Relation *relation = &s->batch->header.relations[change->relation];
    Position position = {
        .commit_lsn = s->batch->header.transactions[change->transaction].commit_lsn,
        .ordinal = change->ordinal,
    };
    char text[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA, "%s", what);
    error_object(err, "%.*s.%.*s", STR_ARGS(relation->schema), STR_ARGS(relation->table));
    error_position(err, "%s", position_format(position, text));
    return error_hint(err, "run the task with stages.loader = 1");
}

/* The new tuple with what is unchanged filled in from the old one. */
static bool complete_tuple(const Split *s, const Change *change, Tuple *out, Error *err)
{
    const Tuple *new_tuple = &change->new_tuple, *old = &change->old_tuple;
    const Relation *relation = &s->batch->header.relations[change->relation];

    out->count = new_tuple->count;
    out->values = arena_alloc(s->arena, out->count * sizeof(Value));
    for (uint32_t i = 0; i < out->count; i++) {
        bool old_has_it = old->values && (relation->columns[i].key || relation->full_identity);

        out->values[i] = new_tuple->values[i];
        if (out->values[i].form != VALUE_UNCHANGED)
            continue;
        if (!old_has_it)
            return refuse(
                s, change,
                "a row moves to another loader by a change of its key while a large value "
                "of it is unchanged",
                err);
        out->values[i] = old->values[i];
    }
    return true;
}

static bool move_row(const Split *s, const Change *change, uint32_t from, uint32_t to, Error *err)
{
    Change gone = *change, come = *change;

    gone.kind = CHANGE_DELETE;
    gone.new_tuple = (Tuple){0};
    come.kind = CHANGE_INSERT;
    come.old_tuple = (Tuple){0};
    if (!complete_tuple(s, change, &come.new_tuple, err))
        return false;
    add(s, from, &gone);
    add(s, to, &come);
    return true;
}

static bool split_by_key(const Split *s, const Change *change, Error *err)
{
    const Relation *relation = &s->batch->header.relations[change->relation];
    const Tuple *old = &change->old_tuple, *new_tuple = &change->new_tuple;
    uint32_t from = 0, to = 0;

    if ((new_tuple->values && !lane_of_row(relation, new_tuple, old, s->lanes, &to)) ||
        (old->values && !lane_of_row(relation, old, old, s->lanes, &from)))
        return refuse(s, change, "a change without its whole key", err);
    if (old->values && new_tuple->values && from != to)
        return move_row(s, change, from, to, err);
    add(s, new_tuple->values ? to : from, change);
    return true;
}

static bool split_change(const Split *s, const Change *change, Error *err)
{
    const Relation *relation = &s->batch->header.relations[change->relation];

    if (s->lanes > 1 && change->kind != CHANGE_TRUNCATE && relation->lane_by_key)
        return split_by_key(s, change, err);
    add(s, change->kind == CHANGE_TRUNCATE ? 0 : lane_of_relation(relation, s->lanes), change);
    return true;
}

bool split_changes(const Batch *batch, uint32_t lanes, Arena *arena, SplitPart *parts, Error *err)
{
    Split split = {.batch = batch, .lanes = lanes, .arena = arena, .parts = parts};

    for (uint32_t i = 0; i < batch->header.change_count; i++) {
        if (!split_change(&split, &batch->changes[i], err))
            return false;
    }
    return true;
}
