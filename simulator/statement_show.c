/* SHOW and DESC: rows that are made from the catalog at once. */
#include "simulator/statement.h"

#include <stdlib.h>

static const SimType TEXT = {.kind = SIM_VARCHAR, .length = 65533};

static void columns(Statement *statement, const char *const *names)
{
    for (; *names; names++)
        sql_result_add_column(statement->result, *names, &TEXT);
}

/* LIKE with % and _, a back-slash before one of them takes it as it is. */
static bool like(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '%')
        return like(pattern + 1, text) || (*text && like(pattern, text + 1));
    if (*pattern == '\\' && pattern[1])
        pattern++;
    else if (*pattern == '_')
        return *text && like(pattern + 1, text + 1);
    return *pattern == *text && like(pattern + 1, text + 1);
}

static bool take_pattern(Statement *statement, const char **out, Error *err)
{
    *out = "%";
    return (!sql_take_words(&statement->cursor, "like") ||
            sql_string(&statement->cursor, out, err)) &&
           sql_need_end(&statement->cursor, err);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, those that match. */
static void add_names(Statement *statement, const char **names, size_t count, const char *pattern)
{
    if (count > 1)
        qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++)
        if (like(pattern, names[i]))
            sql_result_add_row(statement->result, &names[i]);
}

static bool show_databases(Statement *statement, Error *err)
{
    static const char *const NAMES[] = {"Database", NULL};
    const Catalog *catalog = &statement->tables->catalog;
    const char *pattern, **names;

    if (!take_pattern(statement, &pattern, err))
        return false;
    columns(statement, NAMES);
    pthread_mutex_lock(&statement->tables->catalog_lock);
    names = ARENA_ARRAY(statement->cursor.arena, const char *, catalog->database_count + 1);
    for (size_t i = 0; i < catalog->database_count; i++)
        names[i] = catalog->databases[i];
    names[catalog->database_count] = "information_schema";
    add_names(statement, names, catalog->database_count + 1, pattern);
    pthread_mutex_unlock(&statement->tables->catalog_lock);
    return true;
}

static bool show_tables(Statement *statement, Error *err)
{
    Tables *tables = statement->tables;
    const char *said = NULL, *database, *pattern, **names, *heads[2] = {NULL, NULL};
    size_t count = 0;
    bool known;

    if ((sql_take_words(&statement->cursor, "from") || sql_take_words(&statement->cursor, "in")) &&
        !sql_identifier(&statement->cursor, &said, err))
        return false;
    if (!statement_database(statement, said, &database, err) ||
        !take_pattern(statement, &pattern, err))
        return false;
    heads[0] = arena_printf(statement->cursor.arena, "Tables_in_%s", database);
    columns(statement, heads);
    pthread_mutex_lock(&tables->catalog_lock);
    known = catalog_has_database(&tables->catalog, database);
    names = ARENA_ARRAY(statement->cursor.arena, const char *, tables->catalog.table_count + 1);
    for (size_t i = 0; i < tables->catalog.table_count; i++)
        if (strcmp(tables->catalog.tables[i]->def->database, database) == 0)
            names[count++] = tables->catalog.tables[i]->def->name;
    add_names(statement, names, count, pattern);
    pthread_mutex_unlock(&tables->catalog_lock);
    return known || tables_not_found(TABLE_NO_DATABASE, database, "", err);
}

/* The table that the statement ends with. */
static TableDef *named_table(Statement *statement, Error *err)
{
    SqlTableName name;
    const char *database;
    TableFound found;
    TableDef *def;

    if (!sql_table_name(&statement->cursor, &name, err) || !sql_need_end(&statement->cursor, err) ||
        !statement_database(statement, name.database, &database, err))
        return NULL;
    def = tables_borrow(statement->tables, database, name.table, &found);
    if (!def)
        tables_not_found(found, database, name.table, err);
    return def;
}

static bool show_create(Statement *statement, Error *err)
{
    static const char *const NAMES[] = {"Table", "Create Table", NULL};
    TableDef *def = named_table(statement, err);
    const char *row[2];

    if (!def)
        return false;
    columns(statement, NAMES);
    row[0] = def->name;
    row[1] = table_def_create_statement(def, statement->cursor.arena);
    sql_result_add_row(statement->result, row);
    tables_return(statement->tables, &def);
    return true;
}

static void add_description(Statement *statement, const SimColumn *column)
{
    char type[64];
    const char *row[6] = {column->name,
                          type,
                          column->nullable ? "Yes" : "No",
                          column->key ? "true" : "false",
                          column->default_text,
                          column->key ? "" : "NONE"};

    sim_type_text(&column->type, type, sizeof type);
    sql_result_add_row(statement->result, row);
}

bool statement_desc(Statement *statement, Error *err)
{
    static const char *const NAMES[] = {"Field", "Type", "Null", "Key", "Default", "Extra", NULL};
    TableDef *def = named_table(statement, err);

    if (!def)
        return false;
    columns(statement, NAMES);
    for (size_t i = 0; i < def->column_count; i++)
        add_description(statement, &def->columns[i]);
    tables_return(statement->tables, &def);
    return true;
}

/* [FE] nereids/trees/plans/commands/ShowGrantsCommand.java */
static bool show_grants(Statement *statement, Error *err)
{
    static const char *const NAMES[] = {
        "UserIdentity", "Comment",       "Password",           "Roles",
        "GlobalPrivs",  "CatalogPrivs",  "DatabasePrivs",      "TablePrivs",
        "ColPrivs",     "ResourcePrivs", "WorkloadGroupPrivs", NULL};
    const SqlSession *session = statement->session;
    const char *row[11] = {NULL};

    if (!sql_need_end(&statement->cursor, err))
        return false;
    columns(statement, NAMES);
    row[0] = arena_printf(statement->cursor.arena, "'%s'@'%%'", session->user);
    row[1] = "";
    row[2] = "Yes";
    row[3] = "";
    row[4] = session->privileges;
    row[6] = "internal.information_schema: Select_priv";
    sql_result_add_row(statement->result, row);
    return true;
}

bool statement_show(Statement *statement, Error *err)
{
    static const struct {
        const char *words;
        bool (*run)(Statement *statement, Error *err);
    } KINDS[] = {{"databases", show_databases},
                 {"schemas", show_databases},
                 {"tables", show_tables},
                 {"create table", show_create},
                 {"grants", show_grants}};

    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        if (sql_take_words(&statement->cursor, KINDS[i].words))
            return KINDS[i].run(statement, err);
    return sql_not_reached(err, "this SHOW");
}
