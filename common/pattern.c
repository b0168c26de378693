#include "common/pattern.h"

#include <stddef.h>

/* A letter of UTF-8 may be several bytes: ? takes them all. */
static const char *next_letter(const char *at)
{
    at++;
    while ((*at & 0xC0) == 0x80)
        at++;
    return at;
}

/* Only the last * is ever gone back to, so the time is bounded by the product of the lengths. */
bool pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *star_name = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            star_name = name;
        } else if (*pattern == '?') {
            pattern++;
            name = next_letter(name);
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = star_name = next_letter(star_name);
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
