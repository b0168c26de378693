#include "common/nearest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST_WORD = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment over three rows; longer words are cut, they are no key of ours. */
size_t nearest_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t a_len = least(strlen(a), LONGEST_WORD), b_len = least(strlen(b), LONGEST_WORD);

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];
        const size_t *above_two = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above_two[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *nearest_of(const char *word, const char *const *candidates)
{
    size_t best = strlen(word) / 3 + 1; /* a third of it may be wrong */
    const char *found = NULL;

    for (; *candidates; candidates++) {
        size_t distance = nearest_distance(word, *candidates);

        if (distance < best || (distance == best && !found)) {
            best = distance;
            found = *candidates;
        }
    }
    return found && best < strlen(word) ? found : NULL;
}
