/* row_name - a row's key for an error: "id=5, region=eu". */
#pragma once

#include "loader/dest_table.h"

/* "" when the table has no key. Cut to size; binary values of common types are spelt out. */
const char *row_name(const DestTable *table, const Value *values, char *out, size_t size);
