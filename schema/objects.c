#include "schema/objects.h"

#include "catalog_needs.sql.h"
#include "common/bytes.h"
#include "common/sql_text.h"
#include "existing_objects.sql.h"
#include "object_definitions.sql.h"
#include "schema/created.h"
#include "schema/order.h"

#include <stdlib.h>

static const char *text_of(const PgRows *rows, int row, const char *column, Arena *arena)
{
    if (pg_is_null(rows, row, column))
        return NULL;
    return arena_strdup(arena, pg_text(rows, row, column));
}

/* "3 17 4" */
static OrderNeeds read_needs(const char *numbers, Arena *arena)
{
    size_t most = strlen(numbers) / 2 + 1, count = 0;
    size_t *needs = ARENA_ARRAY(arena, size_t, most);
    char *end = NULL;

    for (const char *at = numbers; *at; at = end)
        needs[count++] = strtoul(at, &end, 10);
    return (OrderNeeds){needs, count};
}

static void read_object(const PgRows *rows, int row, Arena *arena, CatalogObject *out)
{
    out->class_oid = (uint32_t)pg_int(rows, row, "class_oid");
    out->oid = (uint32_t)pg_int(rows, row, "oid");
    out->kind = text_of(rows, row, "kind", arena);
    out->schema = text_of(rows, row, "schema", arena);
    out->identity = text_of(rows, row, "identity", arena);
    out->object = text_of(rows, row, "object", arena);
    out->needed_by = text_of(rows, row, "needed_by", arena);
    out->selected = pg_bool(rows, row, "is_selected");
}

static bool read_needed(Pg *pg, Arena *arena, Catalog *catalog, OrderNeeds **needs, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *oids = catalog_oids(arena, catalog);

    if (!pg_query(pg, SQL_CATALOG_NEEDS, 1, &oids, &rows, err))
        return error_wrap(err, "read what the tables need");
    catalog->object_count = (size_t)pg_rows_count(rows);
    catalog->objects = ARENA_ARRAY(arena, CatalogObject, catalog->object_count);
    *needs = ARENA_ARRAY(arena, OrderNeeds, catalog->object_count);
    for (size_t i = 0; i < catalog->object_count; i++) {
        read_object(rows, (int)i, arena, &catalog->objects[i]);
        (*needs)[i] = read_needs(pg_text(rows, (int)i, "needs"), arena);
    }
    return true;
}

static bool query_definitions(Pg *pg, const char *classes, const char *oids, PgRows **rows,
                              Error *err)
{
    const char *values[] = {classes, oids};

    return pg_query(pg, SQL_OBJECT_DEFINITIONS, 2, values, rows, err) ||
           error_wrap(err, "read the definitions of types and functions");
}

static bool read_definitions(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes classes = {0};
    CLEANUP(bytes_done) Bytes oids = {0};

    for (size_t i = 0; i < catalog->object_count; i++) {
        sql_add(&classes, "%s%u", i ? "," : "{", catalog->objects[i].class_oid);
        sql_add(&oids, "%s%u", i ? "," : "{", catalog->objects[i].oid);
    }
    sql_add(&classes, catalog->object_count ? "}" : "{}");
    sql_add(&oids, catalog->object_count ? "}" : "{}");
    if (!query_definitions(pg, sql_text(&classes), sql_text(&oids), &rows, err))
        return false;
    for (size_t i = 0; i < catalog->object_count; i++) {
        catalog->objects[i].definition = text_of(rows, (int)i, "definition", arena);
        catalog->objects[i].comments = text_of(rows, (int)i, "comments", arena);
    }
    return true;
}

static bool put_in_order(Arena *arena, Catalog *catalog, const OrderNeeds *needs, Error *err)
{
    size_t count = catalog->object_count, stuck = 0;
    size_t *order = ARENA_ARRAY(arena, size_t, count);
    CatalogObject *sorted = ARENA_ARRAY(arena, CatalogObject, count);

    if (!order_by_needs(needs, count, order, &stuck)) {
        error_set(err, ERROR_CONFIG, "it needs itself, by way of what it needs");
        error_object(err, "%s", catalog->objects[stuck].object);
        return error_hint(err, "make its table at the destination yourself, and set "
                               "existing_tables = \"accept\"");
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = catalog->objects[order[i]];
    catalog->objects = sorted;
    return true;
}

bool objects_read(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    OrderNeeds *needs = NULL;

    return read_needed(pg, arena, catalog, &needs, err) &&
           read_definitions(pg, arena, catalog, err) && put_in_order(arena, catalog, needs, err);
}

bool object_can_be_made(const CatalogObject *object)
{
    return object->selected || object->definition;
}

const char *object_refusal(Arena *arena, const CatalogObject *object)
{
    if (strcmp(object->kind, "table") == 0)
        return arena_printf(arena, "it needs %s, which is not selected", object->object);
    return arena_printf(arena, "it needs %s, which is not of a kind that is made", object->object);
}

static bool find_existing(Pg *pg, Arena *arena, const CatalogObject *const *objects, size_t count,
                          PgRows **rows, Error *err)
{
    CLEANUP(bytes_done) Bytes kinds = {0};
    CLEANUP(bytes_done) Bytes schemas = {0};
    CLEANUP(bytes_done) Bytes identities = {0};
    const char **texts = ARENA_ARRAY(arena, const char *, count);

    for (size_t i = 0; i < count; i++)
        texts[i] = objects[i]->kind;
    created_text_array(&kinds, texts, count);
    for (size_t i = 0; i < count; i++)
        texts[i] = objects[i]->schema ? objects[i]->schema : "";
    created_text_array(&schemas, texts, count);
    for (size_t i = 0; i < count; i++)
        texts[i] = objects[i]->identity;
    created_text_array(&identities, texts, count);

    const char *values[] = {sql_text(&kinds), sql_text(&schemas), sql_text(&identities)};

    return pg_query(pg, SQL_EXISTING_OBJECTS, 3, values, rows, err) ||
           error_wrap(err, "look for types and functions that are there already");
}

bool objects_define_existing(Pg *pg, Arena *arena, const CatalogObject *const *objects,
                             size_t count, const char **out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *found = NULL;
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes classes = {0};
    CLEANUP(bytes_done) Bytes oids = {0};
    int at = 0;

    if (!find_existing(pg, arena, objects, count, &found, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (pg_int(found, (int)i, "oid") == 0)
            continue;
        sql_add(&classes, "%s%s", classes.len ? "," : "{", pg_text(found, (int)i, "class_oid"));
        sql_add(&oids, "%s%s", oids.len ? "," : "{", pg_text(found, (int)i, "oid"));
    }
    sql_add(&classes, classes.len ? "}" : "{}");
    sql_add(&oids, oids.len ? "}" : "{}");
    if (!query_definitions(pg, sql_text(&classes), sql_text(&oids), &rows, err))
        return false;
    for (size_t i = 0; i < count; i++)
        out[i] = pg_int(found, (int)i, "oid") ? text_of(rows, at++, "definition", arena) : NULL;
    return true;
}
