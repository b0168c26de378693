#include "common/lsn.h"

#include <inttypes.h>
#include <stdio.h>

static bool parse_half(const char **at, char stop, uint32_t *out)
{
    uint64_t value = 0;
    int digits = 0;

    for (; **at != stop; (*at)++, digits++) {
        char c = **at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : -1;

        if (digit < 0 || digits == 8)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = (uint32_t)value;
    return digits > 0;
}

bool lsn_parse(const char *text, Lsn *out)
{
    uint32_t high, low;
    const char *at = text;

    if (!parse_half(&at, '/', &high))
        return false;
    at++;
    if (!parse_half(&at, '\0', &low))
        return false;
    *out = (Lsn)high << 32 | low;
    return true;
}

const char *lsn_format(Lsn lsn, char *out)
{
    snprintf(out, LSN_TEXT_MAX, "%" PRIX32 "/%" PRIX32, (uint32_t)(lsn >> 32), (uint32_t)lsn);
    return out;
}
