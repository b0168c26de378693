/*
 * compare_selectdb - compare for a SelectDB destination.
 *
 * SelectDB is read in pages in the order of the key, each a statement of its own; its rows and the
 * source's are brought to one text (compare_text.h) and digested here. Of a duplicate table with a
 * key the newest row of each counts, unless it says that the row was deleted; of one without, the
 * rows that were inserted less those that were deleted, since an update does not tell which row it
 * was: a difference is then no proof.
 */
#pragma once

#include "schema/compare.h"

NODISCARD bool compare_selectdb_task(const TaskFile *task, const char *only_table,
                                     CompareSink *sink, void *self, Error *err);
