/*
 * keys - which columns find a row, and what REPLICA IDENTITY a table needs for that.
 *
 * A usable identity is an index that exists, is valid and immediate: a deferrable primary key is
 * none, nor is USING INDEX of an index that was dropped. One over a generated column is not used
 * either, since those columns are not sent.
 */
#pragma once

#include "schema/catalog.h"

/* UPDATE and DELETE of a published table would fail, or could not be applied: it needs FULL. */
bool keys_needs_full(const CatalogTable *table);

/*
 * What PostgreSQL 18 asks for under FULL, or UPDATE and DELETE of the published table fail: that
 * stored generated columns are published; that there are no virtual ones, which it cannot publish.
 */
bool keys_full_wants_stored(const CatalogTable *table);
bool keys_full_is_refused(const CatalogTable *table);

/*
 * The index by whose columns rows are found at the destination: that of the identity; with FULL,
 * where old rows carry every column, the primary key or a unique index whose columns are never
 * NULL. NULL: rows have no key.
 */
const CatalogIndex *keys_index(const CatalogTable *table, bool full_identity);

/* Do these columns tell a row from every other, since they hold such an index? */
bool keys_make_unique(const CatalogTable *table, const uint32_t *attnums, size_t count);

/*
 * May rows be spread over lanes by this key? Its types have one text form each, no other unique
 * index ties rows to one another, and an UPDATE always carries the key's values.
 */
bool keys_lane(const CatalogTable *table, const CatalogIndex *key, bool full_identity);
