#include "schema/selectdb_tables.h"

#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/oid_set.h"
#include "common/selectdb_sql.h"
#include "common/sql_text.h"
#include "schema/selectdb_fit.h"

bool selectdb_tables_design(SelectdbTables *t, const uint32_t *only, size_t only_count, Error *err)
{
    OidSet wanted = oid_set_of(t->arena, only, only_count);

    t->standing = ARENA_ARRAY(t->arena, SelectdbStanding, t->catalog->table_count);
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        const CatalogTable *table = &t->catalog->tables[i];
        SelectdbStanding *standing = &t->standing[i];

        standing->is_planned =
            catalog_has_rows(table) && (!only || oid_set_has(&wanted, table->oid));
        if (standing->is_planned &&
            !selectdb_design_settle(t->task, table, t->arena, &standing->design, err))
            return false;
    }
    return true;
}

static const char *there_name(const SelectdbTables *t, const CatalogTable *table)
{
    return arena_printf(t->arena, "%s.%s", table->to_schema, table->to_name);
}

/* --- looking --- */

/* The names of a listing, its first column. */
static bool list_names(SelectdbTables *t, const char *database, const char *statement,
                       SelectdbRows *out, Error *err)
{
    return selectdb_query(t->db, database, statement, t->arena, out, err);
}

static bool is_listed(const SelectdbRows *rows, const char *name)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        if (str_equal(rows->values[i * rows->column_count].text, str_of(name)))
            return true;
    }
    return false;
}

static bool has_rows(SelectdbTables *t, const CatalogTable *table, bool *out, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    SelectdbRows rows;

    sql_add(&sql, "SELECT 1 FROM ");
    selectdb_sql_table(&sql, str_of(table->to_schema), str_of(table->to_name));
    sql_add(&sql, " LIMIT 1");
    if (!selectdb_query(t->db, table->to_schema, sql_text(&sql), t->arena, &rows, err))
        return false;
    *out = rows.row_count > 0;
    return true;
}

static bool read_statement(SelectdbTables *t, const CatalogTable *table, Str *out, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    SelectdbRows rows;

    sql_add(&sql, "SHOW CREATE TABLE ");
    selectdb_sql_table(&sql, str_of(table->to_schema), str_of(table->to_name));
    if (!selectdb_query(t->db, table->to_schema, sql_text(&sql), t->arena, &rows, err))
        return false;
    *out = rows.row_count > 0 ? selectdb_value(&rows, 0, "Create Table").text : (Str){"", 0};
    return true;
}

static bool look_at_table(SelectdbTables *t, const CatalogTable *table, SelectdbStanding *standing,
                          Error *err)
{
    SelectdbThere there;
    Str statement;
    bool filled = false;
    Error unreadable = {0};

    if (!read_statement(t, table, &statement, err))
        return false;
    standing->exists = true;
    if (!selectdb_there_read(statement, t->arena, &there, &unreadable)) {
        standing->differences = arena_strdup(t->arena, unreadable.message);
        return true;
    }
    standing->ours = selectdb_ddl_is_marked(t->arena, there.comment, t->owner, table->oid);
    if (selectdb_fit(&there, &standing->design, t->arena, &standing->differences))
        standing->differences = NULL;
    if (!standing->ours && !has_rows(t, table, &filled, err))
        return false;
    standing->empty = !filled;
    return true;
}

static bool look_at_database(SelectdbTables *t, const char *database, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    SelectdbRows names;

    sql_add(&sql, "SHOW TABLES FROM ");
    selectdb_sql_name(&sql, str_of(database));
    if (!list_names(t, database, sql_text(&sql), &names, err))
        return false;
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        const CatalogTable *table = &t->catalog->tables[i];

        if (t->standing[i].is_planned && strcmp(table->to_schema, database) == 0 &&
            is_listed(&names, table->to_name) && !look_at_table(t, table, &t->standing[i], err))
            return error_object(err, "%s", there_name(t, table));
    }
    return true;
}

/* Is it the first of the tables that goes to its database? */
static bool is_first_of_database(const SelectdbTables *t, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (t->standing[i].is_planned &&
            strcmp(t->catalog->tables[i].to_schema, t->catalog->tables[number].to_schema) == 0)
            return false;
    }
    return t->standing[number].is_planned;
}

static bool list_databases(SelectdbTables *t, SelectdbRows *out, Error *err)
{
    return list_names(t, "", "SHOW DATABASES", out, err) ||
           error_wrap(err, "look for the databases");
}

bool selectdb_tables_look(SelectdbTables *t, Error *err)
{
    SelectdbRows databases;

    if (!list_databases(t, &databases, err))
        return false;
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        const char *database = t->catalog->tables[i].to_schema;

        if (is_first_of_database(t, i) && is_listed(&databases, database) &&
            !look_at_database(t, database, err))
            return error_wrap(err, "look for tables that are there already");
    }
    return true;
}

/* --- judging --- */

static bool refuse(const SelectdbTables *t, const CatalogTable *table, const char *what,
                   const char *hint, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s", what);
    error_object(err, "%s", there_name(t, table));
    return error_hint(err, "%s", hint);
}

static bool judge_existing(const SelectdbTables *t, const CatalogTable *table,
                           const SelectdbStanding *standing, Error *err)
{
    if (standing->ours && standing->differences)
        return refuse(t, table,
                      arena_printf(t->arena,
                                   "the task made it, and the source was changed since: %s",
                                   standing->differences),
                      "drop the table at SelectDB and run the task again", err);
    if (standing->ours)
        return true;
    if (!t->task->accept_existing_tables && t->task->phase_schema)
        return refuse(t, table, "SelectDB has a table of this name already",
                      "drop it, give to_table another name, or set existing_tables = \"accept\" "
                      "for a table that the source's rows fit into",
                      err);
    if (standing->differences)
        return refuse(t, table,
                      arena_printf(t->arena, "rows of the source cannot be written to it: %s",
                                   standing->differences),
                      "change the table, or drop it and let walferry make it", err);
    if (!standing->design.unique && !standing->empty && t->task->phase_copy)
        return refuse(t, table, "a duplicate table must be empty before it is copied into",
                      "empty it, or give to_table another name", err);
    return true;
}

bool selectdb_tables_judge(const SelectdbTables *t, Error *err)
{
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        const SelectdbStanding *standing = &t->standing[i];
        const CatalogTable *table = &t->catalog->tables[i];

        if (!standing->is_planned)
            continue;
        if (standing->exists && !judge_existing(t, table, standing, err))
            return false;
        if (!standing->exists && !t->task->phase_schema)
            return refuse(t, table, "the table is not there",
                          "create it, or add \"schema\" to phases", err);
    }
    return true;
}

/* --- making --- */

static bool make_databases(SelectdbTables *t, Error *err)
{
    SelectdbRows databases;

    if (!list_databases(t, &databases, err))
        return false;
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        const char *database = t->catalog->tables[i].to_schema;

        if (!is_first_of_database(t, i) || is_listed(&databases, database))
            continue;
        if (!selectdb_query(t->db, "", selectdb_ddl_database(t->arena, database), t->arena, NULL,
                            err))
            return error_object(err, "database %s", database);
    }
    return true;
}

static bool wants_fewer_replicas(const SelectdbTables *t, const SelectdbDesign *design,
                                 const Error *why)
{
    return t->replicas != 1 && !selectdb_ddl_says_replicas(design) &&
           strcasestr(why->message, "replication num");
}

/*
 * SelectDB stores three copies unless told otherwise, and refuses when there are fewer back ends
 * (where storage is shared it does not ask). How many there are may be nothing that the user may
 * ask for, so fewer copies are tried.
 */
static bool create_table(SelectdbTables *t, const CatalogTable *table, const SelectdbDesign *design,
                         Error *err)
{
    Error why = {0};

    while (!selectdb_query(t->db, table->to_schema,
                           selectdb_ddl_table(t->arena, design, t->owner, t->replicas), t->arena,
                           NULL, &why)) {
        if (!wants_fewer_replicas(t, design, &why)) {
            *err = why;
            return false;
        }
        t->replicas = t->replicas == 0 ? 2 : 1;
        why = (Error){0};
        job_notice(t->host, 0, 0, "too few back ends for three copies of the data: %u will be made",
                   t->replicas);
    }
    return true;
}

/* It is looked at again: what stands there counts, not what was asked for. */
static bool make_table(SelectdbTables *t, const CatalogTable *table, SelectdbStanding *standing,
                       Error *err)
{
    if (!create_table(t, table, &standing->design, err) || !look_at_table(t, table, standing, err))
        return error_object(err, "%s", there_name(t, table));
    (void)FAILPOINT("schema.selectdb_table_made");
    return judge_existing(t, table, standing, err);
}

bool selectdb_tables_make(SelectdbTables *t, Error *err)
{
    size_t made = 0;

    if (!make_databases(t, err))
        return error_wrap(err, "make the databases");
    for (size_t i = 0; i < t->catalog->table_count; i++) {
        if (!t->standing[i].is_planned || t->standing[i].exists)
            continue;
        if (!make_table(t, &t->catalog->tables[i], &t->standing[i], err))
            return error_wrap(err, "make the tables");
        job_notice(t->host, ++made, t->catalog->table_count, "making tables");
    }
    (void)FAILPOINT("schema.selectdb_tables_made");
    return true;
}
