/*
 * order - puts things behind those that they need. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct OrderNeeds {
    const size_t *numbers;
    size_t count;
} OrderNeeds;

/*
 * out: the numbers 0 to count - 1, each behind those that needs[] names for it, otherwise as they
 * stand. False if some need each other: *stuck is then one of them.
 */
bool order_by_needs(const OrderNeeds *needs, size_t count, size_t *out, size_t *stuck);
