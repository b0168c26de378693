#include "simulator/sql_cursor.h"

#include "common/bytes.h"
#include "common/compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static bool token_is(const SqlToken *token, const char *word, size_t len)
{
    return token->kind == SQL_TOKEN_WORD && token->text.len == len &&
           strncasecmp(token->text.data, word, len) == 0;
}

bool sql_is_word(const SqlCursor *cursor, const char *word)
{
    return token_is(cursor->at, word, strlen(word));
}

bool sql_is_sign(const SqlCursor *cursor, const char *sign)
{
    return cursor->at->kind == SQL_TOKEN_SIGN && str_equal(cursor->at->text, str_of(sign));
}

bool sql_take_words(SqlCursor *cursor, const char *words)
{
    const SqlToken *token = cursor->at;

    while (*words) {
        size_t len = strcspn(words, " ");

        if (!token_is(token, words, len))
            return false;
        token++;
        words += len + (words[len] == ' ');
    }
    cursor->at = token;
    return true;
}

bool sql_take_sign(SqlCursor *cursor, const char *sign)
{
    if (!sql_is_sign(cursor, sign))
        return false;
    cursor->at++;
    return true;
}

bool sql_need_words(SqlCursor *cursor, const char *words, Error *err)
{
    return sql_take_words(cursor, words) || sql_unexpected(cursor, words, err);
}

bool sql_need_sign(SqlCursor *cursor, const char *sign, Error *err)
{
    return sql_take_sign(cursor, sign) || sql_unexpected(cursor, sign, err);
}

bool sql_need_end(SqlCursor *cursor, Error *err)
{
    sql_take_sign(cursor, ";");
    return cursor->at->kind == SQL_TOKEN_END || sql_unexpected(cursor, "<EOF>", err);
}

bool sql_identifier(SqlCursor *cursor, const char **out, Error *err)
{
    if (cursor->at->kind != SQL_TOKEN_WORD && cursor->at->kind != SQL_TOKEN_QUOTED)
        return sql_unexpected(cursor, "an identifier", err);
    *out = arena_copy(cursor->arena, cursor->at->text).data;
    cursor->at++;
    return true;
}

bool sql_string(SqlCursor *cursor, const char **out, Error *err)
{
    if (cursor->at->kind != SQL_TOKEN_STRING)
        return sql_unexpected(cursor, "STRING_LITERAL", err);
    *out = arena_copy(cursor->arena, cursor->at->text).data;
    cursor->at++;
    return true;
}

bool sql_integer(SqlCursor *cursor, int *out, Error *err)
{
    char *end;
    long value;

    if (cursor->at->kind != SQL_TOKEN_NUMBER || cursor->at->text.len > 9)
        return sql_unexpected(cursor, "INTEGER_VALUE", err);
    value = strtol(arena_copy(cursor->arena, cursor->at->text).data, &end, 10);
    if (*end)
        return sql_unexpected(cursor, "INTEGER_VALUE", err);
    *out = (int)value;
    cursor->at++;
    return true;
}

bool sql_names(SqlCursor *cursor, SqlNames *out, Error *err)
{
    CLEANUP(bytes_done) Bytes names = {0};
    const char *name;

    if (!sql_need_sign(cursor, "(", err))
        return false;
    do {
        if (!sql_identifier(cursor, &name, err))
            return false;
        bytes_add(&names, &name, sizeof name);
    } while (sql_take_sign(cursor, ","));
    if (!sql_need_sign(cursor, ")", err))
        return false;
    out->count = names.len / sizeof name;
    out->items = ARENA_ARRAY(cursor->arena, const char *, out->count);
    memcpy(out->items, names.data, names.len);
    return true;
}

bool sql_table_name(SqlCursor *cursor, SqlTableName *out, Error *err)
{
    const char *parts[3];
    size_t count = 0;

    do
        if (!sql_identifier(cursor, &parts[count++], err))
            return false;
    while (count < COUNT_OF(parts) && sql_take_sign(cursor, "."));
    if (count == 3 && strcmp(parts[0], "internal") != 0)
        return sql_error(err, "Unknown catalog '%s'", parts[0]);
    out->table = parts[count - 1];
    out->database = count > 1 ? parts[count - 2] : NULL;
    return true;
}

bool sql_unexpected(const SqlCursor *cursor, const char *expecting, Error *err)
{
    const SqlToken *token = cursor->at;
    Str shown = token->kind == SQL_TOKEN_END ? str_of("<EOF>") : token->text;

    if (shown.len > 100)
        shown.len = 100;
    return sql_error(err, "\nmismatched input '%.*s' expecting {%s}(line 1, pos %zu)\n",
                     STR_ARGS(shown), expecting, token->at);
}

bool sql_error(Error *err, const char *format, ...)
{
    char text[900];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "errCode = 2, detailMessage = %s", text);
}

bool sql_not_reached(Error *err, const char *what)
{
    return sql_error(err, "the simulator does not do this: %s", what);
}
