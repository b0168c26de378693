#include "simulator/location.h"

#include "common/bytes.h"
#include <stdio.h>

/* What java.net.URI leaves as it is in a user-info, and in a path. */
static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                            "_-!.~'()*,;:$&+=";
static const char PLAIN_PATH[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "_-!.~'()*,;:$&+=@/";

static void add_quoted(Bytes *out, const char *text, const char *plain)
{
    char hex[4];

    for (; *text; text++) {
        if (strchr(plain, *text)) {
            bytes_add(out, text, 1);
            continue;
        }
        snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*text);
        bytes_add(out, hex, 3);
    }
}

const char *location_write(Arena *arena, const LocationParts *parts)
{
    CLEANUP(bytes_done) Bytes out = {0};

    bytes_add_str(&out, str_of(parts->tls ? "https://" : "http://"));
    if (parts->credentials) {
        add_quoted(&out, parts->credentials->user, PLAIN);
        bytes_add(&out, ":", 1);
        add_quoted(&out, parts->credentials->password, PLAIN);
        bytes_add(&out, "@", 1);
    }
    bytes_add_str(&out, str_of(parts->authority));
    add_quoted(&out, parts->path, PLAIN_PATH);
    bytes_add(&out, "?", 1);
    bytes_add_str(&out, str_of(parts->query));
    return arena_copy(arena, bytes_str(&out)).data;
}
