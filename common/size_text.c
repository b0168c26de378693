#include "common/size_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int shift;
} UNITS[] = {{"B", 0}, {"kB", 10}, {"MB", 20}, {"GB", 30}, {"TB", 40}};

bool size_parse(const char *text, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    int64_t value = 0;

    if (digits == 0 || digits > 15)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    if (value == 0 && *unit == '\0') {
        *out = 0;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        if (strcasecmp(unit, UNITS[i].name) != 0)
            continue;
        if (value > INT64_MAX >> UNITS[i].shift)
            return false;
        *out = value << UNITS[i].shift;
        return true;
    }
    return false;
}

const char *size_print(int64_t bytes, char out[SIZE_TEXT_MAX])
{
    size_t unit = 0;

    while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < COUNT_OF(UNITS)) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, SIZE_TEXT_MAX, "%" PRId64 "%s", bytes, UNITS[unit].name);
    return out;
}
