#include "common/config_tokens.h"

#include "common/bytes.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

ConfigScanner config_scanner(Str text)
{
    return (ConfigScanner){text.data, text.data + text.len, text.data, 1};
}

static bool looking_at(const ConfigScanner *scanner, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(scanner->end - scanner->at) >= length && memcmp(scanner->at, word, length) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_punctuation(char c)
{
    return c != '\0' && strchr("={}()[],:;", c) != NULL;
}

static void advance(ConfigScanner *scanner)
{
    if (*scanner->at++ == '\n') {
        scanner->line++;
        scanner->line_start = scanner->at;
    }
}

static bool comment_starts(const ConfigScanner *scanner)
{
    return looking_at(scanner, "#") || looking_at(scanner, "//") || looking_at(scanner, "/*");
}

/* False when a comment is not closed; the scanner then still stands at its start. */
static bool skip_comment(ConfigScanner *scanner)
{
    ConfigScanner start = *scanner;
    bool block = looking_at(scanner, "/*");

    if (block)
        scanner->at += 2;
    while (scanner->at < scanner->end) {
        if (block && looking_at(scanner, "*/")) {
            scanner->at += 2;
            return true;
        }
        if (!block && *scanner->at == '\n')
            return true;
        advance(scanner);
    }
    if (block)
        *scanner = start;
    return !block;
}

static bool skip_to_token(ConfigScanner *scanner)
{
    while (scanner->at < scanner->end) {
        if (is_space(*scanner->at))
            advance(scanner);
        else if (!comment_starts(scanner))
            return true;
        else if (!skip_comment(scanner))
            return false;
    }
    return true;
}

static ConfigTokenKind pass_string(ConfigScanner *scanner)
{
    advance(scanner);
    while (scanner->at < scanner->end) {
        char c = *scanner->at;

        advance(scanner);
        if (c == '"')
            return CONFIG_STRING;
        if (c == '\\' && scanner->at < scanner->end)
            advance(scanner);
    }
    return CONFIG_OPEN_STRING;
}

static ConfigTokenKind pass_word(ConfigScanner *scanner)
{
    bool include = looking_at(scanner, "@include");

    do {
        advance(scanner);
    } while (scanner->at < scanner->end && !is_space(*scanner->at) &&
             !is_punctuation(*scanner->at) && *scanner->at != '"' && !comment_starts(scanner));
    return include ? CONFIG_INCLUDE : CONFIG_WORD;
}

ConfigToken config_next_token(ConfigScanner *scanner)
{
    ConfigToken token = {.kind = CONFIG_END};
    bool closed = skip_to_token(scanner);
    const char *start = scanner->at;

    token.line = scanner->line;
    token.column = (int)(start - scanner->line_start) + 1;
    if (!closed) {
        token.kind = CONFIG_OPEN_COMMENT;
        scanner->at = scanner->end;
    } else if (start == scanner->end) {
        token.kind = CONFIG_END;
    } else if (*start == '"') {
        token.kind = pass_string(scanner);
    } else if (is_punctuation(*start)) {
        token.kind = CONFIG_PUNCTUATION;
        scanner->at++;
    } else {
        token.kind = pass_word(scanner);
    }
    token.text = (Str){start, (size_t)(scanner->at - start)};
    return token;
}

static bool needs_64_bits(Str word)
{
    char digits[24] = "";
    char *end;
    bool hex = word.len > 2 && word.data[0] == '0' && (word.data[1] | 0x20) == 'x';
    long long value;

    if (word.len >= sizeof digits)
        return strspn(word.data, "+-0123456789") >= word.len;
    memcpy(digits, word.data, word.len);
    errno = 0;
    value = strtoll(digits, &end, hex ? 16 : 10);
    return *end == '\0' && (errno == ERANGE || value > INT32_MAX || value < INT32_MIN);
}

static const char *finish(Bytes *bytes, Arena *arena)
{
    const char *text = arena_copy(arena, bytes_str(bytes)).data;

    bytes_done(bytes);
    return text;
}

const char *config_widen_integers(Str text, Arena *arena)
{
    ConfigScanner scanner = config_scanner(text);
    Bytes out = {0};
    const char *copied = text.data;

    for (;;) {
        ConfigToken token = config_next_token(&scanner);

        if (token.kind == CONFIG_END || token.kind == CONFIG_OPEN_COMMENT)
            break;
        if (token.kind != CONFIG_WORD || !needs_64_bits(token.text))
            continue;
        bytes_add(&out, copied, (size_t)(scanner.at - copied));
        bytes_add(&out, "L", 1);
        copied = scanner.at;
    }
    bytes_add(&out, copied, (size_t)(scanner.end - copied));
    bytes_add(&out, "\n", 1);
    return finish(&out, arena);
}

const char *config_token_a_line(Str text, Arena *arena)
{
    ConfigScanner scanner = config_scanner(text);
    Bytes out = {0};

    for (;;) {
        ConfigToken token = config_next_token(&scanner);

        if (token.kind == CONFIG_END || token.kind == CONFIG_OPEN_COMMENT)
            break;
        for (size_t i = 0; i < token.text.len; i++)
            bytes_add(&out, token.text.data[i] == '\n' ? " " : &token.text.data[i], 1);
        bytes_add(&out, "\n", 1);
    }
    return finish(&out, arena);
}

ConfigToken config_token_at(Str text, int n)
{
    ConfigScanner scanner = config_scanner(text);
    ConfigToken token = config_next_token(&scanner);

    while (--n > 0 && token.kind != CONFIG_END)
        token = config_next_token(&scanner);
    return token;
}
