/*
 * compare_pages - the rows of a table at SelectDB, read in pages in the order of its key and
 * digested.
 *
 * Of a duplicate table with a key the newest row of each key counts, unless it says that the row
 * was deleted; of one without, the rows that were inserted less those that were deleted.
 */
#pragma once

#include "common/selectdb.h"
#include "schema/compare_text.h"
#include "schema/selectdb_design.h"

/*
 * Is a row found by the columns that sort the table? SelectDB sorts a duplicate table by some
 * column also where the source has no key.
 */
bool compare_pages_keyed(const CatalogTable *table, const SelectdbDesign *design);

/* The design's names and types are those that are there. */
NODISCARD bool compare_pages_read(Selectdb *selectdb, const CatalogTable *table,
                                  const SelectdbDesign *design, CompareDigest *out, Error *err);
