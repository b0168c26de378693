/*
 * destination_objects - what tables need at the destination: types, functions, collations,
 * extensions.
 */
#pragma once

#include "schema/catalog.h"
#include "schema/job.h"

/*
 * there[i]: the destination has the catalog's object i. One that the task has not made must be as
 * the source's, else CONFIG.
 */
NODISCARD bool destination_find_objects(Pg *pg, const TaskFile *task, const Catalog *catalog,
                                        Arena *arena, bool *there, Error *err);

/* Makes one, and notes that. */
NODISCARD bool destination_make_object(Pg *pg, const TaskFile *task, const CatalogObject *object,
                                       Error *err);
