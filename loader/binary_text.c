#include "loader/binary_text.h"

#include "common/reader.h"
#include "common/sql_text.h"

#include <inttypes.h>
#include <stdio.h>

static bool add_integer(Str bytes, Bytes *out)
{
    bool negative = bytes.len > 0 && (bytes.data[0] & 0x80);
    uint64_t number = negative ? UINT64_MAX : 0;

    if (bytes.len == 0 || bytes.len > sizeof number)
        return false;
    for (size_t i = 0; i < bytes.len; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    sql_add(out, "%" PRId64, (int64_t)number);
    return true;
}

static bool add_oid(Str bytes, Bytes *out)
{
    Reader r = reader_over(bytes);
    uint32_t number = reader_u32be(&r);

    if (!reader_done(&r))
        return false;
    sql_add(out, "%" PRIu32, number);
    return true;
}

static bool add_bool(Str bytes, Bytes *out)
{
    Reader r = reader_over(bytes);
    uint8_t value = reader_u8(&r);

    if (!reader_done(&r))
        return false;
    sql_add(out, "%s", value ? "t" : "f");
    return true;
}

static bool add_text(Str bytes, Bytes *out)
{
    bytes_add_str(out, bytes);
    return true;
}

static bool add_uuid(Str bytes, Bytes *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;

        sql_add(out, "%s%02x", dash ? "-" : "", (unsigned char)bytes.data[i]);
    }
    return true;
}

/*
 * Days since 2000-01-01 in the Gregorian calendar, extended backwards as PostgreSQL does. In eras
 * of 400 years that begin in March, so that a leap day is the last of its year: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days. Gives whether it is BC.
 */
static bool add_day(int64_t days, Bytes *out)
{
    enum { DAYS_OF_ERA = 146097, FROM_MARCH_OF_YEAR_0 = 719468 + 10957 };
    int64_t shifted = days + FROM_MARCH_OF_YEAR_0;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
    int64_t day = shifted - era * DAYS_OF_ERA;
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_OF_ERA - 1)) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;

    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    sql_add(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year > 0 ? year : 1 - year, month,
            of_month);
    return year <= 0;
}

static bool add_date(Str bytes, Bytes *out)
{
    Reader r = reader_over(bytes);
    int32_t days = (int32_t)reader_u32be(&r);

    if (!reader_done(&r))
        return false;
    if (days == INT32_MAX || days == INT32_MIN)
        sql_add(out, "%sinfinity", days < 0 ? "-" : "");
    else if (add_day(days, out))
        sql_add(out, " BC");
    return true;
}

/* Microseconds of a day: 01:02:03, or 01:02:03.000004. */
static void add_clock(int64_t us, Bytes *out)
{
    int64_t seconds = us / 1000000;
    int fraction = (int)(us % 1000000), digits = 6;

    sql_add(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
            seconds % 60);
    for (; fraction > 0 && fraction % 10 == 0; digits--)
        fraction /= 10;
    if (fraction > 0)
        sql_add(out, ".%0*d", digits, fraction);
}

static bool add_moment(Str bytes, const char *zone, Bytes *out)
{
    static const int64_t DAY_US = INT64_C(86400000000);
    Reader r = reader_over(bytes);
    int64_t us = (int64_t)reader_u64be(&r);

    if (!reader_done(&r))
        return false;
    if (us == INT64_MAX || us == INT64_MIN) {
        sql_add(out, "%sinfinity", us < 0 ? "-" : "");
        return true;
    }
    int64_t of_day = us % DAY_US < 0 ? us % DAY_US + DAY_US : us % DAY_US;
    bool before_christ = add_day((us - of_day) / DAY_US, out);
    bytes_add_u8(out, ' ');
    add_clock(of_day, out);
    sql_add(out, "%s%s", zone, before_christ ? " BC" : "");
    return true;
}

static bool add_timestamp(Str bytes, Bytes *out)
{
    return add_moment(bytes, "", out);
}

static bool add_timestamptz(Str bytes, Bytes *out)
{
    return add_moment(bytes, "+00", out);
}

/* Digits of base 10,000; weight: how many of them, less one, stand before the point. */
typedef struct Numeric {
    uint16_t digits[256];
    int count, weight, scale;
} Numeric;

static int digit_of(const Numeric *number, int place)
{
    return place >= 0 && place < number->count ? number->digits[place] : 0;
}

static void add_digits(const Numeric *number, Bytes *out)
{
    char four[8];

    sql_add(out, "%d", number->weight < 0 ? 0 : digit_of(number, 0));
    for (int place = 1; place <= number->weight; place++)
        sql_add(out, "%04d", digit_of(number, place));
    for (int done = 0, place = number->weight + 1; done < number->scale; done += 4, place++) {
        int left = number->scale - done;

        snprintf(four, sizeof four, "%04d", digit_of(number, place) % 10000);
        sql_add(out, "%s%.*s", done == 0 ? "." : "", left < 4 ? left : 4, four);
    }
}

static bool read_numeric(Str bytes, Numeric *number, uint16_t *sign)
{
    Reader r = reader_over(bytes);
    uint16_t count = reader_u16be(&r);

    number->weight = (int16_t)reader_u16be(&r);
    *sign = reader_u16be(&r);
    number->scale = reader_u16be(&r);
    if (count > COUNT_OF(number->digits) || number->weight >= (int)COUNT_OF(number->digits))
        return false; /* longer than any message */
    number->count = count;
    for (int i = 0; i < count; i++)
        number->digits[i] = reader_u16be(&r);
    return reader_done(&r);
}

static bool add_numeric(Str bytes, Bytes *out)
{
    enum { POSITIVE = 0, NEGATIVE = 0x4000, NAN_SIGN = 0xc000, INFINITE = 0xd000, LEAST = 0xf000 };
    Numeric number;
    uint16_t sign;

    if (!read_numeric(bytes, &number, &sign))
        return false;
    switch (sign) {
    case NAN_SIGN:
        sql_add(out, "NaN");
        return true;
    case INFINITE:
    case LEAST:
        sql_add(out, "%sInfinity", sign == LEAST ? "-" : "");
        return true;
    case POSITIVE:
    case NEGATIVE:
        sql_add(out, "%s", sign == NEGATIVE ? "-" : "");
        add_digits(&number, out);
        return true;
    default:
        return false;
    }
}

/* clang-format off */
static const struct {
    uint32_t oid;
    bool (*add)(Str bytes, Bytes *out);
} TYPES[] = {
    {16,   add_bool},
    {18,   add_text}, /* "char" */
    {19,   add_text}, /* name */
    {20,   add_integer},
    {21,   add_integer},
    {23,   add_integer},
    {25,   add_text},
    {26,   add_oid},
    {1042, add_text}, /* bpchar */
    {1043, add_text}, /* varchar */
    {1082, add_date},
    {1114, add_timestamp},
    {1184, add_timestamptz},
    {1700, add_numeric},
    {2950, add_uuid},
};
/* clang-format on */

bool binary_text(uint32_t type_oid, Str bytes, Bytes *out)
{
    enum { FIRST_FREE_OID = 10000 };

    /* Of the types without a fixed number only enums travel in binary: as their label. */
    if (type_oid >= FIRST_FREE_OID)
        return add_text(bytes, out);
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (TYPES[i].oid == type_oid)
            return TYPES[i].add(bytes, out);
    }
    return false;
}
