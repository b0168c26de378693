#include "schema/keys.h"

#include "schema/types.h"

/* Old rows bear no generated columns: an index over one finds nothing. */
static bool is_sent(const CatalogTable *table, const CatalogIndex *index)
{
    for (size_t i = 0; i < index->key_count; i++) {
        const CatalogColumn *column = catalog_column(table, index->keys[i]);

        if (column && column->generated)
            return false;
    }
    return true;
}

static bool is_usable(const CatalogTable *table, const CatalogIndex *index)
{
    return index->valid && index->unique && index->immediate && index->plain &&
           is_sent(table, index);
}

static const CatalogIndex *find_primary(const CatalogTable *table)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (table->indexes[i].primary && is_usable(table, &table->indexes[i]))
            return &table->indexes[i];
    }
    return NULL;
}

static const CatalogIndex *find_identity(const CatalogTable *table)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (table->indexes[i].identity && is_usable(table, &table->indexes[i]))
            return &table->indexes[i];
    }
    return NULL;
}

/* The one with the fewest columns. */
static const CatalogIndex *find_unique(const CatalogTable *table)
{
    const CatalogIndex *best = NULL;

    for (size_t i = 0; i < table->index_count; i++) {
        const CatalogIndex *index = &table->indexes[i];

        if (is_usable(table, index) && index->never_null &&
            (!best || index->key_count < best->key_count))
            best = index;
    }
    return best;
}

bool keys_needs_full(const CatalogTable *table)
{
    if (table->wants_full)
        return table->identity != 'f';
    switch (table->identity) {
    case 'f':
        return false;
    case 'd':
        return !find_primary(table);
    case 'i':
        return !find_identity(table);
    default:
        return true;
    }
}

static bool has_generated(const CatalogTable *table, char kind)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].generated == kind)
            return true;
    }
    return false;
}

static bool will_be_full(const CatalogTable *table)
{
    return catalog_has_rows(table) && (table->identity == 'f' || keys_needs_full(table));
}

bool keys_full_wants_stored(const CatalogTable *table)
{
    return will_be_full(table) && has_generated(table, 's');
}

bool keys_full_is_refused(const CatalogTable *table)
{
    return will_be_full(table) && has_generated(table, 'v');
}

const CatalogIndex *keys_index(const CatalogTable *table, bool full_identity)
{
    const CatalogIndex *primary = find_primary(table);

    if (full_identity)
        return primary ? primary : find_unique(table);
    return table->identity == 'i' ? find_identity(table) : primary;
}

static bool is_among(uint32_t attnum, const uint32_t *attnums, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (attnums[i] == attnum)
            return true;
    }
    return false;
}

bool keys_make_unique(const CatalogTable *table, const uint32_t *attnums, size_t count)
{
    for (size_t i = 0; i < table->index_count; i++) {
        const CatalogIndex *index = &table->indexes[i];
        size_t found = 0;

        while (found < index->key_count && is_among(index->keys[found], attnums, count))
            found++;
        if (is_usable(table, index) && index->never_null && found == index->key_count)
            return true;
    }
    return false;
}

static bool has_one_unique_index(const CatalogTable *table)
{
    size_t count = 0;

    for (size_t i = 0; i < table->index_count; i++)
        count += table->indexes[i].unique;
    return count == 1;
}

static bool has_toastable_column(const CatalogTable *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].toastable)
            return true;
    }
    return false;
}

bool keys_lane(const CatalogTable *table, const CatalogIndex *key, bool full_identity)
{
    if (!key || !has_one_unique_index(table) || (!full_identity && has_toastable_column(table)))
        return false;
    for (size_t i = 0; i < key->key_count; i++) {
        const CatalogColumn *column = catalog_column(table, key->keys[i]);

        if (!column || !types_one_text(column->type_oid) ||
            (types_collated(column->type_oid) && !column->deterministic))
            return false;
    }
    return true;
}
