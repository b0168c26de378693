/* str - text or bytes by pointer and length; not owned, not always NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct Str {
    const char *data;
    size_t len;
} Str;

/* clang-format off */
#define STR(literal) {("" literal), sizeof(literal) - 1}
/* clang-format on */

/* For printf("%.*s", STR_ARGS(s)). */
#define STR_ARGS(str) (int)(str).len, (str).data ? (str).data : ""

static inline Str str_of(const char *text)
{
    return (Str){text, text ? strlen(text) : 0};
}

static inline bool str_equal(Str a, Str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
