/* The member `data` of _schema. [FE] httpv2/rest/TableSchemaAction.java */
#include "simulator/tables_internal.h"

#include "simulator/sql_cursor.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void set_number(json_t *json, const char *name, int value)
{
    char text[16];

    snprintf(text, sizeof text, "%d", value);
    json_object_set_new(json, name, json_string(text));
}

static json_t *column_json(const SimColumn *column)
{
    json_t *json = json_pack("{ss ss ss ss ss si}", "name", column->name, "type",
                             sim_type_primitive(&column->type), "comment",
                             column->comment ? column->comment : "", "aggregation_type",
                             column->key ? "" : "NONE", "is_nullable",
                             column->nullable ? "Yes" : "No", "column_uid", column->uid);

    json_object_set_new(json, "is_key", json_string(column->key ? "Yes" : "No"));
    if (column->type.kind == SIM_DECIMAL) {
        set_number(json, "precision", column->type.precision);
        set_number(json, "scale", column->type.scale);
    }
    return json;
}

bool tables_schema_json(Tables *tables, const char *database, const char *table, char **out,
                        Error *err)
{
    TableFound found;
    TableDef *def = tables_borrow(tables, database, table, &found);
    json_t *columns, *json;

    if (!def)
        return tables_not_found(found, database, table, err);
    columns = json_array();
    for (size_t i = 0; i < def->column_count; i++)
        json_array_append_new(columns, column_json(&def->columns[i]));
    json = json_pack("{si ss si so}", "status", 200, "keysType",
                     def->unique ? "UNIQUE_KEYS" : "DUP_KEYS", "schema_version",
                     def->schema_version, "properties", columns);
    *out = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    tables_return(tables, &def);
    return true;
}

static bool check_light(const TableDef *def, json_t *body, Error *err)
{
    const char *name = json_string_value(json_object_get(body, "columnName"));
    const SimColumn *column = name ? table_def_column(def, name) : NULL;
    const char *light = table_def_property(def, "light_schema_change");

    if (!json_is_boolean(json_object_get(body, "isDropColumn")) || !name)
        return sql_error(err, "columnName and isDropColumn must be given");
    if (light && strcmp(light, "true") != 0)
        return sql_error(err, "table %s disable light schema change", def->name);
    return !json_is_true(json_object_get(body, "isDropColumn")) || !column || !column->key ||
           sql_error(err, "Column %s is key, light schema change is not possible", name);
}

bool tables_light_change(Tables *tables, const char *database, const char *table, Str text,
                         Error *err)
{
    TableFound found;
    TableDef *def = tables_borrow(tables, database, table, &found);
    json_t *body;
    bool ok;

    if (!def)
        return tables_not_found(found, database, table, err);
    body = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
    ok = check_light(def, body, err);
    json_decref(body);
    tables_return(tables, &def);
    return ok;
}
