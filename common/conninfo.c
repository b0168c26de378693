#include "common/conninfo.h"

#include "common/compiler.h"
#include <stddef.h>
#include <string.h>

static const char *const SECRETS[] = {"password", "sslpassword"};
static const char *const SCHEMES[] = {"postgresql://", "postgres://"};

static bool is_secret(const char *keyword, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(SECRETS); i++) {
        if (strlen(SECRETS[i]) == length && memcmp(keyword, SECRETS[i], length) == 0)
            return true;
    }
    return false;
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n\f\v");
}

/* A value ends at a space; in single quotes, at the next one. A backslash takes what follows. */
static const char *skip_value(const char *at)
{
    bool quoted = *at == '\'';

    if (quoted)
        at++;
    for (; *at; at++) {
        if (quoted ? *at == '\'' : strchr(" \t\r\n\f\v", *at) != NULL)
            return at + 1;
        if (*at == '\\' && at[1])
            at++;
    }
    return at;
}

static bool pairs_have_password(const char *at)
{
    for (at = skip_space(at); *at; at = skip_space(at)) {
        size_t length = strcspn(at, "= \t\r\n\f\v");
        const char *value = skip_space(at + length);

        if (is_secret(at, length))
            return true;
        if (*value != '=') /* libpq will refuse it; here, only look for the word */
            return strstr(at, "password") != NULL;
        at = skip_value(skip_space(value + 1));
    }
    return false;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Keywords may be percent-encoded too. */
static bool parameter_is_secret(const char *at, size_t length)
{
    char keyword[32];
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        if (used == sizeof keyword)
            return false;
        keyword[used++] = at[i];
        if (at[i] == '%' && i + 2 < length && hex_digit(at[i + 1]) >= 0 &&
            hex_digit(at[i + 2]) >= 0) {
            keyword[used - 1] = (char)(hex_digit(at[i + 1]) * 16 + hex_digit(at[i + 2]));
            i += 2;
        }
    }
    return is_secret(keyword, used);
}

static bool parameters_have_password(const char *at)
{
    while (*at) {
        size_t length = strcspn(at, "&");

        if (parameter_is_secret(at, strcspn(at, "=&")))
            return true;
        at += length + (at[length] == '&');
    }
    return false;
}

static bool uri_has_password(const char *after_scheme)
{
    const char *user_end = after_scheme + strcspn(after_scheme, "@/");
    const char *colon = memchr(after_scheme, ':', (size_t)(user_end - after_scheme));
    const char *query = strchr(after_scheme, '?');

    if (*user_end == '@' && colon && colon + 1 < user_end)
        return true;
    return query && parameters_have_password(query + 1);
}

bool conninfo_has_password(const char *conninfo)
{
    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        size_t length = strlen(SCHEMES[i]);

        if (strncmp(conninfo, SCHEMES[i], length) == 0)
            return uri_has_password(conninfo + length);
    }
    return pairs_have_password(conninfo);
}
