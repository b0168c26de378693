/* model_index - a model's tables by their number in the source. Pure. */
#pragma once

#include "common/arena.h"
#include "model.pb-c.h"

typedef struct ModelIndex {
    const Walferry__Model__ModelTable **tables; /* by oid, ascending; the model's own */
    size_t count;
} ModelIndex;

/* Of no table when there is no model. */
ModelIndex model_index_of(Arena *arena, const Walferry__Model__Model *model);
const Walferry__Model__ModelTable *model_index_find(const ModelIndex *index, uint32_t oid);
