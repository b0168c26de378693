/* What stands behind the table's name. */
#include "simulator/select_sql.h"

#include <stdio.h>

static bool column_list(SelectSql *select, bool ordered, Error *err)
{
    const char *before = "";
    SelectColumn column;
    char place[16];
    int at;

    do {
        select_add(select, before);
        before = ", ";
        if (select->cursor->at->kind == SQL_TOKEN_NUMBER) {
            if (!sql_integer(select->cursor, &at, err))
                return false;
            snprintf(place, sizeof place, "%d", at);
            select_add(select, place);
        } else if (!select_column(select, &column, err)) {
            return false;
        }
        if (ordered && sql_take_words(select->cursor, "desc"))
            select_add(select, " DESC");
        else if (ordered)
            sql_take_words(select->cursor, "asc");
    } while (sql_take_sign(select->cursor, ","));
    return true;
}

static bool limit(SelectSql *select, Error *err)
{
    int first, second = 0;
    char text[64];

    if (!sql_take_words(select->cursor, "limit"))
        return true;
    if (!sql_integer(select->cursor, &first, err))
        return false;
    if (sql_take_sign(select->cursor, ",")) {
        second = first;
        if (!sql_integer(select->cursor, &first, err))
            return false;
    } else if (sql_take_words(select->cursor, "offset") &&
               !sql_integer(select->cursor, &second, err)) {
        return false;
    }
    snprintf(text, sizeof text, " LIMIT %d OFFSET %d", first, second);
    select_add(select, text);
    return true;
}

static bool where(SelectSql *select, const char *visible, Error *err)
{
    bool said = sql_take_words(select->cursor, "where");

    if (visible || said)
        select_add(select, " WHERE ");
    if (visible)
        select_add(select, visible);
    if (visible && said)
        select_add(select, " AND ");
    if (!said)
        return true;
    select_add(select, "(");
    if (!select_condition(select, err))
        return false;
    select_add(select, ")");
    return true;
}

bool select_clauses(SelectSql *select, const char *visible, Error *err)
{
    if (!where(select, visible, err))
        return false;
    if (sql_take_words(select->cursor, "group by")) {
        select_add(select, " GROUP BY ");
        if (!column_list(select, false, err))
            return false;
    }
    if (sql_take_words(select->cursor, "order by")) {
        select_add(select, " ORDER BY ");
        if (!column_list(select, true, err))
            return false;
    }
    return limit(select, err) && sql_need_end(select->cursor, err);
}
