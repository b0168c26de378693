/*
 * existing_keys - keys, indexes and constraints that need not be made at the destination, since a
 * table of the user's has them, or a partition got them by being attached to one.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"

/*
 * Takes from the catalog those that tables of the user's have already: by name, and a primary key
 * by whichever; with an index of a partitioned table those of its partitions that are attached.
 */
NODISCARD bool existing_keys_leave_out(Pg *pg, const TaskFile *task, Catalog *catalog, Arena *arena,
                                       Error *err);
