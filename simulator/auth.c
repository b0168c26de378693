#include "simulator/auth.h"

#include <string.h>
#include <strings.h>

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* NULL when it is not base64. */
static char *decode_base64(Arena *arena, const char *text)
{
    size_t len = strcspn(text, "= \t");
    char *out = arena_zeroed(arena, len + 1, 1);
    unsigned bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);

        if (value < 0)
            return NULL;
        bits = bits << 6 | (unsigned)value;
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    return out;
}

bool auth_decode(Arena *arena, const char *header, Credentials *out)
{
    char *text;
    char *colon;

    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    text = decode_base64(arena, header + 6);
    colon = text ? strchr(text, ':') : NULL;
    if (!colon)
        return false;
    *colon = '\0';
    out->password = colon + 1;
    text[strcspn(text, "@")] = '\0';
    out->user = text;
    return true;
}

AuthResult auth_check(Arena *arena, const char *header, const char *user, const char *password,
                      Credentials *out)
{
    *out = (Credentials){"", ""};
    if (!auth_decode(arena, header, out))
        return AUTH_MISSING;
    if (strcmp(out->user, "root") != 0 && (*user == '\0' || strcmp(out->user, user) != 0))
        return AUTH_WRONG;
    return strcmp(out->password, password) == 0 ? AUTH_OK : AUTH_WRONG;
}
