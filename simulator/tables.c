#include "simulator/tables_internal.h"

#include "common/mem.h"
#include "simulator/db.h"
#include "simulator/sql_cursor.h"
#include "simulator/storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folder(const char *directory, const char *name, Error *err)
{
    CLEANUP(mem_free) char *path = mem_printf("%s/%s", directory, name);

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set(err, ERROR_CONFIG, "%s: %s", path, strerror(errno));
    return true;
}

static Tables *new_tables(const TablesOptions *options)
{
    Tables *tables = MEM_NEW(Tables);

    tables->directory = mem_strdup(options->directory);
    tables->profile = options->profile;
    tables->version_limit = options->version_limit ? options->version_limit : 2000;
    tables->versions_per_second =
        options->versions_per_second > 0 ? options->versions_per_second : 1000;
    tables->string_limit =
        options->string_limit ? options->string_limit : profile_string_limit(options->profile);
    pthread_mutex_init(&tables->writer_lock, NULL);
    pthread_mutex_init(&tables->catalog_lock, NULL);
    return tables;
}

static bool open_storage(Tables *tables, Error *err)
{
    CLEANUP(mem_free) char *path = mem_printf("%s/tables.sqlite", tables->directory);

    return make_folder(tables->directory, "stage", err) &&
           make_folder(tables->directory, "error_log", err) &&
           db_open(&tables->writer, path, err) &&
           storage_load(tables->writer, &tables->catalog, err);
}

bool tables_open(Tables **out, const TablesOptions *options, Error *err)
{
    Tables *tables = new_tables(options);

    if (!open_storage(tables, err)) {
        tables_close(&tables);
        return false;
    }
    *out = tables;
    return true;
}

void tables_close(Tables **tables)
{
    Tables *self = *tables;

    if (!self)
        return;
    catalog_done(&self->catalog);
    db_close(&self->writer);
    pthread_mutex_destroy(&self->writer_lock);
    pthread_mutex_destroy(&self->catalog_lock);
    free(self->directory);
    free(self);
    *tables = NULL;
}

bool tables_reader(const Tables *tables, struct sqlite3 **out, Error *err)
{
    CLEANUP(mem_free) char *path = mem_printf("%s/tables.sqlite", tables->directory);

    return db_open(out, path, err);
}

void tables_lock(Tables *tables)
{
    pthread_mutex_lock(&tables->writer_lock);
    pthread_mutex_lock(&tables->catalog_lock);
}

void tables_unlock(Tables *tables)
{
    pthread_mutex_unlock(&tables->catalog_lock);
    pthread_mutex_unlock(&tables->writer_lock);
}

static TableFound find_locked(Tables *tables, const char *database, const char *table,
                              CatalogTable **out)
{
    if (!catalog_has_database(&tables->catalog, database))
        return TABLE_NO_DATABASE;
    *out = catalog_find(&tables->catalog, database, table);
    return *out ? TABLE_FOUND : TABLE_NO_TABLE;
}

TableFound tables_find(Tables *tables, const char *database, const char *table, TableInfo *out)
{
    CatalogTable *entry;
    TableFound found;

    pthread_mutex_lock(&tables->catalog_lock);
    found = find_locked(tables, database, table, &entry);
    if (found == TABLE_FOUND && out)
        *out = (TableInfo){entry->def->id, entry->def->unique, entry->def->merge_on_write};
    pthread_mutex_unlock(&tables->catalog_lock);
    return found;
}

TableDef *tables_borrow(Tables *tables, const char *database, const char *table, TableFound *found)
{
    CatalogTable *entry;
    TableDef *def;

    pthread_mutex_lock(&tables->catalog_lock);
    *found = find_locked(tables, database, table, &entry);
    def = *found == TABLE_FOUND ? catalog_share(entry->def) : NULL;
    pthread_mutex_unlock(&tables->catalog_lock);
    return def;
}

void tables_return(Tables *tables, TableDef **def)
{
    pthread_mutex_lock(&tables->catalog_lock);
    catalog_release(def);
    pthread_mutex_unlock(&tables->catalog_lock);
}

bool tables_not_found(TableFound found, const char *database, const char *table, Error *err)
{
    if (found == TABLE_NO_DATABASE)
        return sql_error(err, "Unknown database '%s'", database);
    return sql_error(err, "Unknown table '%s'", table);
}

void tables_set_limits(Tables *tables, int version_limit, double versions_per_second,
                       int64_t string_limit)
{
    pthread_mutex_lock(&tables->catalog_lock);
    if (version_limit >= 0)
        tables->version_limit = version_limit;
    if (versions_per_second >= 0)
        tables->versions_per_second = versions_per_second;
    if (string_limit >= 0)
        tables->string_limit = (size_t)string_limit;
    pthread_mutex_unlock(&tables->catalog_lock);
}

bool tables_set_altering(Tables *tables, const char *database, const char *table, bool altering,
                         Error *err)
{
    CatalogTable *entry;
    TableFound found;

    pthread_mutex_lock(&tables->catalog_lock);
    found = find_locked(tables, database, table, &entry);
    if (found == TABLE_FOUND)
        entry->altering = altering;
    pthread_mutex_unlock(&tables->catalog_lock);
    return found == TABLE_FOUND || tables_not_found(found, database, table, err);
}
