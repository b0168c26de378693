/* Integers, DECIMAL, FLOAT and DOUBLE. [BE] util/string_parser.hpp, vec/functions/cast. */
#include "simulator/cast.h"

#include "common/compiler.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

__extension__ typedef unsigned __int128 U128;

/* A number's text in parts. */
typedef struct Digits {
    bool negative;
    Str whole;
    Str fraction;
    int exponent;
} Digits;

static Str take_digits(Str *text)
{
    Str taken = {text->data, 0};

    while (taken.len < text->len && isdigit((unsigned char)text->data[taken.len]))
        taken.len++;
    text->data += taken.len;
    text->len -= taken.len;
    return taken;
}

static bool take_char(Str *text, char wanted)
{
    if (text->len == 0 || text->data[0] != wanted)
        return false;
    text->data++;
    text->len--;
    return true;
}

static bool take_exponent(Str *text, int *out)
{
    bool negative;
    Str digits;

    if (!take_char(text, 'e') && !take_char(text, 'E'))
        return true;
    negative = take_char(text, '-');
    if (!negative)
        take_char(text, '+');
    digits = take_digits(text);
    if (digits.len == 0 || digits.len > 6)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        *out = *out * 10 + (digits.data[i] - '0');
    if (negative)
        *out = -*out;
    return true;
}

static bool split_number(Str text, Digits *out)
{
    Digits digits = {0};

    text = cast_trim(text);
    digits.negative = take_char(&text, '-');
    if (!digits.negative)
        take_char(&text, '+');
    digits.whole = take_digits(&text);
    if (take_char(&text, '.'))
        digits.fraction = take_digits(&text);
    if (digits.whole.len + digits.fraction.len == 0)
        return false;
    if (!take_exponent(&text, &digits.exponent) || text.len > 0)
        return false;
    *out = digits;
    return true;
}

/* The whole part up to the limit; the fraction is cut off, as the non-strict cast does. */
static bool integer_of(Str field, U128 positive_limit, bool *negative, U128 *out)
{
    Digits digits;
    U128 value = 0, limit;

    if (!split_number(field, &digits) || digits.exponent != 0 || digits.whole.len == 0)
        return false;
    limit = digits.negative ? positive_limit + 1 : positive_limit;
    for (size_t i = 0; i < digits.whole.len; i++) {
        unsigned digit = (unsigned)(digits.whole.data[i] - '0');

        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *negative = digits.negative && value > 0;
    *out = value;
    return true;
}

bool cast_integer(SimKind kind, Str field, int64_t *out)
{
    static const int64_t LIMITS[] = {[SIM_TINYINT] = INT8_MAX,
                                     [SIM_SMALLINT] = INT16_MAX,
                                     [SIM_INT] = INT32_MAX,
                                     [SIM_BIGINT] = INT64_MAX};
    bool negative;
    U128 value;

    if (!integer_of(field, (U128)LIMITS[kind], &negative, &value))
        return false;
    *out = negative ? (int64_t)(0 - (uint64_t)value) : (int64_t)value;
    return true;
}

static Str u128_text(Arena *arena, bool negative, U128 value)
{
    char text[48], *at = text + sizeof text;

    do
        *--at = (char)('0' + (int)(value % 10));
    while ((value /= 10) > 0);
    if (negative)
        *--at = '-';
    return arena_copy(arena, (Str){at, (size_t)(text + sizeof text - at)});
}

bool cast_largeint(Str field, Arena *arena, Str *out)
{
    bool negative;
    U128 value;

    if (!integer_of(field, ((U128)1 << 127) - 1, &negative, &value))
        return false;
    *out = u128_text(arena, negative, value);
    return true;
}

/* The digit at a place left (0, 1, ...) or right (-1, -2, ...) of the point. */
static int digit_at(const Digits *digits, long place)
{
    long whole = (long)digits->whole.len, at = whole - 1 - (place - digits->exponent);

    if (at < 0 || at >= whole + (long)digits->fraction.len)
        return 0;
    return (at < whole ? digits->whole.data[at] : digits->fraction.data[at - whole]) - '0';
}

/* 10^38 - 1 fits 127 bits. False for more than 38 digits, leading zeros aside. */
static bool scaled_value(const Digits *digits, int scale, U128 *out)
{
    long top = (long)digits->whole.len - 1 + digits->exponent;
    U128 value = 0;
    int count = 0;

    for (long place = top; place >= -scale; place--) {
        int digit = digit_at(digits, place);

        if ((count > 0 || digit > 0) && ++count > 38)
            return false;
        value = value * 10 + (unsigned)digit;
    }
    if (digit_at(digits, -scale - 1) >= 5) /* half up, away from zero */
        value++;
    *out = value;
    return true;
}

static U128 power_of_ten(int exponent)
{
    U128 power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

bool cast_decimal(int precision, int scale, Str field, Arena *arena, Str *out)
{
    Digits digits;
    U128 value, unit = power_of_ten(scale);
    Str whole, fraction;

    if (!split_number(field, &digits) || !scaled_value(&digits, scale, &value) ||
        value >= power_of_ten(precision))
        return false;
    whole = u128_text(arena, digits.negative && value > 0, value / unit);
    if (scale == 0) {
        *out = whole;
        return true;
    }
    fraction = u128_text(arena, false, value % unit + unit); /* with a 1 before its zeros */
    *out = str_of(arena_printf(arena, "%.*s.%.*s", STR_ARGS(whole), (int)scale, fraction.data + 1));
    return true;
}

static bool special_number(Str text, double *out)
{
    static const char *const WORDS[] = {"nan", "inf", "infinity"};
    bool negative = take_char(&text, '-');

    if (!negative)
        take_char(&text, '+');
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (strlen(WORDS[i]) == text.len && strncasecmp(WORDS[i], text.data, text.len) == 0) {
            *out = i == 0 ? (double)NAN : (double)INFINITY;
            if (negative)
                *out = -*out;
            return true;
        }
    return false;
}

static Str shortest(Arena *arena, bool is_float, double value)
{
    char text[40];

    for (int digits = is_float ? 6 : 15;; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    return arena_copy(arena, str_of(text));
}

bool cast_floating(bool is_float, Str field, Arena *arena, Str *out)
{
    Digits digits;
    double value;

    field = cast_trim(field);
    if (special_number(field, &value)) {
        *out = str_of(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return true;
    }
    if (!split_number(field, &digits))
        return false;
    field = arena_copy(arena, field); /* strtod wants a NUL */
    value = is_float ? (double)strtof(field.data, NULL) : strtod(field.data, NULL);
    /* 1e400 is infinite, as fast_float has it. */
    *out = isinf(value) ? str_of(value > 0 ? "inf" : "-inf") : shortest(arena, is_float, value);
    return true;
}
