#include "simulator/ddl_parse.h"

#include "common/bytes.h"
#include "common/compiler.h"

#include <strings.h>

static bool type_arguments(SqlCursor *cursor, SimType *type, Error *err)
{
    int *first = type->kind == SIM_DECIMAL    ? &type->precision
                 : type->kind == SIM_DATETIME ? &type->scale
                                              : &type->length;

    if (!sql_take_sign(cursor, "("))
        return true;
    if (type->kind == SIM_VARCHAR && sql_take_sign(cursor, "*"))
        return sql_need_sign(cursor, ")", err);
    if (!sql_integer(cursor, first, err))
        return false;
    if (type->kind == SIM_DECIMAL) {
        type->scale = 0;
        if (sql_take_sign(cursor, ",") && !sql_integer(cursor, &type->scale, err))
            return false;
    }
    return sql_need_sign(cursor, ")", err);
}

bool ddl_parse_type(SqlCursor *cursor, SimType *out, Error *err)
{
    SimKind kind;
    SimType type;
    char problem[200];

    if (cursor->at->kind != SQL_TOKEN_WORD || !sim_kind_parse(cursor->at->text, &kind))
        return sql_error(err, "the simulator does not know the type %.*s",
                         STR_ARGS(cursor->at->text));
    cursor->at++;
    type = sim_type_of(kind);
    if (!type_arguments(cursor, &type, err))
        return false;
    if (!sim_type_check(&type, problem, sizeof problem))
        return sql_error(err, "%s", problem);
    *out = type;
    return true;
}

static bool now_default(SqlCursor *cursor, SimColumn *out, bool *taken, Error *err)
{
    int digits = 0;

    *taken = true;
    if (sql_take_words(cursor, "current_date")) {
        out->default_text = "CURRENT_DATE";
    } else if (sql_take_words(cursor, "current_timestamp")) {
        out->default_text = "CURRENT_TIMESTAMP";
        if (sql_take_sign(cursor, "(")) {
            if (!sql_integer(cursor, &digits, err) || !sql_need_sign(cursor, ")", err))
                return false;
            out->default_text = arena_printf(cursor->arena, "CURRENT_TIMESTAMP(%d)", digits);
        }
    } else {
        *taken = false;
    }
    out->default_now = *taken;
    return true;
}

static bool default_value(SqlCursor *cursor, SimColumn *out, Error *err)
{
    bool taken, minus;

    out->has_default = true;
    if (sql_take_words(cursor, "null"))
        return true;
    if (!now_default(cursor, out, &taken, err) || taken)
        return taken;
    if (cursor->at->kind == SQL_TOKEN_STRING)
        return sql_string(cursor, &out->default_text, err);
    if (sql_is_word(cursor, "true") || sql_is_word(cursor, "false")) {
        out->default_text = sql_is_word(cursor, "true") ? "1" : "0";
        cursor->at++;
        return true;
    }
    minus = sql_take_sign(cursor, "-");
    if (cursor->at->kind != SQL_TOKEN_NUMBER)
        return sql_not_reached(err, "this DEFAULT");
    out->default_text =
        arena_printf(cursor->arena, "%s%.*s", minus ? "-" : "", STR_ARGS(cursor->at->text));
    cursor->at++;
    return true;
}

bool ddl_parse_column(SqlCursor *cursor, SimColumn *out, Error *err)
{
    SimColumn column = {.nullable = true, .comment = ""};

    if (!sql_identifier(cursor, &column.name, err) || !ddl_parse_type(cursor, &column.type, err))
        return false;
    column.key = sql_take_words(cursor, "key");
    if (sql_take_words(cursor, "not null"))
        column.nullable = false;
    else
        sql_take_words(cursor, "null");
    if (sql_is_word(cursor, "auto_increment") || sql_is_word(cursor, "as") ||
        sql_is_word(cursor, "generated") || sql_is_word(cursor, "replace") ||
        sql_is_word(cursor, "sum") || sql_is_word(cursor, "on"))
        return sql_not_reached(err, "generated, aggregated and auto_increment columns");
    if (sql_take_words(cursor, "default") && !default_value(cursor, &column, err))
        return false;
    if (sql_take_words(cursor, "comment") && !sql_string(cursor, &column.comment, err))
        return false;
    *out = column;
    return true;
}

static bool column_list(SqlCursor *cursor, CreateTable *out, Error *err)
{
    CLEANUP(bytes_done) Bytes columns = {0};
    SimColumn column;

    if (!sql_need_sign(cursor, "(", err))
        return false;
    do {
        if (sql_is_word(cursor, "index"))
            return sql_not_reached(err, "INDEX");
        if (!ddl_parse_column(cursor, &column, err))
            return false;
        bytes_add(&columns, &column, sizeof column);
    } while (sql_take_sign(cursor, ","));
    out->column_count = columns.len / sizeof column;
    out->columns = ARENA_ARRAY(cursor->arena, SimColumn, out->column_count);
    memcpy(out->columns, columns.data, columns.len);
    return sql_need_sign(cursor, ")", err);
}

static bool engine_and_keys(SqlCursor *cursor, CreateTable *out, Error *err)
{
    const char *engine;

    if (sql_take_words(cursor, "engine")) {
        if (!sql_need_sign(cursor, "=", err) || !sql_identifier(cursor, &engine, err))
            return false;
        if (strcasecmp(engine, "olap") != 0)
            return sql_error(err, "Do not support external table with engine name = %s", engine);
    }
    if (sql_take_words(cursor, "unique key"))
        out->model = MODEL_UNIQUE;
    else if (sql_take_words(cursor, "duplicate key"))
        out->model = MODEL_DUPLICATE;
    else if (sql_is_word(cursor, "aggregate"))
        return sql_not_reached(err, "AGGREGATE KEY");
    return out->model == MODEL_UNSAID || sql_names(cursor, &out->keys, err);
}

static bool distribution(SqlCursor *cursor, CreateTable *out, Error *err)
{
    if (!sql_take_words(cursor, "distributed by"))
        return true;
    out->distributed = true;
    out->random = sql_take_words(cursor, "random");
    if (!out->random &&
        (!sql_need_words(cursor, "hash", err) || !sql_names(cursor, &out->distribution, err)))
        return false;
    if (!sql_take_words(cursor, "buckets") || sql_take_words(cursor, "auto"))
        return true;
    if (!sql_integer(cursor, &out->buckets, err))
        return false;
    return out->buckets > 0 || sql_error(err, "Buckets number of distribution should be greater "
                                              "than zero.");
}

static bool properties(SqlCursor *cursor, CreateTable *out, Error *err)
{
    CLEANUP(bytes_done) Bytes list = {0};
    SimProperty property;

    if (!sql_take_words(cursor, "properties"))
        return true;
    if (!sql_need_sign(cursor, "(", err))
        return false;
    do {
        if (!sql_string(cursor, &property.name, err) || !sql_need_sign(cursor, "=", err) ||
            !sql_string(cursor, &property.value, err))
            return false;
        bytes_add(&list, &property, sizeof property);
    } while (sql_take_sign(cursor, ","));
    out->property_count = list.len / sizeof property;
    out->properties = ARENA_ARRAY(cursor->arena, SimProperty, out->property_count);
    memcpy(out->properties, list.data, list.len);
    return sql_need_sign(cursor, ")", err);
}

bool ddl_parse_create(SqlCursor *cursor, CreateTable *out, Error *err)
{
    CreateTable create = {.comment = ""};

    create.if_not_exists = sql_take_words(cursor, "if not exists");
    if (!sql_table_name(cursor, &create.name, err))
        return false;
    if (sql_is_word(cursor, "like") || sql_is_word(cursor, "as"))
        return sql_not_reached(err, "CREATE TABLE LIKE or AS");
    if (!column_list(cursor, &create, err) || !engine_and_keys(cursor, &create, err))
        return false;
    if (sql_take_words(cursor, "comment") && !sql_string(cursor, &create.comment, err))
        return false;
    if (sql_is_word(cursor, "partition") || sql_is_word(cursor, "auto"))
        return sql_not_reached(err, "PARTITION BY");
    if (!distribution(cursor, &create, err) || !properties(cursor, &create, err) ||
        !sql_need_end(cursor, err))
        return false;
    *out = create;
    return true;
}
