/*
 * translate - indexes and constraints that are made after the rows, put into the words of a
 * destination whose columns have other names.
 *
 * Their definitions are SQL with the source's column names in it. They are made on an empty
 * temporary table that has these names, whose columns are then renamed: what the server now says of
 * them is what we want to know. All of it is rolled back.
 */
#pragma once

#include "schema/catalog.h"

/* The catalog was mapped; pg is a connection to the destination, outside of a transaction. */
NODISCARD bool translate_catalog(Pg *pg, Catalog *catalog, Arena *arena, Error *err);
