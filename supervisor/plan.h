/*
 * plan - what JOB_PLAN found, put together with what was planned before, for the store.
 *
 * The first plan is of all tables. Later ones are of tables that start again: they replace these
 * and leave the others as they are. Chunks go into the store's own table and out of the kept model.
 */
#pragma once

#include "model.pb-c.h"
#include "store/store.h"

/* known may be NULL. All that *out points to lives in the arena, or in fresh. */
void plan_make(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
               const Walferry__Model__Snapshot *snapshot, Arena *arena, StorePlan *out);
