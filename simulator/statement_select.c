/* SELECT: the table is found first, then the words are put into SQLite's. */
#include "simulator/statement.h"

#include "simulator/db.h"
#include "simulator/info_schema.h"
#include "simulator/select_sql.h"

#include <stdio.h>
#include <strings.h>

/* The token FROM of this SELECT, or NULL. */
static const SqlToken *find_from(const SqlCursor *cursor)
{
    SqlCursor at = *cursor;

    for (; at.at->kind != SQL_TOKEN_END; at.at++)
        if (sql_is_word(&at, "from"))
            return at.at;
    return NULL;
}

static void add_columns(Statement *statement, const SelectSql *select)
{
    const SelectColumn *columns = (const SelectColumn *)(const void *)select->columns.data;

    for (size_t i = 0; i < select->columns.len / sizeof *columns; i++)
        sql_result_add_column(statement->result, columns[i].name, &columns[i].type);
}

static bool translate(Statement *statement, SelectSql *select, const SqlToken *behind, Error *err)
{
    char table[40];

    if (!select_items(select, err))
        return false;
    if (!select->def)
        return sql_need_end(&statement->cursor, err);
    if (!sql_need_words(&statement->cursor, "from", err))
        return false;
    statement->cursor.at = behind;
    snprintf(table, sizeof table, " FROM t%lld", (long long)select->def->id);
    select_add(select, table);
    return select_clauses(select, select->def->unique ? "_d = 0" : NULL, err);
}

static bool read_rows(Statement *statement, const TableDef *def, const SqlToken *behind,
                      struct sqlite3 **db, Error *err)
{
    SelectSql select = {.def = def, .cursor = &statement->cursor};
    struct sqlite3_stmt *rows = NULL;
    bool ok = translate(statement, &select, behind, err);

    bytes_add_u8(&select.text, 0);
    ok = ok && db_prepare(*db, select.text.data, &rows, err);
    if (ok) {
        add_columns(statement, &select);
        sql_result_read(statement->result, db, &rows);
    }
    bytes_done(&select.text);
    bytes_done(&select.columns);
    return ok;
}

/* The snapshot begins before the definition is looked up: DDL cannot come between. */
static bool select_from(Statement *statement, SqlTableName name, const SqlToken *behind,
                        struct sqlite3 **db, Error *err)
{
    const char *database;
    TableFound found;
    TableDef *def;
    bool ok;

    if (!statement_database(statement, name.database, &database, err))
        return false;
    if (strcasecmp(database, "information_schema") == 0)
        def = info_schema_table(statement->tables, *db, name.table, err);
    else if (!(def = tables_borrow(statement->tables, database, name.table, &found)))
        tables_not_found(found, database, name.table, err);
    if (!def)
        return false;
    ok = read_rows(statement, def, behind, db, err);
    tables_return(statement->tables, &def);
    return ok;
}

bool statement_select(Statement *statement, Error *err)
{
    const SqlToken *from = find_from(&statement->cursor);
    struct sqlite3 *db = NULL;
    SqlTableName name = {0};
    SqlCursor table = {from ? from + 1 : NULL, statement->cursor.arena};
    bool ok =
        (!from || sql_table_name(&table, &name, err)) && tables_reader(statement->tables, &db, err);

    if (ok)
        ok = from ? select_from(statement, name, table.at, &db, err)
                  : read_rows(statement, NULL, NULL, &db, err);
    if (db)
        db_close(&db);
    return ok;
}
