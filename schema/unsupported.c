#include "schema/unsupported.h"

#include "not_made.sql.h"
#include "schema/objects.h"
#include "unsupported_columns.sql.h"
#include "unsupported_tables.sql.h"

/* The first one is of tables, the others of what belongs to them. */
static const char *const QUERIES[] = {SQL_UNSUPPORTED_TABLES, SQL_UNSUPPORTED_COLUMNS,
                                      SQL_NOT_MADE};

static bool run_query(Pg *pg, const char *sql, const char *oids, UnsupportedSink *sink, void *self,
                      Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_query(pg, sql, 1, &oids, &rows, err))
        return error_wrap(err, "look for what is not supported");
    for (int row = 0; row < pg_rows_count(rows); row++) {
        UnsupportedItem item = {pg_bool(rows, row, "fatal"), pg_text(rows, row, "kind"),
                                pg_text(rows, row, "object"), pg_text(rows, row, "reason")};

        sink(self, &item);
    }
    return true;
}

static void report_objects(Arena *arena, const Catalog *catalog, UnsupportedSink *sink, void *self)
{
    for (size_t i = 0; i < catalog->object_count; i++) {
        const CatalogObject *object = &catalog->objects[i];
        UnsupportedItem item = {true, "dependency", object->needed_by, NULL};

        if (object_can_be_made(object))
            continue;
        item.reason = object_refusal(arena, object);
        sink(self, &item);
    }
}

bool unsupported_each(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                      UnsupportedSink *sink, void *self, Error *err)
{
    const char *oids = catalog_oids(arena, catalog);
    bool selectdb = task->destination.type == DESTINATION_SELECTDB;

    for (size_t i = 0; i < (selectdb ? 1 : COUNT_OF(QUERIES)); i++) {
        if (!run_query(pg, QUERIES[i], oids, sink, self, err))
            return false;
    }
    report_objects(arena, catalog, sink, self);
    return true;
}

typedef struct First {
    Error *err;
    bool found;
} First;

static void keep_first(void *self, const UnsupportedItem *item)
{
    First *first = self;

    if (!item->fatal || first->found)
        return;
    first->found = true;
    error_set(first->err, ERROR_CONFIG, "not supported yet: %s", item->reason);
    error_object(first->err, "%s", item->object);
    error_hint(first->err, "exclude the table in objects; walferry check lists all of them");
}

bool unsupported_refuse(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                        Error *err)
{
    First first = {.err = err};

    return unsupported_each(pg, task, arena, catalog, keep_first, &first, err) && !first.found;
}
