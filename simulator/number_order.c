#include "simulator/number_order.h"

#include "common/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef __int128 I128;
__extension__ typedef unsigned __int128 U128;

typedef struct Number {
    bool decimal; /* else `floating` counts */
    bool negative;
    Str whole; /* without leading zeros */
    Str fraction;
    double floating;
} Number;

static double floating_of(Str text)
{
    char buffer[80];

    snprintf(buffer, sizeof buffer, "%.*s", STR_ARGS(text));
    return strtod(buffer, NULL);
}

static Number parse(Str text)
{
    Number number = {.decimal = true};
    const char *point;

    for (size_t i = 0; i < text.len; i++)
        if (!memchr("+-.0123456789", text.data[i], 13)) {
            number.decimal = false;
            number.floating = floating_of(text);
            return number;
        }
    if (text.len > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
        number.negative = text.data[0] == '-';
        text.data++;
        text.len--;
    }
    point = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    number.whole = (Str){text.data, point ? (size_t)(point - text.data) : text.len};
    if (point)
        number.fraction = (Str){point + 1, text.len - number.whole.len - 1};
    while (number.whole.len > 0 && number.whole.data[0] == '0') {
        number.whole.data++;
        number.whole.len--;
    }
    return number;
}

static int compare_sizes(const Number *a, const Number *b)
{
    size_t most = a->fraction.len > b->fraction.len ? a->fraction.len : b->fraction.len;
    int order;

    if (a->whole.len != b->whole.len)
        return a->whole.len > b->whole.len ? 1 : -1;
    order = a->whole.len > 0 ? memcmp(a->whole.data, b->whole.data, a->whole.len) : 0;
    for (size_t i = 0; order == 0 && i < most; i++)
        order = (i < a->fraction.len ? a->fraction.data[i] : '0') -
                (i < b->fraction.len ? b->fraction.data[i] : '0');
    return order;
}

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !!isnan(a) - !!isnan(b);
    return (a > b) - (a < b);
}

static bool is_zero(const Number *number)
{
    for (size_t i = 0; i < number->fraction.len; i++)
        if (number->fraction.data[i] != '0')
            return false;
    return number->whole.len == 0;
}

int number_order(Str left, Str right)
{
    Number a = parse(left), b = parse(right);

    if (!a.decimal || !b.decimal)
        return compare_doubles(floating_of(left), floating_of(right));
    if (is_zero(&a) && is_zero(&b))
        return 0;
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    return a.negative ? compare_sizes(&b, &a) : compare_sizes(&a, &b);
}

struct NumberSum {
    I128 value; /* times 10 to the scale */
    int scale;
    bool inexact;
    double floating;
};

NumberSum *number_sum_new(void)
{
    return MEM_NEW(NumberSum);
}

static void add_digits(I128 *value, Str digits)
{
    for (size_t i = 0; i < digits.len; i++)
        *value = *value * 10 + (digits.data[i] - '0');
}

void number_sum_add(NumberSum *sum, Str text)
{
    Number number = parse(text);
    I128 value = 0;
    int scale = (int)number.fraction.len;

    sum->floating += floating_of(text);
    if (!number.decimal || number.whole.len + number.fraction.len > 38) {
        sum->inexact = true;
        return;
    }
    add_digits(&value, number.whole);
    add_digits(&value, number.fraction);
    for (; sum->scale < scale; sum->scale++)
        sum->value *= 10;
    for (; scale < sum->scale; scale++)
        value *= 10;
    sum->value += number.negative ? -value : value;
}

void number_sum_text(const NumberSum *sum, char *out, size_t size)
{
    char digits[48], *at = digits + sizeof digits;
    U128 value = sum->value < 0 ? -(U128)sum->value : (U128)sum->value;
    int place = 0;

    if (sum->inexact) {
        snprintf(out, size, "%.17g", sum->floating);
        return;
    }
    *--at = '\0';
    do {
        *--at = (char)('0' + (int)(value % 10));
        value /= 10;
        if (++place == sum->scale && sum->scale > 0)
            *--at = '.';
    } while (value > 0 || place <= sum->scale);
    snprintf(out, size, "%s%s", sum->value < 0 ? "-" : "", at);
}

void number_sum_free(NumberSum **sum)
{
    free(*sum);
    *sum = NULL;
}
