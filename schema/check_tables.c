#include "common/bytes.h"
#include "common/sql_text.h"
#include "common/utf8.h"
#include "other_objects.sql.h"
#include "relation_kind.sql.h"
#include "schema/check_report.h"
#include "schema/created.h"
#include "schema/identity.h"
#include "schema/keys.h"
#include "schema/map_catalog.h"
#include "schema/mapping_check.h"
#include "schema/objects.h"
#include "schema/unsupported.h"

static bool covers(const TaskObject *object, const CatalogTable *table)
{
    return strcmp(object->schema, table->root_schema) == 0 &&
           (!object->table[0] || strcmp(object->table, table->root_name) == 0);
}

static bool is_found(const CheckReport *r, const TaskObject *object)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        if (covers(object, &r->catalog.tables[i]))
            return true;
    }
    return false;
}

static bool report_missing(CheckReport *r, Pg *pg, const TaskObject *object, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *values[] = {object->schema, object->table};
    const char *name = object->table[0]
                           ? arena_printf(&r->arena, "%s.%s", object->schema, object->table)
                           : object->schema;
    const char *what = "the source has no such table";

    if (!pg_query(pg, SQL_RELATION_KIND, 2, values, &rows, err))
        return false;
    if (!object->table[0])
        what = "the source has no table in this schema";
    else if (pg_rows_count(rows) > 0 && strcmp(pg_text(rows, 0, "kind"), "a partition") == 0)
        what = "it is a partition: name the table that it belongs to";
    else if (pg_rows_count(rows) > 0)
        what = arena_printf(&r->arena, "it is %s, not a table", pg_text(rows, 0, "kind"));
    check_report(r, CHECK_FAIL, "task.tables", name, "correct objects in the task file",
                 "%s:%u: %s", r->task->file, object->line, what);
    return true;
}

static bool report_selection(CheckReport *r, Pg *pg, Error *err)
{
    size_t with_rows = 0;

    for (size_t i = 0; i < r->task->object_count; i++) {
        if (!is_found(r, &r->task->objects[i]) && !report_missing(r, pg, &r->task->objects[i], err))
            return false;
    }
    for (size_t i = 0; i < r->catalog.table_count; i++)
        with_rows += catalog_has_rows(&r->catalog.tables[i]);
    check_report(r, check_fail_unless(r->catalog.table_count > 0), "task.tables", "",
                 "name schemas or tables of the source in objects", "%zu tables are selected",
                 with_rows);
    return true;
}

static void report_name(CheckReport *r, const CatalogTable *table, const char *name)
{
    char *shown =
        arena_printf(&r->arena, "%s%s%s", catalog_name(&r->arena, table), name[0] ? "." : "", name);

    if (utf8_is_valid(str_of(shown)))
        return;
    utf8_mend(shown);
    check_report(r, CHECK_FAIL, "source.encoding", shown, "rename it", "its name is not UTF-8");
}

/* Such as a database of encoding SQL_ASCII may have. */
static void report_names(CheckReport *r)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];

        report_name(r, table, "");
        for (size_t k = 0; k < table->column_count; k++)
            report_name(r, table, table->columns[k].name);
    }
}

/* One of the rights that a table wants; the GRANT that gives it. */
typedef struct Right {
    const char *id;
    const char *missing;
    const char *all_there;
    bool (*holds)(const CatalogTable *table);
    const char *(*grant)(CheckReport *r, const CatalogTable *table, const char *role);
} Right;

static bool may_read(const CatalogTable *table)
{
    return table->readable && table->schema_usable;
}

static const char *grant_read(CheckReport *r, const CatalogTable *table, const char *role)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!table->schema_usable) {
        sql_add(&sql, "GRANT USAGE ON SCHEMA ");
        sql_identifier(&sql, str_of(table->schema));
        sql_add(&sql, " TO %s; ", role);
    }
    if (!table->readable) {
        sql_add(&sql, "GRANT SELECT ON ");
        sql_qualified(&sql, str_of(table->schema), str_of(table->name));
        sql_add(&sql, " TO %s;", role);
    }
    return arena_strdup(&r->arena, sql_text(&sql));
}

static bool is_owner(const CatalogTable *table)
{
    return table->owned;
}

/* Nobody shall become a superuser by our advice. */
static const char *grant_owner(CheckReport *r, const CatalogTable *table, const char *role)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (table->owner_is_super) {
        sql_add(&sql, "ALTER TABLE ");
        sql_qualified(&sql, str_of(table->schema), str_of(table->name));
        sql_add(&sql, " OWNER TO %s; -- or to a role that %s is a member of", role, role);
    } else {
        sql_add(&sql, "GRANT ");
        sql_identifier(&sql, str_of(table->owner));
        sql_add(&sql, " TO %s;", role);
    }
    return arena_strdup(&r->arena, sql_text(&sql));
}

static bool sees_all_rows(const CatalogTable *table)
{
    return !table->row_security;
}

static const char *grant_bypass(CheckReport *r, const CatalogTable *table, const char *role)
{
    (void)table;
    return arena_printf(&r->arena, "ALTER ROLE %s BYPASSRLS;", role);
}

/* clang-format off */
static const Right RIGHTS[] = {
    {"source.select", "the role may not read the table",
     "the role may read every table", may_read, grant_read},
    {"source.ownership", "only its owner's roles may publish it",
     "the role may publish every table", is_owner, grant_owner},
    {"source.row_security", "row security hides rows of it from the role",
     "the role sees every row", sees_all_rows, grant_bypass},
};
/* clang-format on */

static void report_right(CheckReport *r, const Right *right, const char *role)
{
    size_t missing = 0;

    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];

        if (table->kind == 'f' || right->holds(table))
            continue;
        missing++;
        check_report(r, CHECK_FAIL, right->id, catalog_name(&r->arena, table),
                     right->grant(r, table, role), "%s", right->missing);
    }
    if (missing == 0)
        check_report(r, CHECK_OK, right->id, "", "", "%s", right->all_there);
}

/* With "auto" this is ours to do, as its owner, which source.ownership looks at. */
static void report_identities(CheckReport *r)
{
    size_t needing = 0;

    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];

        if (keys_full_is_refused(table)) {
            needing++;
            check_report(r, CHECK_FAIL, "source.identity", catalog_name(&r->arena, table),
                         IDENTITY_FULL_REFUSED_HINT, IDENTITY_FULL_REFUSED);
            continue;
        }
        if (!catalog_has_rows(table) || !keys_needs_full(table))
            continue;
        needing++;
        if (r->task->source.keep_identity)
            check_report(r, CHECK_FAIL, "source.identity", catalog_name(&r->arena, table),
                         arena_printf(&r->arena, "%s;", identity_full_sql(&r->arena, table)),
                         table->wants_full
                             ? "SelectDB needs its old rows whole: they bear the key only"
                             : "no usable replica identity: published, its UPDATE and DELETE would "
                               "fail");
        else
            check_report(r, CHECK_OK, "source.identity", catalog_name(&r->arena, table), "",
                         "%s, will get REPLICA IDENTITY FULL",
                         table->wants_full ? "SelectDB needs its old rows whole"
                                           : "has no usable key");
    }
    if (needing == 0)
        check_report(r, CHECK_OK, "source.identity", "", "", "every table has a usable identity");
}

typedef struct Unsupported {
    CheckReport *report;
    size_t count;
} Unsupported;

static void report_unsupported(void *self, const UnsupportedItem *item)
{
    Unsupported *u = self;
    const char *id =
        arena_printf(&u->report->arena,
                     item->fatal ? "table.unsupported.%s" : "table.not_copied.%s", item->kind);

    u->count++;
    check_report(u->report, item->fatal ? CHECK_FAIL : CHECK_WARN, id, item->object,
                 item->fatal ? "exclude the table in objects"
                             : arena_printf(&u->report->arena,
                                            "make it at the destination yourself where it is "
                                            "wanted, and add \"%s\" to check.ignore",
                                            id),
                 "%s", item->reason);
}

static bool is_selectdb(const CheckReport *r)
{
    return r->task->destination.type == DESTINATION_SELECTDB;
}

static bool report_coverage(CheckReport *r, Pg *pg, Error *err)
{
    Unsupported u = {r, 0};

    if (!is_selectdb(r) && !objects_read(pg, &r->arena, &r->catalog, err))
        return false;
    if (!unsupported_each(pg, r->task, &r->arena, &r->catalog, report_unsupported, &u, err))
        return false;
    if (u.count == 0)
        check_report(r, CHECK_OK, "table.unsupported", "", "",
                     "all there is to the tables can be copied");
    return true;
}

static void report_flaw(void *self, const MappingFlaw *flaw)
{
    CheckReport *r = self;

    check_report(r, flaw->fatal ? CHECK_FAIL : CHECK_WARN,
                 flaw->fatal ? "task.mapping" : "table.not_copied.skipped", flaw->object,
                 flaw->to_do, "%s%s%s", flaw->fatal ? "" : flaw->kind, flaw->fatal ? "" : ": ",
                 flaw->what);
}

/* Rows that never come or never go: said, so that nobody is surprised by compare. */
static void report_operations(CheckReport *r)
{
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        const CatalogTable *table = &r->catalog.tables[i];

        if (table->left_out && catalog_has_rows(table))
            check_report(r, CHECK_OK, "task.operations", catalog_name(&r->arena, table), "",
                         "not all operations pass: its rows will differ");
    }
}

static void report_mapping(CheckReport *r)
{
    mapping_each(&r->catalog, r->task, &r->arena, report_flaw, r);
    map_catalog_leave_out(&r->catalog);
    report_operations(r);
}

/* Beside the tables. Said, but no warning: almost every database has some. */
static bool report_others(CheckReport *r, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes schemas = {0};
    const char **names = ARENA_ARRAY(&r->arena, const char *, r->catalog.table_count);

    for (size_t i = 0; i < r->catalog.table_count; i++)
        names[i] = r->catalog.tables[i].schema;
    created_text_array(&schemas, names, r->catalog.table_count);

    const char *values[] = {sql_text(&schemas)};

    if (!pg_query(pg, SQL_OTHER_OBJECTS, 1, values, &rows, err))
        return false;
    if (!pg_is_null(rows, 0, "objects"))
        check_report(r, CHECK_OK, "source.not_copied", "", "", "not copied: %s",
                     pg_text(rows, 0, "objects"));
    return true;
}

bool check_tables(CheckReport *report, Pg *pg, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, "SELECT quote_ident(current_user) AS role", &rows, err) ||
        !catalog_read(pg, report->task, &report->arena, &report->catalog, err) ||
        !report_selection(report, pg, err))
        return false;
    if (report->catalog.table_count == 0)
        return true;
    report_names(report);
    for (size_t i = 0; i < COUNT_OF(RIGHTS); i++)
        report_right(report, &RIGHTS[i], pg_text(rows, 0, "role"));
    report_identities(report);
    report_mapping(report);
    if (is_selectdb(report) && !check_selectdb_designs(report, pg, err))
        return false;
    return report_coverage(report, pg, err) && report_others(report, pg, err);
}
