/* What stands between SELECT and FROM, and the names of columns. */
#include "simulator/select_sql.h"

#include "common/compiler.h"

#include <stdio.h>
#include <strings.h>

static const SimType BIGINT = {.kind = SIM_BIGINT};
static const SimType STRING = {.kind = SIM_STRING};

void select_add(SelectSql *select, const char *text)
{
    bytes_add_str(&select->text, str_of(text));
}

void select_add_literal(SelectSql *select, Str text)
{
    bytes_add_u8(&select->text, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            bytes_add_u8(&select->text, '\'');
        bytes_add_u8(&select->text, (uint8_t)text.data[i]);
    }
    bytes_add_u8(&select->text, '\'');
}

static void add_result(SelectSql *select, const char *name, const SimType *type)
{
    SelectColumn column = {name, *type};

    bytes_add(&select->columns, &column, sizeof column);
}

/* Those of section 7.1 that SQLite holds. */
static bool hidden_column(SelectSql *select, const char *name, SelectColumn *out)
{
    static const SimType TINYINT = {.kind = SIM_TINYINT};
    const TableDef *def = select->def;
    const char *held = NULL;

    if (!def->unique)
        return false;
    if (strcasecmp(name, "__DORIS_DELETE_SIGN__") == 0) {
        held = "_d";
        *out = (SelectColumn){"__DORIS_DELETE_SIGN__", TINYINT};
    } else if (strcasecmp(name, "__DORIS_VERSION_COL__") == 0) {
        held = "_v";
        *out = (SelectColumn){"__DORIS_VERSION_COL__", BIGINT};
    } else if (strcasecmp(name, "__DORIS_SEQUENCE_COL__") == 0 && def->sequence != SEQUENCE_NONE) {
        held = "_s";
        *out = (SelectColumn){"__DORIS_SEQUENCE_COL__", def->sequence_type};
    }
    if (held)
        select_add(select, held);
    return held != NULL;
}

bool select_column(SelectSql *select, SelectColumn *out, Error *err)
{
    const SimColumn *column;
    const char *name;
    char held[24];

    if (!sql_identifier(select->cursor, &name, err))
        return false;
    while (sql_take_sign(select->cursor, "."))
        if (!sql_identifier(select->cursor, &name, err))
            return false;
    if (!select->def)
        return sql_error(err, "Unknown column '%s' in 'table list'", name);
    column = table_def_column(select->def, name);
    if (column) {
        snprintf(held, sizeof held, "c%d", column->uid);
        select_add(select, held);
        *out = (SelectColumn){column->name, column->type};
        return true;
    }
    return hidden_column(select, name, out) ||
           sql_error(err, "Unknown column '%s' in 'table list'", name);
}

static bool all_columns(SelectSql *select, Error *err)
{
    char held[24];

    if (!select->def)
        return sql_error(err, "No tables used");
    for (size_t i = 0; i < select->def->column_count; i++) {
        const SimColumn *column = &select->def->columns[i];

        snprintf(held, sizeof held, "%sc%d", i > 0 ? ", " : "", column->uid);
        select_add(select, held);
        add_result(select, column->name, &column->type);
    }
    return true;
}

/* The type of sum() and the SQLite function that adds up exactly. */
static const char *sum_function(SimType *type)
{
    if (sim_type_is_integer(type)) {
        *type = BIGINT;
        return "sum(";
    }
    if (type->kind == SIM_DECIMAL)
        type->precision = 38;
    else if (type->kind == SIM_FLOAT)
        type->kind = SIM_DOUBLE;
    return "sim_sum(";
}

static bool aggregate(SelectSql *select, const char *function, Error *err)
{
    Bytes before = select->text;
    SelectColumn column;
    const char *open;

    if (strcasecmp(function, "count") == 0) {
        select_add(select, "count(");
        if (sql_take_sign(select->cursor, "*"))
            select_add(select, "*");
        else {
            if (sql_take_words(select->cursor, "distinct"))
                select_add(select, "DISTINCT ");
            if (!select_column(select, &column, err))
                return false;
        }
        add_result(select, "count(*)", &BIGINT);
    } else {
        select->text = (Bytes){0};
        if (!select_column(select, &column, err)) {
            bytes_done(&select->text);
            select->text = before;
            return false;
        }
        open = strcasecmp(function, "sum") == 0   ? sum_function(&column.type)
               : strcasecmp(function, "min") == 0 ? "min("
                                                  : "max(";
        bytes_add_str(&before, str_of(open));
        bytes_add_str(&before, bytes_str(&select->text));
        bytes_done(&select->text);
        select->text = before;
        add_result(select, arena_printf(select->cursor->arena, "%s(%s)", function, column.name),
                   &column.type);
    }
    select_add(select, ")");
    return sql_need_sign(select->cursor, ")", err);
}

/* CAST(column AS STRING): the text as it is stored. */
static bool cast_item(SelectSql *select, Error *err)
{
    SelectColumn column;

    select_add(select, "CAST(");
    if (!select_column(select, &column, err) || !sql_need_words(select->cursor, "as", err))
        return false;
    if (!sql_take_words(select->cursor, "string") && !sql_take_words(select->cursor, "varchar") &&
        !sql_take_words(select->cursor, "text") && !sql_take_words(select->cursor, "char"))
        return sql_not_reached(err, "CAST to another type than STRING");
    select_add(select, " AS TEXT)");
    add_result(select, column.name, &STRING);
    return sql_need_sign(select->cursor, ")", err);
}

static bool call(SelectSql *select, const char *function, Error *err)
{
    static const char *const AGGREGATES[] = {"count", "min", "max", "sum"};

    if (strcasecmp(function, "cast") == 0)
        return cast_item(select, err);
    if (strcasecmp(function, "version") == 0) {
        select_add(select, "'5.7.99'");
        add_result(select, "version()", &STRING);
        return sql_need_sign(select->cursor, ")", err);
    }
    for (size_t i = 0; i < COUNT_OF(AGGREGATES); i++)
        if (strcasecmp(function, AGGREGATES[i]) == 0)
            return aggregate(select, AGGREGATES[i], err);
    return sql_not_reached(err, function);
}

static bool literal_item(SelectSql *select, Error *err)
{
    static const SimType TINYINT = {.kind = SIM_TINYINT};
    const SqlToken *token = select->cursor->at;
    const char *shown = arena_copy(select->cursor->arena, token->text).data;

    if (token->kind == SQL_TOKEN_STRING) {
        select_add_literal(select, token->text);
        add_result(select, shown, &STRING);
    } else if (token->kind == SQL_TOKEN_NUMBER && !strpbrk(shown, ".eE")) {
        select_add(select, shown);
        add_result(select, shown, token->text.len < 3 ? &TINYINT : &BIGINT);
    } else {
        return sql_unexpected(select->cursor, "an expression", err);
    }
    select->cursor->at++;
    return true;
}

static bool item(SelectSql *select, Error *err)
{
    SqlCursor *cursor = select->cursor;
    bool is_name = cursor->at->kind == SQL_TOKEN_WORD || cursor->at->kind == SQL_TOKEN_QUOTED;
    SelectColumn column;
    const char *name;

    if (sql_take_sign(cursor, "*"))
        return all_columns(select, err);
    if (!is_name)
        return literal_item(select, err);
    if (cursor->at[1].kind == SQL_TOKEN_SIGN && str_equal(cursor->at[1].text, str_of("("))) {
        if (!sql_identifier(cursor, &name, err))
            return false;
        cursor->at++;
        return call(select, name, err);
    }
    if (!select_column(select, &column, err))
        return false;
    add_result(select, column.name, &column.type);
    return true;
}

static bool alias(SelectSql *select, Error *err)
{
    SelectColumn *last = (SelectColumn *)(void *)(select->columns.data + select->columns.len) - 1;
    SqlCursor *cursor = select->cursor;

    if (!sql_take_words(cursor, "as") && cursor->at->kind != SQL_TOKEN_QUOTED)
        return true;
    return sql_identifier(cursor, &last->name, err);
}

bool select_items(SelectSql *select, Error *err)
{
    bool first = true;

    select_add(select, "SELECT ");
    if (sql_take_words(select->cursor, "distinct"))
        select_add(select, "DISTINCT ");
    do {
        if (!first)
            select_add(select, ", ");
        first = false;
        if (!item(select, err) || !alias(select, err))
            return false;
    } while (sql_take_sign(select->cursor, ","));
    return true;
}
