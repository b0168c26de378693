/*
 * rules - what a task does to a batch, as the batch's relations tell: names of the destination take
 * the place of the source's, columns that are skipped and operations that do not pass are taken
 * out.
 *
 * Positions stay: ordinals were counted at the source, and a transaction of which nothing is left
 * still moves the destination on. A batch without rules is not looked into. Pure.
 */
#pragma once

#include "common/arena.h"
#include "common/change.h"

/* A relation of it is to be changed; rows are, too. */
bool rules_there_are(const BatchHeader *header);
bool rules_touch_rows(const BatchHeader *header);

/* Changes of a decoded batch, in place; before its relations. */
void rules_apply_to_rows(Batch *batch);

/* The relations, in place. */
void rules_apply_to_relations(BatchHeader *header, Arena *arena);
