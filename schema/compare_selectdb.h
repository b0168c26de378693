/*
 * compare_selectdb - compare for a SelectDB destination.
 *
 * SelectDB is read in pages (compare_pages.h), each a statement of its own; its rows and the
 * source's are brought to one text (compare_text.h) and digested here. Of a duplicate table without
 * a key a difference is no proof: an update does not tell which row it was.
 */
#pragma once

#include "schema/compare.h"

NODISCARD bool compare_selectdb_task(const TaskFile *task, const char *only_table,
                                     CompareSink *sink, void *self, Error *err);
