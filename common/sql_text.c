#include "common/sql_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void add_quoted(Bytes *sql, Str text, char quote)
{
    bytes_add_u8(sql, (uint8_t)quote);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == quote)
            bytes_add_u8(sql, (uint8_t)quote);
        bytes_add_u8(sql, (uint8_t)text.data[i]);
    }
    bytes_add_u8(sql, (uint8_t)quote);
}

void sql_identifier(Bytes *sql, Str name)
{
    add_quoted(sql, name, '"');
}

void sql_qualified(Bytes *sql, Str schema, Str name)
{
    sql_identifier(sql, schema);
    bytes_add_u8(sql, '.');
    sql_identifier(sql, name);
}

void sql_literal(Bytes *sql, Str text)
{
    add_quoted(sql, text, '\'');
}

void sql_add(Bytes *sql, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0)
        abort();
    bytes_add(sql, text, (size_t)len);
    free(text);
}

const char *sql_text(Bytes *sql)
{
    char *end = bytes_reserve(sql, 1);

    if (!end)
        abort(); /* a limit on a statement of ours is our own bug */
    *end = '\0';
    return sql->data;
}
