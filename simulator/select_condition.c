/* WHERE: comparisons of columns and literals, BETWEEN, IN, IS NULL, LIKE, AND, OR, NOT. */
#include "simulator/select_sql.h"

#include "common/compiler.h"
#include "simulator/cast.h"

static bool either(SelectSql *select, Error *err);

/* A text that is compared with a date is one first. */
static bool dated(SelectSql *select, const SimType *type, Str *text, Error *err)
{
    CastContext context = {.arena = select->cursor->arena};
    Cell cell;

    if (!type || (type->kind != SIM_DATE && type->kind != SIM_DATETIME))
        return true;
    if (!cast_field(type, *text, &context, &cell))
        return sql_error(err, "Invalid date literal: %.*s", STR_ARGS(*text));
    *text = cell.text;
    return true;
}

static bool literal(SelectSql *select, const SimType *type, Error *err)
{
    SqlCursor *cursor = select->cursor;
    Str text = cursor->at->text;

    if (sql_take_words(cursor, "null"))
        return select_add(select, "NULL"), true;
    if (sql_is_word(cursor, "true") || sql_is_word(cursor, "false")) {
        select_add(select, sql_take_words(cursor, "true") ? "1" : "0");
        cursor->at += sql_is_word(cursor, "false");
        return true;
    }
    if (sql_take_sign(cursor, "-"))
        select_add(select, "-");
    if (cursor->at->kind == SQL_TOKEN_NUMBER) {
        bytes_add_str(&select->text, cursor->at->text);
    } else if (cursor->at->kind == SQL_TOKEN_STRING) {
        if (!dated(select, type, &text, err))
            return false;
        select_add_literal(select, text);
    } else {
        return sql_unexpected(cursor, "a literal", err);
    }
    cursor->at++;
    return true;
}

static bool operand(SelectSql *select, const SimType *type, SelectColumn *column, bool *is_column,
                    Error *err)
{
    const SqlCursor *cursor = select->cursor;

    *is_column = cursor->at->kind == SQL_TOKEN_QUOTED ||
                 (cursor->at->kind == SQL_TOKEN_WORD && !sql_is_word(cursor, "null") &&
                  !sql_is_word(cursor, "true") && !sql_is_word(cursor, "false"));
    return *is_column ? select_column(select, column, err) : literal(select, type, err);
}

static bool in_list(SelectSql *select, const SimType *type, Error *err)
{
    const char *before = "";

    select_add(select, " IN (");
    if (!sql_need_sign(select->cursor, "(", err))
        return false;
    do {
        select_add(select, before);
        if (!literal(select, type, err))
            return false;
        before = ", ";
    } while (sql_take_sign(select->cursor, ","));
    select_add(select, ")");
    return sql_need_sign(select->cursor, ")", err);
}

static bool between(SelectSql *select, const SimType *type, Error *err)
{
    select_add(select, " BETWEEN ");
    if (!literal(select, type, err) || !sql_need_words(select->cursor, "and", err))
        return false;
    select_add(select, " AND ");
    return literal(select, type, err);
}

static bool compare(SelectSql *select, const SimType *type, Error *err)
{
    static const struct {
        const char *sign;
        const char *text;
    } SIGNS[] = {{"=", " = "}, {"<>", " <> "}, {"!=", " <> "}, {"<", " < "},
                 {">", " > "}, {"<=", " <= "}, {">=", " >= "}, {"<=>", " IS "}};
    SelectColumn other;
    bool is_column;

    for (size_t i = 0; i < COUNT_OF(SIGNS); i++)
        if (sql_take_sign(select->cursor, SIGNS[i].sign)) {
            select_add(select, SIGNS[i].text);
            return operand(select, type, &other, &is_column, err);
        }
    return sql_unexpected(select->cursor, "a comparison", err);
}

static bool predicate(SelectSql *select, Error *err)
{
    SqlCursor *cursor = select->cursor;
    SelectColumn column;
    bool is_column;
    const SimType *type;

    if (!operand(select, NULL, &column, &is_column, err))
        return false;
    type = is_column ? &column.type : NULL;
    if (sql_take_words(cursor, "is not null"))
        return select_add(select, " IS NOT NULL"), true;
    if (sql_take_words(cursor, "is null"))
        return select_add(select, " IS NULL"), true;
    if (sql_take_words(cursor, "not"))
        select_add(select, " NOT");
    if (sql_take_words(cursor, "in"))
        return in_list(select, type, err);
    if (sql_take_words(cursor, "between"))
        return between(select, type, err);
    if (sql_take_words(cursor, "like")) {
        select_add(select, " LIKE ");
        return literal(select, NULL, err) && (select_add(select, " ESCAPE '\\'"), true);
    }
    return compare(select, type, err);
}

static bool negated(SelectSql *select, Error *err)
{
    if (sql_take_words(select->cursor, "not"))
        select_add(select, "NOT ");
    if (!sql_take_sign(select->cursor, "("))
        return predicate(select, err);
    select_add(select, "(");
    if (!either(select, err))
        return false;
    select_add(select, ")");
    return sql_need_sign(select->cursor, ")", err);
}

static bool both(SelectSql *select, Error *err)
{
    do
        if (!negated(select, err))
            return false;
    while (sql_take_words(select->cursor, "and") && (select_add(select, " AND "), true));
    return true;
}

static bool either(SelectSql *select, Error *err)
{
    do
        if (!both(select, err))
            return false;
    while (sql_take_words(select->cursor, "or") && (select_add(select, " OR "), true));
    return true;
}

bool select_condition(SelectSql *select, Error *err)
{
    return either(select, err);
}
