/* A definition as JSON, in the catalog's own file. */
#include "simulator/table_def.h"

#include <jansson.h>

static json_t *column_json(const SimColumn *column)
{
    json_t *json =
        json_pack("{si ss si si si si sb sb sb sb}", "uid", column->uid, "name", column->name,
                  "kind", (int)column->type.kind, "precision", column->type.precision, "scale",
                  column->type.scale, "length", column->type.length, "key", column->key, "nullable",
                  column->nullable, "has_default", column->has_default, "now", column->default_now);

    if (column->default_text)
        json_object_set_new(json, "default", json_string(column->default_text));
    json_object_set_new(json, "comment", json_string(column->comment ? column->comment : ""));
    return json;
}

static json_t *lists_json(const TableDef *def)
{
    json_t *columns = json_array(), *distribution = json_array(), *properties = json_array();

    for (size_t i = 0; i < def->column_count; i++)
        json_array_append_new(columns, column_json(&def->columns[i]));
    for (size_t i = 0; i < def->distribution_count; i++)
        json_array_append_new(distribution, json_string(def->distribution[i]));
    for (size_t i = 0; i < def->property_count; i++)
        json_array_append_new(properties,
                              json_pack("[ss]", def->properties[i].name, def->properties[i].value));
    return json_pack("{so so so}", "columns", columns, "distribution", distribution, "properties",
                     properties);
}

char *table_def_json(const TableDef *def)
{
    const SimType *type = &def->sequence_type;
    json_t *json = lists_json(def), *rest;
    char *text;

    rest = json_pack("{sI ss ss sb sb sI si si si sI sb si si si}", "id", (json_int_t)def->id,
                     "database", def->database, "name", def->name, "unique", def->unique, "mow",
                     def->merge_on_write, "keys", (json_int_t)def->key_count, "sequence",
                     (int)def->sequence, "sequence_kind", (int)type->kind, "sequence_scale",
                     type->scale, "sequence_column", (json_int_t)def->sequence_column, "random",
                     def->random, "buckets", def->buckets, "schema_version", def->schema_version,
                     "next_uid", def->next_uid);
    json_object_set_new(rest, "comment", json_string(def->comment ? def->comment : ""));
    json_object_update(json, rest);
    json_decref(rest);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static const char *text_of(Arena *arena, json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? arena_strdup(arena, text) : NULL;
}

static int int_of(json_t *json, const char *name)
{
    return (int)json_integer_value(json_object_get(json, name));
}

static bool flag_of(json_t *json, const char *name)
{
    return json_is_true(json_object_get(json, name));
}

static void parse_column(Arena *arena, json_t *json, SimColumn *out)
{
    out->uid = int_of(json, "uid");
    out->name = text_of(arena, json, "name");
    out->type = (SimType){(SimKind)int_of(json, "kind"), int_of(json, "precision"),
                          int_of(json, "scale"), int_of(json, "length")};
    out->key = flag_of(json, "key");
    out->nullable = flag_of(json, "nullable");
    out->has_default = flag_of(json, "has_default");
    out->default_now = flag_of(json, "now");
    out->default_text = text_of(arena, json, "default");
    out->comment = text_of(arena, json, "comment");
}

static void parse_lists(TableDef *def, json_t *json)
{
    json_t *columns = json_object_get(json, "columns");
    json_t *distribution = json_object_get(json, "distribution");
    json_t *properties = json_object_get(json, "properties");

    def->column_count = json_array_size(columns);
    def->columns = ARENA_ARRAY(&def->arena, SimColumn, def->column_count);
    for (size_t i = 0; i < def->column_count; i++)
        parse_column(&def->arena, json_array_get(columns, i), &def->columns[i]);
    def->distribution_count = json_array_size(distribution);
    def->distribution = ARENA_ARRAY(&def->arena, const char *, def->distribution_count);
    for (size_t i = 0; i < def->distribution_count; i++)
        def->distribution[i] =
            arena_strdup(&def->arena, json_string_value(json_array_get(distribution, i)));
    def->property_count = json_array_size(properties);
    def->properties = ARENA_ARRAY(&def->arena, SimProperty, def->property_count);
    for (size_t i = 0; i < def->property_count; i++) {
        json_t *pair = json_array_get(properties, i);

        def->properties[i].name =
            arena_strdup(&def->arena, json_string_value(json_array_get(pair, 0)));
        def->properties[i].value =
            arena_strdup(&def->arena, json_string_value(json_array_get(pair, 1)));
    }
}

static void parse_scalars(TableDef *def, json_t *json)
{
    def->id = json_integer_value(json_object_get(json, "id"));
    def->database = text_of(&def->arena, json, "database");
    def->name = text_of(&def->arena, json, "name");
    def->comment = text_of(&def->arena, json, "comment");
    def->unique = flag_of(json, "unique");
    def->merge_on_write = flag_of(json, "mow");
    def->key_count = (size_t)int_of(json, "keys");
    def->sequence = (SequenceForm)int_of(json, "sequence");
    def->sequence_type.kind = (SimKind)int_of(json, "sequence_kind");
    def->sequence_type.scale = int_of(json, "sequence_scale");
    def->sequence_column = (size_t)int_of(json, "sequence_column");
    def->random = flag_of(json, "random");
    def->buckets = int_of(json, "buckets");
    def->schema_version = int_of(json, "schema_version");
    def->next_uid = int_of(json, "next_uid");
}

bool table_def_parse(const char *text, TableDef **out, Error *err)
{
    json_error_t problem;
    json_t *json = json_loads(text, 0, &problem);

    if (!json)
        return error_set(err, ERROR_CONFIG, "a table's definition is damaged: %s", problem.text);
    *out = table_def_new();
    parse_scalars(*out, json);
    parse_lists(*out, json);
    json_decref(json);
    return true;
}
