/*
 * selectdb_fit - can a task's rows be written to a table that is there already? Pure.
 *
 * Model, key columns, sequence, every column and its type must do; what the table has besides must
 * be able to stay empty. Distribution, buckets, order and other properties are the user's.
 */
#pragma once

#include "schema/selectdb_design.h"
#include "schema/selectdb_there.h"

/*
 * True: the design's names and types of columns are then those that are there. False: *differences
 * says what is in the way; a text in the arena.
 */
bool selectdb_fit(const SelectdbThere *there, SelectdbDesign *design, Arena *arena,
                  const char **differences);
