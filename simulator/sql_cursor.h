/* sql_cursor - a place in a statement's tokens, and the steps that all parsers take. Pure. */
#pragma once

#include "simulator/sql_lexer.h"

typedef struct SqlCursor {
    const SqlToken *at;
    Arena *arena;
} SqlCursor;

/* The word, in any case; a quoted identifier is no keyword. */
bool sql_is_word(const SqlCursor *cursor, const char *word);
bool sql_is_sign(const SqlCursor *cursor, const char *sign);

/* Several words, split by a blank: all or none is taken. */
bool sql_take_words(SqlCursor *cursor, const char *words);
bool sql_take_sign(SqlCursor *cursor, const char *sign);

bool sql_need_words(SqlCursor *cursor, const char *words, Error *err);
bool sql_need_sign(SqlCursor *cursor, const char *sign, Error *err);
bool sql_need_end(SqlCursor *cursor, Error *err); /* a ; may stand before it */

/* Texts are copies with a NUL. */
bool sql_identifier(SqlCursor *cursor, const char **out, Error *err);
bool sql_string(SqlCursor *cursor, const char **out, Error *err);
bool sql_integer(SqlCursor *cursor, int *out, Error *err);

typedef struct SqlNames {
    const char **items;
    size_t count;
} SqlNames;

/* ( a, b, ... ) */
bool sql_names(SqlCursor *cursor, SqlNames *out, Error *err);

/* [db.]table; db is NULL if not said. "internal" as a catalog before it is taken. */
typedef struct SqlTableName {
    const char *database;
    const char *table;
} SqlTableName;
bool sql_table_name(SqlCursor *cursor, SqlTableName *out, Error *err);

/* As the real parser complains about the token at hand. Returns false. */
bool sql_unexpected(const SqlCursor *cursor, const char *expecting, Error *err);

/* "errCode = 2, detailMessage = " and the text. Returns false. */
bool sql_error(Error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* For what the real one can do and the simulator cannot. Returns false. */
bool sql_not_reached(Error *err, const char *what);
