/* What check says of the tables that are at the destination already. */
#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/check_report.h"
#include "schema/existing_rows.h"

static bool may_stand(const CheckReport *r)
{
    return r->task->accept_existing_tables || !r->task->phase_schema;
}

static void report_difference(CheckReport *r, const char *table, const ShapeDifference *difference)
{
    static const struct {
        CheckLevel level;
        const char *id;
    } AS[] = {
        [SHAPE_HARMLESS] = {CHECK_OK, "destination.shape"},
        [SHAPE_DOUBTFUL] = {CHECK_WARN, "destination.shape"},
        [SHAPE_WRONG] = {CHECK_FAIL, "destination.existing_tables"},
    };
    const char *object =
        difference->column[0] ? arena_printf(&r->arena, "%s.%s", table, difference->column) : table;

    check_report(r, AS[difference->level].level, AS[difference->level].id, object,
                 difference->to_do, "%s", difference->what);
}

/* Counts what keeps the task from starting. */
static void report_table(CheckReport *r, const ExistingTable *existing, const char *name,
                         size_t *wrong)
{
    bool in_the_way =
        existing->standing == STANDING_USABLE || existing->standing == STANDING_UNUSABLE;

    if (existing->standing == STANDING_FREE && !r->task->phase_schema)
        check_report(r, CHECK_FAIL, "destination.existing_tables", name,
                     "create it, or add \"schema\" to phases", "the table is not there");
    else if (in_the_way && !may_stand(r))
        check_report(r, CHECK_FAIL, "destination.existing_tables", name,
                     "drop it, exclude it in objects, or set existing_tables = \"accept\" for a "
                     "table that the source's rows fit into",
                     "the destination has a table of this name already");
    else if (in_the_way) {
        for (size_t i = 0; i < existing->shape.count; i++)
            report_difference(r, name, &existing->shape.differences[i]);
        if (existing->standing == STANDING_USABLE)
            return;
    } else
        return;
    (*wrong)++;
}

/* What is written in the task file was meant; a default may be a surprise. */
static void report_kept_rows(CheckReport *r, const char *name, bool has_key)
{
    bool overwrite = r->task->existing_rows == EXISTING_ROWS_OVERWRITE;
    bool meant = r->task->existing_rows != EXISTING_ROWS_DEFAULT && has_key;
    const char *what = !has_key    ? "it has rows and no key: the source's rows are added to them"
                       : overwrite ? "it has rows: those whose key the source has are overwritten"
                                   : "it has rows: those whose key the source has are kept as they "
                                     "are, until they change there";

    check_report(r, meant ? CHECK_OK : CHECK_WARN, "destination.existing_rows", name,
                 has_key ? "empty it, or say existing_rows = \"keep\" or \"overwrite\" in the task "
                           "file"
                         : "empty it, or add \"destination.existing_rows\" to check.ignore",
                 "%s", what);
}

static void report_rows(CheckReport *r, const CatalogTable *table, const ExistingTable *existing)
{
    const char *name = catalog_to_name(&r->arena, table), *to_do = "";
    const char *why = existing_rows_refusal(&r->arena, table, existing, &to_do);

    if (why)
        check_report(r, CHECK_FAIL, "destination.existing_rows", name, to_do, "%s", why);
    else
        report_kept_rows(r, name, existing->shape.key != NULL);
}

static const char *grant_table(CheckReport *r, const CatalogTable *table,
                               const ExistingTable *existing, const char *role)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!existing->usable) {
        sql_add(&sql, "GRANT USAGE ON SCHEMA ");
        sql_identifier(&sql, str_of(table->schema));
        sql_add(&sql, " TO %s; ", role);
    }
    if (existing->lacks[0]) {
        sql_add(&sql, "GRANT %s ON ", existing->lacks);
        sql_qualified(&sql, str_of(table->schema), str_of(table->name));
        sql_add(&sql, " TO %s;", role);
    }
    return arena_strdup(&r->arena, sql_text(&sql));
}

static const char *grant_owner(CheckReport *r, const ExistingTable *existing, const char *role)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "GRANT ");
    sql_identifier(&sql, str_of(existing->owner));
    sql_add(&sql, " TO %s;", role);
    return arena_strdup(&r->arena, sql_text(&sql));
}

static void report_acting(CheckReport *r, const CatalogTable *table, const ExistingTable *existing)
{
    if (existing->standing == STANDING_USABLE && existing->acts && !r->replica)
        check_report(r, CHECK_FAIL, "destination.acts", catalog_name(&r->arena, table),
                     "allow session_replication_role, or drop or disable it until the task is "
                     "released",
                     "its %s would act on what is applied", existing->acts);
}

/* Counts those that the role may not use; their rows cannot be looked for. */
static void report_privilege(CheckReport *r, const CatalogTable *table,
                             const ExistingTable *existing, const char *role, size_t *closed)
{
    const char *name = catalog_name(&r->arena, table);

    if (existing->standing != STANDING_USABLE)
        return;
    if (!existing->usable || existing->lacks[0]) {
        (*closed)++;
        check_report(r, CHECK_FAIL, "destination.table_privilege", name,
                     grant_table(r, table, existing, role), "the role may not read and write it");
    } else if (r->task->phase_schema && !existing->owned) {
        check_report(r, CHECK_WARN, "destination.table_ownership", name,
                     grant_owner(r, existing, role),
                     "it is not the role's: keys, indexes and constraints that it lacks cannot be "
                     "made");
    }
}

static bool report_privileges(CheckReport *r, Pg *pg, const Existing *existing, size_t *closed,
                              Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, "SELECT quote_ident(current_user) AS role", &rows, err))
        return false;
    for (size_t i = 0; i < r->catalog.table_count; i++)
        report_acting(r, &r->catalog.tables[i], &existing->tables[i]);
    for (size_t i = 0; i < r->catalog.table_count; i++)
        report_privilege(r, &r->catalog.tables[i], &existing->tables[i], pg_text(rows, 0, "role"),
                         closed);
    return true;
}

static bool report_all_rows(CheckReport *r, Pg *pg, const Existing *existing, Error *err)
{
    bool *filled = ARENA_ARRAY(&r->arena, bool, r->catalog.table_count);

    if (!existing_rows_find(pg, &r->catalog, existing, filled, err))
        return false;
    for (size_t i = 0; i < r->catalog.table_count; i++) {
        if (filled[i])
            report_rows(r, &r->catalog.tables[i], &existing->tables[i]);
    }
    return true;
}

bool check_existing(CheckReport *r, Pg *pg, Error *err)
{
    Existing existing;
    size_t wrong = 0, closed = 0;

    if (r->catalog.table_count == 0)
        return true;
    if (!existing_read(pg, r->task, &r->catalog, &r->arena, &existing, err))
        return false;
    for (size_t i = 0; i < r->catalog.table_count; i++)
        report_table(r, &existing.tables[i], catalog_to_name(&r->arena, &r->catalog.tables[i]),
                     &wrong);
    if (wrong == 0)
        check_report(r, CHECK_OK, "destination.existing_tables", "", "", "no table is in the way");
    if (!may_stand(r))
        return true;
    return report_privileges(r, pg, &existing, &closed, err) &&
           (closed > 0 || report_all_rows(r, pg, &existing, err));
}
