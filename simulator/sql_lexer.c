#include "simulator/sql_lexer.h"

#include "common/bytes.h"
#include "common/compiler.h"

#include <ctype.h>

typedef struct Lexer {
    Str text;
    size_t at;
    Arena *arena;
    Bytes tokens;
} Lexer;

static char peek(const Lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->text.len ? lexer->text.data[lexer->at + ahead] : '\0';
}

static bool skip_comment(Lexer *lexer)
{
    if ((peek(lexer, 0) == '-' && peek(lexer, 1) == '-') || peek(lexer, 0) == '#') {
        while (lexer->at < lexer->text.len && peek(lexer, 0) != '\n')
            lexer->at++;
        return true;
    }
    if (peek(lexer, 0) != '/' || peek(lexer, 1) != '*')
        return false;
    lexer->at += 2;
    while (lexer->at < lexer->text.len && !(peek(lexer, 0) == '*' && peek(lexer, 1) == '/'))
        lexer->at++;
    lexer->at = lexer->at + 2 < lexer->text.len ? lexer->at + 2 : lexer->text.len;
    return true;
}

static void skip_blanks(Lexer *lexer)
{
    while (lexer->at < lexer->text.len)
        if (isspace((unsigned char)peek(lexer, 0)))
            lexer->at++;
        else if (!skip_comment(lexer))
            return;
}

/* MySQL's escapes; an unknown one is the character itself, but for \% and \_ that LIKE reads. */
static void unescape(Lexer *lexer, Bytes *out)
{
    static const char FROM[] = "0bnrtZ", TO[] = "\0\b\n\r\t\x1a";
    char c = peek(lexer, 0);
    const char *found = c ? strchr(FROM, c) : NULL;

    if (c == '%' || c == '_')
        bytes_add_u8(out, '\\');
    bytes_add_u8(out, (uint8_t)(found ? TO[found - FROM] : c));
    lexer->at++;
}

/* Up to the closing quote, which stands for itself when doubled. */
static bool quoted(Lexer *lexer, bool escapes, Str *out, Error *err)
{
    CLEANUP(bytes_done) Bytes text = {0};
    size_t start = lexer->at;
    char quote = peek(lexer, 0);

    lexer->at++;
    for (; lexer->at < lexer->text.len;) {
        char c = peek(lexer, 0);

        lexer->at++;
        if (c == quote && peek(lexer, 0) != quote) {
            *out = arena_copy(lexer->arena, bytes_str(&text));
            return true;
        }
        if (c == quote)
            lexer->at++;
        if (c == '\\' && escapes && lexer->at < lexer->text.len)
            unescape(lexer, &text);
        else
            bytes_add_u8(&text, (uint8_t)c);
    }
    return error_set(err, ERROR_DATA,
                     "errCode = 2, detailMessage = \nUnclosed string literal(line 1, pos %zu)\n",
                     start);
}

static size_t word_length(const Lexer *lexer)
{
    size_t n = 0;

    while (isalnum((unsigned char)peek(lexer, n)) || peek(lexer, n) == '_' ||
           peek(lexer, n) == '$' || (unsigned char)peek(lexer, n) >= 0x80)
        n++;
    return n;
}

static size_t number_length(const Lexer *lexer)
{
    size_t n = 0;

    while (isdigit((unsigned char)peek(lexer, n)))
        n++;
    if (peek(lexer, n) == '.')
        for (n++; isdigit((unsigned char)peek(lexer, n));)
            n++;
    if ((peek(lexer, n) | 0x20) != 'e')
        return n;
    n++;
    if (peek(lexer, n) == '-' || peek(lexer, n) == '+')
        n++;
    while (isdigit((unsigned char)peek(lexer, n)))
        n++;
    return n;
}

static size_t sign_length(const Lexer *lexer)
{
    static const char *const SIGNS[] = {"<=>", "<=", ">=", "<>", "!=", "(", ")", ",", ".", ";",
                                        "=",   "<",  ">",  "+",  "-",  "*", "/", "%", "@"};

    for (size_t i = 0; i < COUNT_OF(SIGNS); i++) {
        size_t len = strlen(SIGNS[i]);

        if (lexer->text.len - lexer->at >= len &&
            memcmp(lexer->text.data + lexer->at, SIGNS[i], len) == 0)
            return len;
    }
    return 0;
}

static bool plain(Lexer *lexer, SqlToken *token, Error *err)
{
    char c = peek(lexer, 0);
    size_t len;

    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)peek(lexer, 1)))) {
        token->kind = SQL_TOKEN_NUMBER;
        len = number_length(lexer);
    } else if ((len = word_length(lexer)) > 0) {
        token->kind = SQL_TOKEN_WORD;
    } else {
        token->kind = SQL_TOKEN_SIGN;
        len = sign_length(lexer);
    }
    if (len == 0)
        return error_set(err, ERROR_DATA,
                         "errCode = 2, detailMessage = \nextraneous input '%c'(line 1, pos %zu)\n",
                         c, lexer->at);
    token->text = (Str){lexer->text.data + lexer->at, len};
    lexer->at += len;
    return true;
}

static bool next(Lexer *lexer, SqlToken *token, Error *err)
{
    char c = peek(lexer, 0);

    token->at = lexer->at;
    if (lexer->at == lexer->text.len) {
        token->kind = SQL_TOKEN_END;
        return true;
    }
    if (c != '\'' && c != '"' && c != '`')
        return plain(lexer, token, err);
    token->kind = c == '`' ? SQL_TOKEN_QUOTED : SQL_TOKEN_STRING;
    return quoted(lexer, c != '`', &token->text, err);
}

bool sql_lex(Str statement, Arena *arena, const SqlToken **out, Error *err)
{
    Lexer lexer = {.text = statement, .arena = arena};
    SqlToken token;
    bool ok;

    do {
        token = (SqlToken){0};
        skip_blanks(&lexer);
        ok = next(&lexer, &token, err);
        bytes_add(&lexer.tokens, &token, sizeof token);
    } while (ok && token.kind != SQL_TOKEN_END);
    if (ok)
        *out = (const SqlToken *)(const void *)arena_copy(arena, bytes_str(&lexer.tokens)).data;
    bytes_done(&lexer.tokens);
    return ok;
}
