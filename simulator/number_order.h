/*
 * number_order - numbers that are kept as texts: which is greater, and their exact sum. Digits
 * before and behind the point, as cast.h writes them; doubles also with an exponent, inf, nan.
 * Pure.
 */
#pragma once

#include "common/str.h"

/* Less than, equal to or greater than 0; nan is the greatest. */
int number_order(Str left, Str right);

typedef struct NumberSum NumberSum;

NumberSum *number_sum_new(void);
/* Exact for decimals up to 38 digits; a sum that takes in a double is one. */
void number_sum_add(NumberSum *sum, Str number);
void number_sum_text(const NumberSum *sum, char *out, size_t size);
void number_sum_free(NumberSum **sum);
