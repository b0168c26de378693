#include "simulator/sql_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shortest digits that give the number again, and the exponent of the first. */
static void shortest_digits(double value, bool is_float, char *digits, int *exponent)
{
    char text[40], *e;
    size_t count = 0;

    for (int precision = 0;; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, fabs(value));
        if (precision >= 17 || (is_float ? strtof(text, NULL) == (float)fabs(value)
                                         : strtod(text, NULL) == fabs(value)))
            break;
    }
    e = strchr(text, 'e');
    *exponent = (int)strtol(e + 1, NULL, 10);
    for (const char *at = text; at < e; at++)
        if (*at != '.')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
}

/* Java's Double.toString: a point always; an exponent below 1e-3 and from 1e7 on. */
static const char *java_double(double value, bool is_float, Arena *arena)
{
    const char *sign = signbit(value) ? "-" : "";
    char digits[40];
    int exponent, count;

    if (value == 0)
        return arena_printf(arena, "%s0.0", sign);
    shortest_digits(value, is_float, digits, &exponent);
    count = (int)strlen(digits);
    if (exponent < -3 || exponent >= 7)
        return arena_printf(arena, "%s%c.%sE%d", sign, digits[0], count > 1 ? digits + 1 : "0",
                            exponent);
    if (exponent < 0)
        return arena_printf(arena, "%s0.%.*s%s", sign, -exponent - 1, "000", digits);
    if (count <= exponent + 1)
        return arena_printf(arena, "%s%s%.*s.0", sign, digits, exponent + 1 - count, "0000000");
    return arena_printf(arena, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
}

/* Java's BigDecimal.toString: 0.00000010 is 1.0E-7. */
static Str java_decimal(Str text, Arena *arena)
{
    Str rest = text;
    const char *sign = "";
    int scale;
    size_t zeros;

    if (rest.len > 0 && rest.data[0] == '-') {
        sign = "-";
        rest.data++;
        rest.len--;
    }
    if (rest.len < 9 || memcmp(rest.data, "0.", 2) != 0)
        return text;
    scale = (int)rest.len - 2;
    rest = (Str){rest.data + 2, rest.len - 2};
    for (zeros = 0; zeros + 1 < rest.len && rest.data[zeros] == '0';)
        zeros++;
    rest = (Str){rest.data + zeros, rest.len - zeros};
    if ((int)rest.len - 1 - scale >= -6)
        return text;
    return str_of(arena_printf(arena, rest.len > 1 ? "%s%.1s.%.*sE%d" : "%s%.1s%.*sE%d", sign,
                               rest.data, (int)rest.len - 1, rest.data + 1,
                               (int)rest.len - 1 - scale));
}

static SqlValue floating_value(const SimType *type, Str text, Arena *arena)
{
    double value = strtod(arena_copy(arena, text).data, NULL);

    if (isnan(value))
        return (SqlValue){SQL_STRING, str_of("NaN")};
    if (isinf(value))
        return (SqlValue){SQL_STRING, str_of(value > 0 ? "Infinity" : "-Infinity")};
    return (SqlValue){SQL_NUMBER, str_of(java_double(value, type->kind == SIM_FLOAT, arena))};
}

SqlValue sql_value_of(const SimType *type, Str text, Arena *arena)
{
    if (type->kind == SIM_FLOAT || type->kind == SIM_DOUBLE)
        return floating_value(type, text, arena);
    if (type->kind == SIM_BOOLEAN)
        return (SqlValue){SQL_BOOL, str_of(str_equal(text, str_of("0")) ? "false" : "true")};
    if (type->kind == SIM_DECIMAL)
        return (SqlValue){SQL_NUMBER, java_decimal(text, arena)};
    return (SqlValue){sim_type_is_integer(type) ? SQL_NUMBER : SQL_STRING, text};
}
