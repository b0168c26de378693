/*
 * selectdb_grants - which privileges SHOW GRANTS shows for a database. Pure.
 *
 * Its columns are lists by scope, "internal.shop: Select_priv,Load_priv; ...", and differ a little
 * from version to version; what roles give is among them.
 */
#pragma once

#include "common/selectdb.h"

/* "Select_priv" on the database, its catalog or everything. */
bool selectdb_grants_have(const SelectdbRows *grants, const char *privilege, const char *database);

/* May it use the compute group? */
bool selectdb_grants_have_group(const SelectdbRows *grants, const char *group);
