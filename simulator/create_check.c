#include "simulator/create_check.h"

#include "common/compiler.h"
#include "simulator/cast.h"
#include "simulator/create_properties.h"
#include "simulator/name_rules.h"

#include <strings.h>

enum { MAX_IMPLIED_KEYS = 3 };

/* [FE] nereids/trees/plans/commands/info/ColumnDefinition.java */
static bool check_key_type(const SimColumn *column, Error *err)
{
    SimKind kind = column->type.kind;

    if (kind == SIM_FLOAT || kind == SIM_DOUBLE)
        return sql_error(err, "Float or double can not used as a key, use decimal instead.");
    if (kind == SIM_STRING)
        return sql_error(err, "String Type should not be used in key column[%s].", column->name);
    if (kind == SIM_JSON)
        return sql_error(err, "JsonType type should not be used in key column[%s].", column->name);
    return true;
}

static bool check_default(const SimColumn *column, Error *err)
{
    Arena arena = {0};
    CastContext context = {.arena = &arena};
    Cell cell;
    bool ok;

    if (!column->has_default)
        return true;
    if (!column->default_text)
        return column->nullable ||
               sql_error(err, "Can not set null default value to non nullable column: %s",
                         column->name);
    if (column->type.kind == SIM_JSON)
        return sql_error(err, "Json type column default value just support null");
    if (column->default_now)
        return column->type.kind == SIM_DATETIME || column->type.kind == SIM_DATE ||
               sql_error(err, "Types other than DATETIME and DATETIMEV2 cannot use "
                              "current_timestamp as the default value");
    ok = cast_field(&column->type, str_of(column->default_text), &context, &cell);
    arena_done(&arena);
    if (ok && (column->type.kind == SIM_VARCHAR || column->type.kind == SIM_CHAR))
        ok = strlen(column->default_text) <= (size_t)column->type.length;
    return ok || sql_error(err, "Invalid default value of column %s: %s", column->name,
                           column->default_text);
}

bool create_check_column(Profile profile, const SimColumn *column, Error *err)
{
    return name_rules_column(profile, column->name, err) && check_default(column, err);
}

static bool check_columns(Profile profile, const CreateTable *create, Error *err)
{
    for (size_t i = 0; i < create->column_count; i++) {
        if (!create_check_column(profile, &create->columns[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(create->columns[j].name, create->columns[i].name) == 0)
                return sql_error(err, "Duplicate column name '%s'", create->columns[i].name);
    }
    return true;
}

/* [FE] info/CreateTableInfo.java: keys are the first columns, in order. */
static bool check_said_keys(const CreateTable *create, Error *err)
{
    for (size_t i = 0; i < create->keys.count; i++) {
        const char *key = create->keys.items[i];

        if (i >= create->column_count || strcasecmp(create->columns[i].name, key) != 0)
            return sql_error(err,
                             "Key columns should be a ordered prefix of the schema. KeyColumns[%zu]"
                             " (starts from zero) is %s, but corresponding column is %s in the "
                             "previous columns declaration.",
                             i, key, i < create->column_count ? create->columns[i].name : "");
        if (!check_key_type(&create->columns[i], err))
            return false;
    }
    return true;
}

/* Without a KEY clause the table is Duplicate, sorted by its first columns. */
static bool imply_keys(const CreateTable *create, size_t *out, Error *err)
{
    Error unused;
    size_t count = 0;

    while (count < create->column_count && count < MAX_IMPLIED_KEYS &&
           check_key_type(&create->columns[count], &unused))
        if (create->columns[count++].type.kind == SIM_VARCHAR)
            break;
    *out = count;
    return count > 0 || sql_error(err, "The olap table first column could not be float, double, "
                                       "array, struct, map, variant please use decimal or varchar "
                                       "instead.");
}

static bool check_distribution(const CreateTable *create, const TableDef *def, Error *err)
{
    if (create->random && def->unique)
        return sql_error(err, "Create unique keys table should not contain random distribution "
                              "desc");
    for (size_t i = 0; i < create->distribution.count; i++) {
        const SimColumn *column = table_def_column(def, create->distribution.items[i]);

        if (!column)
            return sql_error(err, "Distribution column(%s) doesn't exist",
                             create->distribution.items[i]);
        if (def->unique && !column->key)
            return sql_error(err, "Distribution column[%s] is not key column", column->name);
        if (column->type.kind == SIM_FLOAT || column->type.kind == SIM_DOUBLE)
            return sql_error(err, "Floating point type should not be used in distribution column");
        if (column->type.kind == SIM_JSON)
            return sql_error(err, "Json type should not be used in distribution column[%s].",
                             column->name);
        if (column->type.kind == SIM_STRING)
            return sql_error(err, "String Type should not be used in distribution column[%s].",
                             column->name);
    }
    return true;
}

static void fill_columns(TableDef *def, const CreateTable *create)
{
    def->column_count = create->column_count;
    def->columns = ARENA_ARRAY(&def->arena, SimColumn, def->column_count);
    for (size_t i = 0; i < def->column_count; i++) {
        SimColumn *column = &def->columns[i];

        *column = create->columns[i];
        column->key = i < def->key_count;
        column->uid = (int)i;
        column->name = arena_strdup(&def->arena, column->name);
        column->comment = arena_strdup(&def->arena, column->comment);
        if (column->default_text)
            column->default_text = arena_strdup(&def->arena, column->default_text);
    }
    def->next_uid = (int)def->column_count;
}

static void fill_distribution(TableDef *def, const CreateTable *create)
{
    def->random = create->random || !create->distributed;
    def->buckets = create->buckets;
    def->distribution_count = create->distribution.count;
    def->distribution = ARENA_ARRAY(&def->arena, const char *, def->distribution_count);
    for (size_t i = 0; i < def->distribution_count; i++)
        def->distribution[i] = arena_strdup(&def->arena, create->distribution.items[i]);
}

static bool fill(Profile profile, const CreateTable *create, TableDef *def, Error *err)
{
    def->unique = create->model == MODEL_UNIQUE;
    def->key_count = create->keys.count;
    if (create->model == MODEL_UNSAID && !imply_keys(create, &def->key_count, err))
        return false;
    if (def->unique && !create->distributed)
        return sql_error(err, "Create unique keys table should not contain random distribution "
                              "desc");
    fill_columns(def, create);
    fill_distribution(def, create);
    return check_distribution(create, def, err) && create_properties(profile, create, def, err);
}

bool create_check(Profile profile, const CreateTable *create, const char *database, TableDef **out,
                  Error *err)
{
    TableDef *def;

    if (!name_rules_table(profile, create->name.table, err) ||
        !check_columns(profile, create, err) || !check_said_keys(create, err))
        return false;
    def = table_def_new();
    def->database = arena_strdup(&def->arena, database);
    def->name = arena_strdup(&def->arena, create->name.table);
    def->comment = arena_strdup(&def->arena, create->comment);
    if (!fill(profile, create, def, err)) {
        table_def_free(&def);
        return false;
    }
    *out = def;
    return true;
}
