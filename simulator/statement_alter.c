/* ALTER TABLE ADD and DROP COLUMN of value columns: light, so done when the statement returns. */
#include "simulator/statement.h"

#include "simulator/create_check.h"
#include "simulator/db.h"
#include "simulator/storage.h"

#include <stdlib.h>
#include <strings.h>

/* Where the new column goes; the end unless AFTER says another place. */
static bool place_of(SqlCursor *cursor, const TableDef *def, size_t *out, Error *err)
{
    const SimColumn *column;
    const char *name;

    *out = def->column_count;
    if (sql_take_words(cursor, "first"))
        return sql_error(err, "Invalid column order. value should be after key");
    if (!sql_take_words(cursor, "after"))
        return true;
    if (!sql_identifier(cursor, &name, err))
        return false;
    column = table_def_column(def, name);
    if (!column)
        return sql_error(err, "Column[%s] does not exist", name);
    *out = (size_t)(column - def->columns) + 1;
    return *out >= def->key_count ||
           sql_error(err, "Invalid column order. value should be after key");
}

static bool check_added(Profile profile, const TableDef *def, const SimColumn *column, Error *err)
{
    if (!create_check_column(profile, column, err))
        return false;
    if (table_def_column(def, column->name))
        return sql_error(err, "Can not add column which already exists in base table: %s",
                         column->name);
    if (column->key)
        return sql_not_reached(err, "a heavy ALTER: ADD COLUMN of a key");
    return column->nullable || column->has_default ||
           sql_error(err, "Can not add a NOT NULL column without a default value: %s",
                     column->name);
}

static bool add_column(Statement *statement, const TableDef *def, TableDef **out, Error *err)
{
    SimColumn column;
    size_t place;
    TableDef *copy;

    if (!ddl_parse_column(&statement->cursor, &column, err) ||
        !place_of(&statement->cursor, def, &place, err) ||
        !check_added(statement->tables->profile, def, &column, err))
        return false;
    copy = table_def_copy(def);
    memmove(&copy->columns[place + 1], &copy->columns[place],
            (copy->column_count - place) * sizeof column);
    column.uid = copy->next_uid++;
    column.name = arena_strdup(&copy->arena, column.name);
    column.comment = arena_strdup(&copy->arena, column.comment);
    if (column.default_text)
        column.default_text = arena_strdup(&copy->arena, column.default_text);
    copy->columns[place] = column;
    copy->column_count++;
    if (copy->sequence == SEQUENCE_COLUMN && copy->sequence_column >= place)
        copy->sequence_column++;
    *out = copy;
    return true;
}

static bool drop_column(Statement *statement, const TableDef *def, TableDef **out, Error *err)
{
    const SimColumn *column;
    const char *name;
    TableDef *copy;
    size_t place;

    if (!sql_identifier(&statement->cursor, &name, err))
        return false;
    column = table_def_column(def, name);
    if (!column)
        return sql_error(err, "Column does not exists: %s", name);
    if (column->key && def->unique)
        return sql_error(err, "Can not drop key column in Unique data model table");
    if (column->key)
        return sql_not_reached(err, "a heavy ALTER: DROP COLUMN of a key");
    place = (size_t)(column - def->columns);
    if (def->sequence == SEQUENCE_COLUMN && def->sequence_column == place)
        return sql_error(err, "Can not drop sequence mapping column[%s] in Unique data model table",
                         column->name);
    copy = table_def_copy(def);
    memmove(&copy->columns[place], &copy->columns[place + 1],
            (--copy->column_count - place) * sizeof *copy->columns);
    if (copy->sequence == SEQUENCE_COLUMN && copy->sequence_column > place)
        copy->sequence_column--;
    *out = copy;
    return true;
}

/* One clause: a new definition, and the column that it adds or -1. */
static bool clause(Statement *statement, const TableDef *def, TableDef **out, int *added,
                   Error *err)
{
    *added = -1;
    if (sql_take_words(&statement->cursor, "add column")) {
        *added = def->next_uid;
        return add_column(statement, def, out, err);
    }
    if (sql_take_words(&statement->cursor, "drop column"))
        return drop_column(statement, def, out, err);
    return sql_not_reached(err, "ALTER TABLE other than ADD COLUMN and DROP COLUMN");
}

static bool may_alter(const CatalogTable *table, Error *err)
{
    const char *light = table_def_property(table->def, "light_schema_change");

    if (table->altering)
        return sql_error(err,
                         "Table[%s]'s state(SCHEMA_CHANGE) is not NORMAL. Do not allow doing ALTER "
                         "ops",
                         table->def->name);
    return !light || strcasecmp(light, "true") == 0 ||
           sql_not_reached(err, "a heavy ALTER: the table has no light_schema_change");
}

/* All clauses in one SQLite transaction; *out is the definition after the last. */
static bool run_clauses(Statement *statement, const CatalogTable *table, TableDef **out, Error *err)
{
    struct sqlite3 *db = statement->tables->writer;

    *out = table_def_copy(table->def);
    do {
        TableDef *next = NULL;
        int added;

        if (!clause(statement, *out, &next, &added, err))
            return false;
        table_def_free(out);
        *out = next;
        next->schema_version = table->def->schema_version + 1;
        if (!storage_alter(db, next, added < 0 ? NULL : table_def_column_of_uid(next, added), err))
            return false;
    } while (sql_take_sign(&statement->cursor, ","));
    return sql_need_end(&statement->cursor, err);
}

static bool alter_locked(Statement *statement, CatalogTable *table, Error *err)
{
    struct sqlite3 *db = statement->tables->writer;
    TableDef *def = NULL;
    Error unused;

    if (!may_alter(table, err) || !db_run(db, err, "BEGIN IMMEDIATE"))
        return false;
    if (!run_clauses(statement, table, &def, err) || !db_run(db, err, "COMMIT")) {
        db_run(db, &unused, "ROLLBACK");
        table_def_free(&def);
        return false;
    }
    catalog_replace(table, &def);
    return true;
}

bool statement_alter(Statement *statement, Error *err)
{
    Tables *tables = statement->tables;
    SqlTableName name;
    const char *database;
    CatalogTable *table;
    bool ok;

    if (!sql_table_name(&statement->cursor, &name, err) ||
        !statement_database(statement, name.database, &database, err))
        return false;
    tables_lock(tables);
    table = catalog_find(&tables->catalog, database, name.table);
    ok = table ? alter_locked(statement, table, err)
               : tables_not_found(catalog_has_database(&tables->catalog, database)
                                      ? TABLE_NO_TABLE
                                      : TABLE_NO_DATABASE,
                                  database, name.table, err);
    tables_unlock(tables);
    return ok;
}
