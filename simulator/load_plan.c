#include "simulator/load_plan.h"

#include "common/compiler.h"
#include "common/mem.h"
#include "simulator/load_headers.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

static const char DELETE_SIGN[] = "__DORIS_DELETE_SIGN__";
static const char SEQUENCE[] = "__DORIS_SEQUENCE_COL__";

static size_t source_of(const LoadPlan *plan, const char *name)
{
    for (size_t i = 0; i < plan->source_count; i++)
        if (strcasecmp(plan->sources[i], name) == 0)
            return i;
    return NO_SOURCE;
}

/* Without columns: the table's own in order, then the hidden ones that are named. */
static bool default_sources(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *hidden = load_header(request, "hidden_columns");
    const char **names = NULL;
    size_t count = 0;

    if (hidden && !load_headers_names(hidden, &plan->arena, &names, &count, err))
        return false;
    plan->sources = ARENA_ARRAY(&plan->arena, const char *, plan->def->column_count + count);
    for (size_t i = 0; i < plan->def->column_count; i++)
        plan->sources[plan->source_count++] = plan->def->columns[i].name;
    for (size_t i = 0; i < count; i++)
        plan->sources[plan->source_count++] = names[i];
    return true;
}

static bool read_sources(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *columns = load_header(request, "columns");

    if (columns && *columns)
        return load_headers_names(columns, &plan->arena, &plan->sources, &plan->source_count, err);
    return default_sources(request, plan, err);
}

static void add_target(LoadPlan *plan, int uid, const char *name, const SimType *type,
                       bool nullable, size_t source)
{
    plan->targets[plan->target_count++] = (LoadTarget){uid, name, *type, nullable, source};
}

static bool refuse_missing_keys(const LoadPlan *plan, Error *err)
{
    for (size_t i = 0; plan->partial && i < plan->def->key_count; i++)
        if (source_of(plan, plan->def->columns[i].name) == NO_SOURCE)
            return load_refuse(err, "Partial update should include all key columns, missing: %s",
                               plan->def->columns[i].name);
    return true;
}

/* Columns that no field feeds take their default when the rows are published. */
static bool column_targets(LoadPlan *plan, Error *err)
{
    if (!refuse_missing_keys(plan, err))
        return false;
    for (size_t i = 0; i < plan->def->column_count; i++) {
        const SimColumn *column = &plan->def->columns[i];
        size_t source = source_of(plan, column->name);

        if (source != NO_SOURCE)
            add_target(plan, column->uid, column->name, &column->type, column->nullable, source);
        else if (!plan->partial && !column->nullable && !column->has_default)
            return load_refuse(err, "Column has no default value. column: %s", column->name);
    }
    return true;
}

/* [FE] nereids/load/NereidsLoadUtils.java; the rules of 7.3. */
static bool sequence_target(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *header = load_header(request, "function_column.sequence_col");
    const TableDef *def = plan->def;
    size_t source = header ? source_of(plan, header) : NO_SOURCE;
    bool hidden = !load_header(request, "columns") && source_of(plan, SEQUENCE) != NO_SOURCE;

    if (header && def->sequence == SEQUENCE_NONE)
        return load_refuse(err, "There is no sequence column in the table %s", def->name);
    if (def->sequence == SEQUENCE_NONE)
        return true;
    if (def->sequence == SEQUENCE_COLUMN)
        source = source_of(plan, def->columns[def->sequence_column].name);
    else if (!header && hidden)
        source = source_of(plan, SEQUENCE);
    else if (!header)
        return load_refuse(err, "Table %s has sequence column, need to specify the sequence column",
                           def->name);
    if (source != NO_SOURCE)
        add_target(plan, UID_SEQUENCE, SEQUENCE, &def->sequence_type, true, source);
    return source != NO_SOURCE || def->sequence == SEQUENCE_COLUMN ||
           load_refuse(err, "Unknown column '%s' in 'table list'", header);
}

/* column = literal, as `delete` of a MERGE can say it here. */
static bool read_delete_on(const char *text, LoadPlan *plan, Error *err)
{
    char *name = arena_strdup(&plan->arena, text), *equals = strchr(name, '='), *literal;
    size_t len;

    if (!equals || strchr("<>!", equals > name ? equals[-1] : ' '))
        return load_refuse(err, "the simulator does not do this: delete: %s", text);
    *equals = '\0';
    name += strspn(name, " `");
    name[strcspn(name, " `")] = '\0';
    literal = equals + 1 + strspn(equals + 1, " ='\"");
    len = strcspn(literal, " '\"");
    if (literal[len + strspn(literal + len, " '\"")] != '\0')
        return load_refuse(err, "the simulator does not do this: delete: %s", text);
    literal[len] = '\0';
    plan->delete_on = (DeleteOn){source_of(plan, name), literal};
    return plan->delete_on.source != NO_SOURCE ||
           load_refuse(err, "Unknown column '%s' in 'table list'", name);
}

static bool read_merge(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *type = load_header(request, "merge_type");
    const char *on = load_header(request, "delete");
    bool merge = type && strcasecmp(type, "MERGE") == 0;
    bool deletes = type && strcasecmp(type, "DELETE") == 0;

    if (type && !merge && !deletes && strcasecmp(type, "APPEND") != 0)
        return error_set(err, ERROR_DATA, "[INVALID_ARGUMENT]Invalid merge type %s", type);
    if (merge && !on)
        return load_refuse(err, "Excepted DELETE ON clause when merge type is MERGE.");
    if (!merge && on)
        return load_refuse(err, "Not support DELETE ON clause when merge type is not MERGE.");
    if ((merge || deletes) && !plan->def->unique)
        return load_refuse(err, "load by MERGE or DELETE is only supported in unique tables.");
    plan->deletes_all = deletes;
    return !merge || read_delete_on(on, plan, err);
}

static void delete_target(LoadPlan *plan)
{
    static const SimType TINYINT = {.kind = SIM_TINYINT};
    size_t source = source_of(plan, DELETE_SIGN);

    if (plan->def->unique &&
        (source != NO_SOURCE || plan->deletes_all || plan->delete_on.source != NO_SOURCE))
        add_target(plan, UID_DELETE_SIGN, DELETE_SIGN, &TINYINT, false, source);
}

/* [RT] unique_with_mow_p0/partial_update/test_partial_update_new_key_policy */
static bool read_new_keys(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *text = load_header(request, "partial_update_new_key_behavior");

    if (!profile_new_key_header(plan->tables->profile)) {
        plan->new_keys = plan->strict ? NEW_KEYS_FILTER : NEW_KEYS_APPEND;
        return true;
    }
    if (text && strcasecmp(text, "ERROR") == 0)
        plan->new_keys = NEW_KEYS_ERROR;
    else if (text && strcasecmp(text, "APPEND") != 0)
        return error_set(err, ERROR_DATA,
                         "[INVALID_ARGUMENT]Invalid partial_update_new_key_behavior %s, must be "
                         "one of {'APPEND', 'ERROR'}",
                         text);
    return true;
}

static bool read_partial(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *partial = load_header(request, "partial_columns");
    const char *mode = load_header(request, "unique_key_update_mode");

    plan->partial = partial && strcasecmp(partial, "true") == 0;
    if (mode && profile_new_key_header(plan->tables->profile)) {
        if (strcasecmp(mode, "UPDATE_FLEXIBLE_COLUMNS") == 0)
            return load_refuse(err, "the simulator does not do this: flexible partial update");
        plan->partial = strcasecmp(mode, "UPDATE_FIXED_COLUMNS") == 0;
        if (!plan->partial && strcasecmp(mode, "UPSERT") != 0)
            return error_set(err, ERROR_DATA, "[INVALID_ARGUMENT]Invalid unique_key_update_mode %s",
                             mode);
    }
    if (!plan->partial)
        return true;
    if (!plan->def->merge_on_write)
        return load_refuse(err, "Only unique key merge on write support partial update");
    return read_new_keys(request, plan, err);
}

static bool fill(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    plan->delete_on.source = NO_SOURCE;
    if (!load_headers_read(request, plan, err) || !read_sources(request, plan, err) ||
        !read_merge(request, plan, err) || !read_partial(request, plan, err))
        return false;
    plan->targets = ARENA_ARRAY(&plan->arena, LoadTarget, plan->def->column_count + 2);
    if (!column_targets(plan, err) || !sequence_target(request, plan, err))
        return false;
    delete_target(plan);
    return true;
}

static bool borrow(LoadPlan *plan, const LoadRequest *request, Error *err)
{
    Tables *tables = plan->tables;
    CatalogTable *entry = NULL;
    bool database;

    pthread_mutex_lock(&tables->catalog_lock);
    database = catalog_has_database(&tables->catalog, request->database);
    if (database)
        entry = catalog_find(&tables->catalog, request->database, request->table);
    if (entry) {
        plan->def = catalog_share(entry->def);
        plan->generation = entry->generation;
        plan->string_limit = tables->string_limit;
    }
    pthread_mutex_unlock(&tables->catalog_lock);
    if (!database)
        return load_refuse(err, "unknown database, database=%s", request->database);
    return entry || load_refuse(err, "unknown table, table=%s", request->table);
}

bool load_plan(Tables *tables, const LoadRequest *request, LoadPlan **out, Error *err)
{
    LoadPlan *plan = MEM_NEW(LoadPlan);

    plan->tables = tables;
    if (!borrow(plan, request, err) || !fill(request, plan, err)) {
        load_plan_close(&plan);
        return false;
    }
    *out = plan;
    return true;
}

void load_plan_close(LoadPlan **plan)
{
    if (!*plan)
        return;
    if ((*plan)->def)
        tables_return((*plan)->tables, &(*plan)->def);
    arena_done(&(*plan)->arena);
    free(*plan);
    *plan = NULL;
}
