#include "simulator/storage.h"

#include "common/bytes.h"
#include "common/compiler.h"
#include "simulator/db.h"

#include "simulator_schema.sql.h"

#include <sqlite3.h>
#include <stdlib.h>

static bool load_databases(sqlite3 *db, Catalog *out, Error *err)
{
    CLEANUP(db_finalize) sqlite3_stmt *statement = NULL;
    bool row, null;

    if (!db_prepare(db, "SELECT name FROM sim_databases", &statement, err))
        return false;
    for (;;) {
        if (!db_step(statement, &row, err))
            return false;
        if (!row)
            return true;
        catalog_add_database(out, db_column(statement, 0, &null).data);
    }
}

static bool load_tables(sqlite3 *db, Catalog *out, Error *err)
{
    CLEANUP(db_finalize) sqlite3_stmt *statement = NULL;
    bool row, null;

    if (!db_prepare(db, "SELECT definition, generation, version FROM sim_tables ORDER BY id",
                    &statement, err))
        return false;
    for (;;) {
        TableDef *def;
        CatalogTable *table;

        if (!db_step(statement, &row, err))
            return false;
        if (!row)
            return true;
        if (!table_def_parse(db_column(statement, 0, &null).data, &def, err))
            return false;
        table = catalog_add(out, &def);
        table->generation = db_column_integer(statement, 1);
        table->version = db_column_integer(statement, 2);
    }
}

bool storage_load(sqlite3 *db, Catalog *out, Error *err)
{
    return db_run(db, err, "%s", SQL_SIMULATOR_SCHEMA) && load_databases(db, out, err) &&
           load_tables(db, out, err);
}

bool storage_add_database(sqlite3 *db, const char *name, Error *err)
{
    return db_run(db, err, "INSERT INTO sim_databases VALUES (%Q)", name);
}

bool storage_drop_database(sqlite3 *db, const char *name, Error *err)
{
    return db_run(db, err, "DELETE FROM sim_databases WHERE name = %Q", name);
}

static const char *storage_type(const SimType *type)
{
    if (sim_type_is_integer(type))
        return "INTEGER";
    return sim_type_is_number_text(type) ? "TEXT COLLATE sim_number" : "TEXT";
}

/* The default is of the rows that were there before the column. */
static char *column_sql(const SimColumn *column)
{
    const char *type = storage_type(&column->type);

    if (column->has_default && column->default_text && !column->default_now)
        return sqlite3_mprintf("c%d %s DEFAULT %Q", column->uid, type, column->default_text);
    return sqlite3_mprintf("c%d %s", column->uid, type);
}

static void add_owned(Bytes *sql, char *text)
{
    bytes_add_str(sql, str_of(text));
    sqlite3_free(text);
}

static bool create_rows(sqlite3 *db, const TableDef *def, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    add_owned(&sql, sqlite3_mprintf("CREATE TABLE t%lld (", (long long)def->id));
    if (def->unique)
        add_owned(&sql, sqlite3_mprintf("_k %s PRIMARY KEY, _s %s, _d INTEGER, ",
                                        table_def_integer_key(def) ? "INTEGER" : "BLOB",
                                        storage_type(&def->sequence_type)));
    add_owned(&sql, sqlite3_mprintf("_v INTEGER"));
    for (size_t i = 0; i < def->column_count; i++) {
        bytes_add_str(&sql, str_of(", "));
        add_owned(&sql, column_sql(&def->columns[i]));
    }
    bytes_add(&sql, ")", 2);
    return db_run(db, err, "%s", sql.data);
}

static bool write_definition(sqlite3 *db, const TableDef *def, Error *err)
{
    char *json = table_def_json(def);
    bool ok = db_run(db, err, "UPDATE sim_tables SET definition = %Q WHERE id = %lld", json,
                     (long long)def->id);

    free(json);
    return ok;
}

bool storage_create(sqlite3 *db, TableDef *def, Error *err)
{
    if (!db_run(db, err, "INSERT INTO sim_tables (definition) VALUES ('')"))
        return false;
    def->id = sqlite3_last_insert_rowid(db);
    return write_definition(db, def, err) && create_rows(db, def, err);
}

bool storage_drop(sqlite3 *db, const TableDef *def, Error *err)
{
    return db_run(db, err, "DELETE FROM sim_tables WHERE id = %lld", (long long)def->id) &&
           db_run(db, err, "DROP TABLE t%lld", (long long)def->id);
}

bool storage_truncate(sqlite3 *db, const TableDef *def, Error *err)
{
    return db_run(db, err, "DELETE FROM t%lld", (long long)def->id) &&
           db_run(db, err, "UPDATE sim_tables SET generation = generation + 1 WHERE id = %lld",
                  (long long)def->id);
}

bool storage_alter(sqlite3 *db, const TableDef *def, const SimColumn *added, Error *err)
{
    char *sql;
    bool ok;

    if (!write_definition(db, def, err))
        return false;
    if (!added)
        return true;
    sql = column_sql(added);
    ok = db_run(db, err, "ALTER TABLE t%lld ADD COLUMN %s", (long long)def->id, sql);
    sqlite3_free(sql);
    return ok;
}

bool storage_forget_tombstones(sqlite3 *db, const TableDef *def, Error *err)
{
    return !def->unique || db_run(db, err, "DELETE FROM t%lld WHERE _d = 1", (long long)def->id);
}
