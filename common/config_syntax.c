#include "common/config_syntax.h"

#include "common/config_tokens.h"
#include <libconfig.h>

static ConfigFlaw flaw_at(ConfigToken token, const char *what, const char *hint)
{
    return (ConfigFlaw){token.line, token.column, what, hint};
}

/* libconfig would take it for the end of the text. */
static bool find_nul(Str text, ConfigFlaw *out)
{
    const char *nul = text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;
    ConfigFlaw flaw = {1, 1, "a NUL byte", "this is no text file; write it anew"};

    if (!nul)
        return false;
    for (const char *at = text.data; at < nul; at++) {
        flaw.column = *at == '\n' ? 1 : flaw.column + 1;
        flaw.line += *at == '\n';
    }
    *out = flaw;
    return true;
}

/* What libconfig takes in silence, or says nothing useful about. */
static bool find_own_flaw(Str text, ConfigFlaw *out)
{
    ConfigScanner scanner = config_scanner(text);
    ConfigToken token;

    do {
        token = config_next_token(&scanner);
        if (token.kind == CONFIG_OPEN_STRING)
            *out = flaw_at(token, "syntax error: the text that starts here is never closed",
                           "put a double quote at its end");
        else if (token.kind == CONFIG_OPEN_COMMENT)
            *out = flaw_at(token, "syntax error: the comment that starts here is never closed",
                           "put */ at its end");
        else if (token.kind == CONFIG_INCLUDE)
            *out = flaw_at(token, "@include is not supported", "put the whole task into one file");
        else
            continue;
        return true;
    } while (token.kind != CONFIG_END);
    return false;
}

static bool is_mark(ConfigToken token, const char *marks)
{
    return token.kind == CONFIG_PUNCTUATION && strchr(marks, *token.text.data);
}

/* libconfig sees an error at the token that cannot stand there. Only marks of punctuation are ever
 * shown: a word may be the rest of a password. */
static void explain(Str text, int n, Arena *arena, ConfigFlaw *out)
{
    ConfigToken token = config_token_at(text, n);
    ConfigToken before = n > 1 ? config_token_at(text, n - 1) : (ConfigToken){0};

    *out = flaw_at(token, "syntax error",
                   "write KEY = VALUE; with texts in double quotes, groups in { }, lists in ( )");
    if (token.kind == CONFIG_END) {
        out->what = "syntax error: the file ends too early";
        out->hint = "close what is still open: a group with }, a list with ), an array with ]";
    } else if (is_mark(token, ")]") && is_mark(before, ",")) {
        *out =
            flaw_at(before, "syntax error: a comma before the closing bracket", "remove the comma");
    } else if (token.kind == CONFIG_PUNCTUATION) {
        out->what = arena_printf(arena, "syntax error at '%c'", *token.text.data);
    }
}

/* Where libconfig finds fault with a name or value, it may have read one token further. */
static ConfigToken name_or_value(Str text, int n)
{
    ConfigToken token = config_token_at(text, n);

    return n > 1 && token.kind == CONFIG_PUNCTUATION ? config_token_at(text, n - 1) : token;
}

static void explain_name_twice(Str text, int n, Arena *arena, ConfigFlaw *out)
{
    ConfigToken name = name_or_value(text, n);

    *out = flaw_at(name, "a key that is there already", "keep one of them");
    if (name.kind == CONFIG_WORD)
        out->what = arena_printf(arena, "%.*s: is there twice in this group", STR_ARGS(name.text));
}

bool config_syntax_check(Str text, Arena *arena, ConfigFlaw *out)
{
    CLEANUP(config_destroy) config_t config;

    config_init(&config);
    if (find_nul(text, out) || find_own_flaw(text, out))
        return false;
    if (config_read_string(&config, config_token_a_line(text, arena)))
        return true;
    if (strstr(config_error_text(&config), "duplicate"))
        explain_name_twice(text, config_error_line(&config), arena, out);
    else if (strstr(config_error_text(&config), "mismatched"))
        *out = flaw_at(name_or_value(text, config_error_line(&config)),
                       "an array holds values of one type only",
                       "write all of them as texts, or all as numbers");
    else
        explain(text, config_error_line(&config), arena, out);
    return false;
}
