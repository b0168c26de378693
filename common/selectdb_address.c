#include "common/selectdb_address.h"

#include "common/bytes.h"
#include "common/compiler.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

typedef struct Parts {
    Str scheme; /* "http://" */
    Str host, port;
    Str rest; /* path and query */
} Parts;

static bool take_scheme(const char **at, Parts *parts)
{
    static const char *const SCHEMES[] = {"http://", "https://"};

    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        size_t length = strlen(SCHEMES[i]);

        if (strncasecmp(*at, SCHEMES[i], length) == 0) {
            parts->scheme = str_of(SCHEMES[i]);
            parts->port = str_of(i == 0 ? "80" : "443");
            *at += length;
            return true;
        }
    }
    return false;
}

static Str last_piece(Str authority, char separator)
{
    for (size_t i = authority.len; i > 0; i--) {
        if (authority.data[i - 1] == separator)
            return (Str){authority.data + i, authority.len - i};
    }
    return authority;
}

static bool take_apart(const char *location, Parts *parts)
{
    const char *at = location;
    Str authority, port;

    if (!take_scheme(&at, parts))
        return false;
    authority = (Str){at, strcspn(at, "/?#")};
    parts->rest = str_of(at + authority.len);
    authority = last_piece(authority, '@'); /* what is before it is user and password */
    parts->host = authority;
    port = last_piece(authority, ':');
    if (port.len < authority.len && !memchr(port.data, ']', port.len)) {
        parts->host.len = authority.len - port.len - 1;
        parts->port = port;
    }
    if (parts->rest.len > 0 && parts->rest.data[parts->rest.len - 1] == '?')
        parts->rest.len--;
    return parts->host.len > 0 && parts->port.len > 0;
}

/* HOST:PORT goes before HOST. */
static const char *mapped(const char *name, Str host, const TaskRedirect *redirects, size_t count)
{
    const char *by_host = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(redirects[i].from, name) == 0)
            return redirects[i].to;
        if (!by_host && strlen(redirects[i].from) == host.len &&
            strncasecmp(redirects[i].from, host.data, host.len) == 0)
            by_host = redirects[i].to;
    }
    return by_host ? by_host : name;
}

bool selectdb_address_read(const char *location, const TaskRedirect *redirects,
                           size_t redirect_count, Arena *arena, SelectdbAddress *out)
{
    Parts parts;

    if (!take_apart(location, &parts))
        return false;
    out->name = arena_printf(arena, "%.*s:%.*s", STR_ARGS(parts.host), STR_ARGS(parts.port));
    out->url = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(parts.scheme),
                            mapped(out->name, parts.host, redirects, redirect_count),
                            STR_ARGS(parts.rest));
    return true;
}

const char *selectdb_path_segment(Arena *arena, const char *name)
{
    CLEANUP(bytes_done) Bytes out = {0};
    char hex[4];

    for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
        if (isalnum(*at) || strchr("-._~", *at)) {
            bytes_add_u8(&out, *at);
            continue;
        }
        snprintf(hex, sizeof hex, "%%%02X", *at);
        bytes_add_str(&out, str_of(hex));
    }
    return arena_copy(arena, bytes_str(&out)).data;
}
