#include "loader/csv_unfit.h"

#include "common/compiler.h"

#include <stddef.h>

enum { INT2_OID = 21, INT4_OID = 23, INT8_OID = 20, FLOAT4_OID = 700, FLOAT8_OID = 701 };

enum {
    DATE_LEN = 10,           /* 2024-02-29 */
    TIME_LEN = 8,            /* 23:59:59 */
    STRING_MAX = 2147483643, /* bytes; a cluster may be set to less */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_from(Str text, size_t at)
{
    size_t count = 0;

    while (at + count < text.len && is_digit(text.data[at + count]))
        count++;
    return count;
}

static bool ends_with(Str text, const char *end)
{
    size_t len = strlen(end);

    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* --- dates --- */

static const char *check_day(Str text)
{
    if (ends_with(text, "infinity"))
        return "it is infinite";
    if (ends_with(text, " BC"))
        return "the year is before Christ";
    if (digits_from(text, 0) > 4)
        return "the year is past 9999";
    if (text.len < DATE_LEN || digits_from(text, 0) != 4 || text.data[4] != '-' ||
        text.data[7] != '-')
        return "it is no date";
    return NULL;
}

static const char *check_date(DorisType type, Str text)
{
    const char *why = check_day(text);
    (void)type;

    return why ? why : text.len == DATE_LEN ? NULL : "it has a time of day";
}

static const char *check_datetime(DorisType type, Str text)
{
    const char *why = check_day(text);
    size_t seconds_end = DATE_LEN + 1 + TIME_LEN;

    if (why || text.len == DATE_LEN)
        return why;
    if (text.len < seconds_end || text.data[DATE_LEN] != ' ')
        return "it is no date with a time";
    if (text.len == seconds_end)
        return NULL;
    size_t fraction = digits_from(text, seconds_end + 1);
    if (text.data[seconds_end] != '.' || seconds_end + 1 + fraction != text.len)
        return "it is no date with a time";
    return fraction > type.scale ? "it has more digits of a second" : NULL;
}

/* --- numbers --- */

static const char *check_decimal(DorisType type, Str text)
{
    size_t at = text.len > 0 && text.data[0] == '-', whole = digits_from(text, at), fraction = 0;
    size_t first = at;

    at += whole;
    if (at < text.len && text.data[at] == '.') {
        fraction = digits_from(text, at + 1);
        at += 1 + fraction;
    }
    if (at != text.len || whole == 0)
        return "it is no number that a DECIMAL can hold";
    while (whole > 0 && text.data[first] == '0')
        first++, whole--;
    while (fraction > 0 && text.data[at - 1] == '0')
        at--, fraction--;
    if (fraction > type.scale)
        return "it has more digits behind the point, which would be rounded";
    return whole > type.precision - type.scale ? "it has more digits before the point" : NULL;
}

typedef struct IntegerRange {
    const char *most, *least; /* digits of the largest, and of the smallest without its sign */
} IntegerRange;

static const IntegerRange INTEGERS[DORIS_KIND_COUNT] = {
    [DORIS_TINYINT] = {"127", "128"},
    [DORIS_SMALLINT] = {"32767", "32768"},
    [DORIS_INT] = {"2147483647", "2147483648"},
    [DORIS_BIGINT] = {"9223372036854775807", "9223372036854775808"},
    [DORIS_LARGEINT] = {"170141183460469231731687303715884105727",
                        "170141183460469231731687303715884105728"},
};

static const char *check_integer(DorisType type, Str text)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    Str digits = {text.data + negative, text.len - negative};
    const char *limit = negative ? INTEGERS[type.kind].least : INTEGERS[type.kind].most;
    size_t limit_len = strlen(limit);

    if (digits.len == 0 || digits_from(digits, 0) != digits.len)
        return "it is no whole number";
    while (digits.len > 1 && digits.data[0] == '0')
        digits = (Str){digits.data + 1, digits.len - 1};
    if (digits.len < limit_len)
        return NULL;
    return digits.len > limit_len || memcmp(digits.data, limit, limit_len) > 0
               ? "it is out of range"
               : NULL;
}

/* A number of any form, Infinity and NaN too: only that it is one. */
static const char *check_float(DorisType type, Str text)
{
    (void)type;
    if (ends_with(text, "Infinity") || ends_with(text, "NaN"))
        return NULL;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) && !strchr("+-.eE", text.data[i]))
            return "it is no number";
    }
    return text.len > 0 ? NULL : "it is no number";
}

/* --- texts --- */

static const char *check_length(DorisType type, Str text)
{
    return text.len > type.length ? "it has more bytes" : NULL;
}

static const char *check_string(DorisType type, Str text)
{
    (void)type;
    return text.len > STRING_MAX ? "it has more than 2147483643 bytes" : NULL;
}

/* clang-format off */
static CsvUnfitCheck *const CHECKS[DORIS_KIND_COUNT] = {
    [DORIS_TINYINT] = check_integer,
    [DORIS_SMALLINT] = check_integer,
    [DORIS_INT] = check_integer,
    [DORIS_BIGINT] = check_integer,
    [DORIS_LARGEINT] = check_integer,
    [DORIS_DECIMAL] = check_decimal,
    [DORIS_FLOAT] = check_float,
    [DORIS_DOUBLE] = check_float,
    [DORIS_DATE] = check_date,
    [DORIS_DATETIME] = check_datetime,
    [DORIS_CHAR] = check_length,
    [DORIS_VARCHAR] = check_length,
    [DORIS_STRING] = check_string,
    [DORIS_JSON] = check_string,
};

/* Sources whose every value the kind can hold. */
static const struct { uint32_t source; DorisKind kind; } ALWAYS[] = {
    {INT2_OID, DORIS_SMALLINT}, {INT2_OID, DORIS_INT}, {INT2_OID, DORIS_BIGINT},
    {INT4_OID, DORIS_INT}, {INT4_OID, DORIS_BIGINT}, {INT8_OID, DORIS_BIGINT},
    {INT2_OID, DORIS_LARGEINT}, {INT4_OID, DORIS_LARGEINT}, {INT8_OID, DORIS_LARGEINT},
    {FLOAT4_OID, DORIS_FLOAT}, {FLOAT4_OID, DORIS_DOUBLE}, {FLOAT8_OID, DORIS_DOUBLE},
};
/* clang-format on */

CsvUnfitCheck *csv_unfit_check(DorisType type, uint32_t source_type_oid)
{
    for (size_t i = 0; i < COUNT_OF(ALWAYS); i++) {
        if (ALWAYS[i].source == source_type_oid && ALWAYS[i].kind == type.kind)
            return NULL;
    }
    return CHECKS[type.kind];
}

bool csv_unfit_is_plain(DorisKind kind)
{
    return (kind >= DORIS_TINYINT && kind <= DORIS_DATETIME);
}
