/*
 * sql_lexer - a statement's text to tokens, by the rules of DorisLexer.g4: strings in ' or " with
 * back-slash escapes and doubled quotes, identifiers in ` with doubled back-quotes, comments. Pure.
 */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"

typedef enum SqlTokenKind {
    SQL_TOKEN_END,
    SQL_TOKEN_WORD,   /* a bare identifier or keyword */
    SQL_TOKEN_QUOTED, /* an identifier in back-quotes; text is without them */
    SQL_TOKEN_STRING, /* text is unescaped */
    SQL_TOKEN_NUMBER,
    SQL_TOKEN_SIGN, /* ( ) , . ; = < > <= >= <> != <=> + - * / % @ */
} SqlTokenKind;

typedef struct SqlToken {
    SqlTokenKind kind;
    Str text;
    size_t at; /* in the statement */
} SqlToken;

/* *out ends with SQL_TOKEN_END. */
bool sql_lex(Str statement, Arena *arena, const SqlToken **out, Error *err);
