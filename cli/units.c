#include "cli/units.h"

#include "common/compiler.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *units_bytes(int64_t bytes, char out[UNITS_TEXT_MAX])
{
    static const char *const NAMES[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (unit + 1 < COUNT_OF(NAMES) && (value >= 1023.95 || value <= -1023.95)) {
        value /= 1024;
        unit++;
    }
    snprintf(out, UNITS_TEXT_MAX, unit == 0 ? "%.0f %s" : "%.1f %s", value, NAMES[unit]);
    return out;
}

const char *units_rate(double bytes_per_second, char out[UNITS_TEXT_MAX])
{
    char bytes[UNITS_TEXT_MAX];

    snprintf(out, UNITS_TEXT_MAX, "%.30s/s", units_bytes((int64_t)bytes_per_second, bytes));
    return out;
}

const char *units_count(int64_t count, char out[UNITS_TEXT_MAX])
{
    char digits[UNITS_TEXT_MAX];
    int length =
        snprintf(digits, sizeof digits, "%" PRIu64, count < 0 ? -(uint64_t)count : (uint64_t)count);
    char *at = out;

    if (count < 0)
        *at++ = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

const char *units_duration(int64_t ms, char out[UNITS_TEXT_MAX])
{
    int64_t s = ms / 1000;

    if (ms < 1000)
        snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " ms", ms);
    else if (s < 60)
        snprintf(out, UNITS_TEXT_MAX, "%.1f s", (double)(ms - ms % 100) / 1000);
    else if (s < 3600)
        snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
    else if (s < 24 * 3600)
        snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
    else
        snprintf(out, UNITS_TEXT_MAX, "%" PRId64 " d %02" PRId64 " h", s / 86400, s / 3600 % 24);
    return out;
}
