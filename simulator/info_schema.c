#include "simulator/info_schema.h"

#include "simulator/db.h"
#include "simulator/sql_cursor.h"

#include <stdio.h>
#include <strings.h>

enum { COLUMNS_ID = 1000000001, TABLES_ID = 1000000002, SCHEMATA_ID = 1000000003 };

typedef bool FillTable(Tables *tables, struct sqlite3 *db, Error *err);

/* Capitals are texts, '#' before a name is a number. */
static const char *const COLUMNS[] = {"TABLE_CATALOG",
                                      "TABLE_SCHEMA",
                                      "TABLE_NAME",
                                      "COLUMN_NAME",
                                      "#ORDINAL_POSITION",
                                      "COLUMN_DEFAULT",
                                      "IS_NULLABLE",
                                      "DATA_TYPE",
                                      "#CHARACTER_MAXIMUM_LENGTH",
                                      "#NUMERIC_PRECISION",
                                      "#NUMERIC_SCALE",
                                      "#DATETIME_PRECISION",
                                      "COLUMN_TYPE",
                                      "COLUMN_KEY",
                                      "EXTRA",
                                      "COLUMN_COMMENT",
                                      NULL};
static const char *const TABLES[] = {"TABLE_CATALOG", "TABLE_SCHEMA",  "TABLE_NAME", "TABLE_TYPE",
                                     "ENGINE",        "TABLE_COMMENT", NULL};
static const char *const SCHEMATA[] = {"CATALOG_NAME", "SCHEMA_NAME", NULL};

static bool insert_column(struct sqlite3 *db, const TableDef *def, size_t at, Error *err)
{
    const SimColumn *column = &def->columns[at];
    const char *key = !column->key ? "" : def->unique ? "UNI" : "DUP";
    char type[64], data_type[64];

    sim_type_text(&column->type, type, sizeof type);
    snprintf(data_type, sizeof data_type, "%.*s", (int)strcspn(type, "("), type);
    return db_run(db, err,
                  "INSERT INTO temp.t%d VALUES ('internal', %Q, %Q, %Q, %d, %Q, %Q, %Q, "
                  "nullif(%d, 0), nullif(%d, 0), %d, %d, %Q, %Q, '', %Q)",
                  COLUMNS_ID, def->database, def->name, column->name, (int)at + 1,
                  column->default_text, column->nullable ? "YES" : "NO", data_type,
                  column->type.length, column->type.precision, column->type.scale,
                  column->type.scale, type, key, column->comment);
}

static bool fill_columns(Tables *tables, struct sqlite3 *db, Error *err)
{
    for (size_t i = 0; i < tables->catalog.table_count; i++) {
        const TableDef *def = tables->catalog.tables[i]->def;

        for (size_t j = 0; j < def->column_count; j++)
            if (!insert_column(db, def, j, err))
                return false;
    }
    return true;
}

static bool fill_tables(Tables *tables, struct sqlite3 *db, Error *err)
{
    for (size_t i = 0; i < tables->catalog.table_count; i++) {
        const TableDef *def = tables->catalog.tables[i]->def;

        if (!db_run(db, err,
                    "INSERT INTO temp.t%d VALUES ('internal', %Q, %Q, 'BASE TABLE', 'Doris', %Q)",
                    TABLES_ID, def->database, def->name, def->comment ? def->comment : ""))
            return false;
    }
    return true;
}

static bool fill_schemata(Tables *tables, struct sqlite3 *db, Error *err)
{
    for (size_t i = 0; i < tables->catalog.database_count; i++)
        if (!db_run(db, err, "INSERT INTO temp.t%d VALUES ('internal', %Q)", SCHEMATA_ID,
                    tables->catalog.databases[i]))
            return false;
    return true;
}

static const struct {
    const char *name;
    int id;
    const char *const *columns;
    FillTable *fill;
} KNOWN[] = {
    {"columns", COLUMNS_ID, COLUMNS, fill_columns},
    {"tables", TABLES_ID, TABLES, fill_tables},
    {"schemata", SCHEMATA_ID, SCHEMATA, fill_schemata},
};

static TableDef *define(size_t at)
{
    TableDef *def = table_def_new();

    def->references = 1;
    def->id = KNOWN[at].id;
    def->name = KNOWN[at].name;
    def->database = "information_schema";
    while (KNOWN[at].columns[def->column_count])
        def->column_count++;
    def->columns = ARENA_ARRAY(&def->arena, SimColumn, def->column_count);
    for (size_t i = 0; i < def->column_count; i++) {
        const char *name = KNOWN[at].columns[i];
        bool number = *name == '#';

        def->columns[i] = (SimColumn){.uid = (int)i, .name = name + number, .nullable = true};
        def->columns[i].type.kind = number ? SIM_BIGINT : SIM_STRING;
    }
    return def;
}

static bool create(Tables *tables, struct sqlite3 *db, const TableDef *def, FillTable *fill,
                   Error *err)
{
    bool ok = db_run(db, err, "CREATE TEMP TABLE t%lld (c0)", (long long)def->id);

    for (size_t i = 1; ok && i < def->column_count; i++)
        ok = db_run(db, err, "ALTER TABLE temp.t%lld ADD COLUMN c%d %s", (long long)def->id, (int)i,
                    def->columns[i].type.kind == SIM_BIGINT ? "INTEGER" : "TEXT");
    if (!ok)
        return false;
    pthread_mutex_lock(&tables->catalog_lock);
    ok = fill(tables, db, err);
    pthread_mutex_unlock(&tables->catalog_lock);
    return ok;
}

TableDef *info_schema_table(Tables *tables, struct sqlite3 *db, const char *name, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        TableDef *def;

        if (strcasecmp(KNOWN[i].name, name) != 0)
            continue;
        def = define(i);
        if (!create(tables, db, def, KNOWN[i].fill, err))
            table_def_free(&def);
        return def;
    }
    sql_error(err, "Unknown table '%s'", name);
    return NULL;
}
