/*
 * features - what a table of the source has that a destination of an older version does not know.
 * Pure.
 */
#pragma once

#include "schema/catalog.h"

/* For people, with the column or constraint; NULL: the server of that version knows all of it. */
const char *features_lacking(Arena *arena, const CatalogTable *table, int server_version);
