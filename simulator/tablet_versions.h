/*
 * tablet_versions - how many versions compaction has not merged yet. Every tablet of a table gets
 * a version by each load (even without a row in it), so one count a table is that of each tablet.
 */
#pragma once

#include "simulator/load_plan.h"

/* [E-235] when the table has more than the limit. [BE] olap/rowset_builder.cpp */
bool tablet_versions_check(const LoadPlan *plan, Error *err);

/* Under the catalog's lock. */
void tablet_versions_add(const Tables *tables, CatalogTable *table);
