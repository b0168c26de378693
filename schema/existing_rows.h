/*
 * existing_rows - tables of the user's that have rows already when the task comes.
 *
 * What shall become of those rows is noted at the destination in walferry.created, once for each
 * table, where the loaders find it: "empty s.t" (a copy that starts again may empty it), or
 * 'keep "s"."t"' or 'overwrite "s"."t"' (the copy meets a row with this key; an INSERT of the
 * stream overwrites it in any case). A table without a key has none of them: the source's rows are
 * added.
 */
#pragma once

#include "schema/existing.h"

/* Which of the user's usable tables have rows. */
NODISCARD bool existing_rows_find(Pg *pg, const Catalog *catalog, const Existing *existing,
                                  bool *filled, Error *err);

/* Why the source's rows cannot be told from those that are there; NULL: they can. */
const char *existing_rows_refusal(Arena *arena, const CatalogTable *table,
                                  const ExistingTable *existing, const char **to_do);

/* In the transaction that makes the tables. What was noted by an earlier run stays. */
NODISCARD bool existing_rows_note(Pg *pg, const TaskFile *task, const Catalog *catalog,
                                  const Existing *existing, Arena *arena, Error *err);
