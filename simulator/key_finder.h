/* key_finder - is a key in a Unique table now? A connection of its own. */
#pragma once

#include "simulator/cast.h"
#include "simulator/tables_internal.h"

typedef struct KeyFinder KeyFinder;

bool key_finder_open(Tables *tables, const TableDef *def, KeyFinder **out, Error *err);
bool key_finder_has(KeyFinder *finder, const Cell *keys, bool *out, Error *err);
void key_finder_close(KeyFinder **finder);
