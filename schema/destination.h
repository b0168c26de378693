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
 * existing_tables = "accept" used if the source's rows fit into them; the catalog is told (as_text)
 * which have other types, and existing_rows.h what shall become of their rows. Without the schema
 * phase every table must be there.
 */
NODISCARD bool destination_create(Pg *pg, const TaskFile *task, Catalog *catalog, Arena *arena,
                                  JobHost *host, Error *err);
