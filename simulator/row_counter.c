#include "simulator/row_counter.h"

static const uint64_t ONES = 0x0101010101010101;
static const uint64_t HIGHS = 0x8080808080808080;

/* Not zero if one of the eight bytes is `c`. */
static uint64_t holds(uint64_t word, unsigned char c)
{
    uint64_t x = word ^ (ONES * c);

    return (x - ONES) & ~x & HIGHS;
}

static void step(RowCounter *counter, char c)
{
    if (counter->escaped) {
        counter->escaped = false;
        counter->open = true;
    } else if (counter->escape && c == counter->escape) {
        counter->escaped = true;
        counter->open = true;
    } else if (c == '\n' && !counter->enclosed) {
        counter->rows += counter->open;
        counter->open = false;
    } else {
        if (counter->enclose && c == counter->enclose)
            counter->enclosed = !counter->enclosed;
        counter->open = true;
    }
}

void row_counter_feed(RowCounter *counter, Str bytes)
{
    unsigned char enclose = (unsigned char)(counter->enclose ? counter->enclose : '\n');
    unsigned char escape = (unsigned char)(counter->escape ? counter->escape : '\n');
    size_t i = 0;

    while (i + 8 <= bytes.len) {
        uint64_t word;

        memcpy(&word, bytes.data + i, 8);
        if (!counter->escaped &&
            !(holds(word, '\n') | holds(word, enclose) | holds(word, escape))) {
            counter->open = true;
            i += 8;
            continue;
        }
        for (size_t end = i + 8; i < end; i++)
            step(counter, bytes.data[i]);
    }
    for (; i < bytes.len; i++)
        step(counter, bytes.data[i]);
}

int64_t row_counter_finish(RowCounter *counter)
{
    counter->rows += counter->open;
    counter->open = false;
    return counter->rows;
}
