/*
 * selectdb_type - which type a column of the source has at SelectDB: a table of PostgreSQL's types,
 * and what the task file may ask for instead. Pure.
 *
 * A domain goes as its base type, an array, a composite and what an extension brings as STRING:
 * their text. What is never right is refused, what may not fit is left to destination.unfit.
 */
#pragma once

#include "common/doris_type.h"
#include "schema/catalog.h"

/* The type that the column gets by itself, whatever its place. */
DorisType selectdb_type_of(const CatalogColumn *column);

/*
 * The type it gets as a key column: STRING becomes VARCHAR(65533). False: none that a key may have;
 * *why says so.
 */
bool selectdb_type_of_key(const CatalogColumn *column, DorisType *out, const char **why);

/*
 * May its values go to that type, which the task file asks for or an existing table has? Where not,
 * *why says so; a text in the arena.
 */
bool selectdb_type_accepts(const CatalogColumn *column, DorisType asked, Arena *arena,
                           const char **why);

/* A NUMERIC that DECIMAL cannot hold: without a precision, or with more than 38 digits. */
bool selectdb_type_is_wide(const CatalogColumn *column);

/* A time with a zone: at SelectDB it has none. */
bool selectdb_type_loses_zone(const CatalogColumn *column);
