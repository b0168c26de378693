/*
 * destination - makes the tables at the destination, empty and without keys: schemas, sequences,
 * tables, partitions attached, all in one transaction with the notes of what was made.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/existing.h"
#include "schema/job.h"

/*
 * What the task has made before is left alone. The user's own tables are a CONFIG error, or with
 * existing_tables = "accept" used if they have the same columns. Without the schema phase every
 * table must be there.
 */
NODISCARD bool destination_create(Pg *pg, const TaskFile *task, const Catalog *catalog,
                                  Arena *arena, JobHost *host, Error *err);

/*
 * Takes from the list those whose constraint or index a table of the user's own has already: by
 * name, and a primary key by whichever.
 */
NODISCARD bool destination_leave_out_existing(Pg *pg, const TaskFile *task, Catalog *catalog,
                                              Arena *arena, Error *err);
