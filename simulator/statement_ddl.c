/* CREATE, DROP, TRUNCATE: SQLite first, then the catalog in memory. */
#include "simulator/statement.h"

#include "simulator/create_check.h"
#include "simulator/db.h"
#include "simulator/name_rules.h"
#include "simulator/storage.h"

#include <string.h>

/* Ends a transaction that a step began: commits what went well. */
static bool end(Tables *tables, bool ok, Error *err)
{
    Error unused;

    if (ok && db_run(tables->writer, err, "COMMIT"))
        return true;
    db_run(tables->writer, &unused, "ROLLBACK");
    return false;
}

static bool add_table(Tables *tables, TableDef **def, Error *err)
{
    bool ok =
        db_run(tables->writer, err, "BEGIN IMMEDIATE") && storage_create(tables->writer, *def, err);

    if (!end(tables, ok, err))
        return false;
    catalog_add(&tables->catalog, def);
    return true;
}

static bool create_locked(Tables *tables, const CreateTable *create, const char *database,
                          Error *err)
{
    TableDef *def = NULL;
    bool ok;

    if (!catalog_has_database(&tables->catalog, database))
        return tables_not_found(TABLE_NO_DATABASE, database, "", err);
    if (catalog_find(&tables->catalog, database, create->name.table))
        return create->if_not_exists ||
               sql_error(err, "Table '%s' already exists", create->name.table);
    ok = create_check(tables->profile, create, database, &def, err) && add_table(tables, &def, err);
    table_def_free(&def);
    return ok;
}

bool statement_create_table(Statement *statement, Error *err)
{
    CreateTable create;
    const char *database;
    bool ok;

    if (!ddl_parse_create(&statement->cursor, &create, err) ||
        !statement_database(statement, create.name.database, &database, err))
        return false;
    tables_lock(statement->tables);
    ok = create_locked(statement->tables, &create, database, err);
    tables_unlock(statement->tables);
    return ok;
}

bool statement_create_database(Statement *statement, Error *err)
{
    bool if_not_exists = sql_take_words(&statement->cursor, "if not exists"), ok = true;
    Tables *tables = statement->tables;
    const char *name;

    if (!sql_identifier(&statement->cursor, &name, err) || !sql_need_end(&statement->cursor, err) ||
        !name_rules_database(tables->profile, name, err))
        return false;
    tables_lock(tables);
    if (catalog_has_database(&tables->catalog, name))
        ok = if_not_exists || sql_error(err, "Can't create database '%s'; database exists", name);
    else if ((ok = storage_add_database(tables->writer, name, err)))
        catalog_add_database(&tables->catalog, name);
    tables_unlock(tables);
    return ok;
}

static bool drop_entry(Tables *tables, CatalogTable *table, Error *err)
{
    bool ok = db_run(tables->writer, err, "BEGIN IMMEDIATE") &&
              storage_drop(tables->writer, table->def, err);

    if (!end(tables, ok, err))
        return false;
    catalog_remove(&tables->catalog, table);
    return true;
}

/* The entry with both locks held, or NULL with the locks given back. */
static CatalogTable *lock_table(Statement *statement, const char *database, const char *name,
                                Error *err)
{
    Tables *tables = statement->tables;
    CatalogTable *table;
    bool known;

    tables_lock(tables);
    known = catalog_has_database(&tables->catalog, database);
    table = known ? catalog_find(&tables->catalog, database, name) : NULL;
    if (table)
        return table;
    tables_unlock(tables);
    tables_not_found(known ? TABLE_NO_TABLE : TABLE_NO_DATABASE, database, name, err);
    return NULL;
}

bool statement_drop_table(Statement *statement, Error *err)
{
    bool if_exists = sql_take_words(&statement->cursor, "if exists"), ok;
    SqlTableName name;
    const char *database;
    CatalogTable *table;

    if (!sql_table_name(&statement->cursor, &name, err))
        return false;
    sql_take_words(&statement->cursor, "force");
    if (!sql_need_end(&statement->cursor, err) ||
        !statement_database(statement, name.database, &database, err))
        return false;
    table = lock_table(statement, database, name.table, err);
    if (!table)
        return if_exists && strstr(err->message, "Unknown table") != NULL;
    ok = drop_entry(statement->tables, table, err);
    tables_unlock(statement->tables);
    return ok;
}

static bool drop_database_locked(Tables *tables, const char *name, bool if_exists, Error *err)
{
    if (!catalog_has_database(&tables->catalog, name))
        return if_exists ||
               sql_error(err, "Can't drop database '%s'; database doesn't exist", name);
    for (size_t i = tables->catalog.table_count; i-- > 0;)
        if (strcmp(tables->catalog.tables[i]->def->database, name) == 0 &&
            !drop_entry(tables, tables->catalog.tables[i], err))
            return false;
    if (!storage_drop_database(tables->writer, name, err))
        return false;
    catalog_remove_database(&tables->catalog, name);
    return true;
}

bool statement_drop_database(Statement *statement, Error *err)
{
    bool if_exists = sql_take_words(&statement->cursor, "if exists"), ok;
    const char *name;

    if (!sql_identifier(&statement->cursor, &name, err))
        return false;
    sql_take_words(&statement->cursor, "force");
    if (!sql_need_end(&statement->cursor, err))
        return false;
    tables_lock(statement->tables);
    ok = drop_database_locked(statement->tables, name, if_exists, err);
    tables_unlock(statement->tables);
    return ok;
}

bool statement_truncate(Statement *statement, Error *err)
{
    Tables *tables = statement->tables;
    SqlTableName name;
    const char *database;
    CatalogTable *table;
    bool ok;

    if (!sql_table_name(&statement->cursor, &name, err) || !sql_need_end(&statement->cursor, err) ||
        !statement_database(statement, name.database, &database, err))
        return false;
    table = lock_table(statement, database, name.table, err);
    if (!table)
        return false;
    ok = db_run(tables->writer, err, "BEGIN IMMEDIATE") &&
         storage_truncate(tables->writer, table->def, err);
    ok = end(tables, ok, err);
    if (ok) {
        table->generation++;
        table->tablet_versions = 1;
    }
    tables_unlock(tables);
    return ok;
}
