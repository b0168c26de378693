#include "store/store.h"

#include "common/mem.h"
#include "store/store_internal.h"

#include "schema.sql.h"

#include <stdlib.h>

enum { SCHEMA_VERSION = 3 };

static bool schema_version(Store *store, int64_t *out, Error *err)
{
    CLEANUP(sql_rows_done) SqlRows *rows = NULL;
    Error found = {0};

    if (!sql_query(store->sql, &rows, err, "PRAGMA user_version", ""))
        return false;
    if (!sql_next(rows, &found)) {
        *err = found;
        return false;
    }
    *out = sql_int(rows, 0);
    return true;
}

static bool make_tables(Store *store, const char *path, Error *err)
{
    int64_t version = 0;

    if (!schema_version(store, &version, err))
        return false;
    if (version == 0)
        return sql_run(store->sql, SQL_SCHEMA, err);
    if (version == SCHEMA_VERSION)
        return true;
    error_set(err, ERROR_CONFIG, "the store was written by another version of walferry");
    error_object(err, "%s", path);
    return error_hint(err, "use the version of walferry that made it");
}

bool store_open(Store **out, const char *path, Error *err)
{
    CLEANUP(store_close) Store *store = MEM_NEW(Store);

    if (!sql_open(&store->sql, path, err) || !sql_begin(store->sql, err) ||
        !sql_end(store->sql, make_tables(store, path, err), err))
        return false;
    *out = store;
    store = NULL; /* handed over */
    return true;
}

void store_close(Store **store)
{
    if (!*store)
        return;
    sql_close(&(*store)->sql);
    free(*store);
    *store = NULL;
}
