/*
 * sequence_value - how far a sequence is, and how far another one must be set to be no less far.
 * Pure.
 *
 * The order is that of the sequence's direction. Values are compared as the server keeps them:
 * last_value, and whether nextval() has given it already.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct SequenceValue {
    int64_t last;
    bool called; /* it was given; the next one is last + increment */
} SequenceValue;

typedef struct SequenceRange {
    int64_t increment, minimum, maximum;
} SequenceRange;

/* Does a give values that b has given already? */
bool sequence_value_is_behind(SequenceValue a, SequenceValue b, int64_t increment);

/* So many steps further, within the range. */
SequenceValue sequence_value_advance(SequenceValue from, SequenceRange range, int64_t steps);
