#include "schema/sequence_value.h"

bool sequence_value_is_behind(SequenceValue a, SequenceValue b, int64_t increment)
{
    if (a.last != b.last)
        return increment > 0 ? a.last < b.last : a.last > b.last;
    return b.called && !a.called;
}

static int64_t limit(int64_t value, int64_t minimum, int64_t maximum)
{
    return value < minimum ? minimum : value > maximum ? maximum : value;
}

SequenceValue sequence_value_advance(SequenceValue from, SequenceRange range, int64_t steps)
{
    int64_t way, last;
    bool up = range.increment > 0;

    if (__builtin_mul_overflow(range.increment, steps, &way) ||
        __builtin_add_overflow(from.last, way, &last))
        last = up ? range.maximum : range.minimum;
    return (SequenceValue){limit(last, range.minimum, range.maximum), from.called};
}
