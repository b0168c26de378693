#include "common/utf8.h"

#include "common/compiler.h"

#include <stdint.h>

/* By the first byte: the length, and what the second one must be at least and at most. */
/* clang-format off */
static const struct {
    uint8_t first, last, length, least, most;
} LEADS[] = {
    {0x00, 0x7f, 1, 0x80, 0xbf},
    {0xc2, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, /* without surrogates */
    {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
};
/* clang-format on */

/* The length of the character at the start; 0: it is none. *cut: it might be the start of one. */
static size_t character_length(const uint8_t *at, size_t left, bool *cut)
{
    *cut = false;
    for (size_t i = 0; i < COUNT_OF(LEADS); i++) {
        if (at[0] < LEADS[i].first || at[0] > LEADS[i].last)
            continue;
        for (size_t k = 1; k < LEADS[i].length && k < left; k++) {
            if (at[k] < (k == 1 ? LEADS[i].least : 0x80) || at[k] > (k == 1 ? LEADS[i].most : 0xbf))
                return 0;
        }
        *cut = left < LEADS[i].length;
        return *cut ? 0 : LEADS[i].length;
    }
    return 0;
}

bool utf8_is_valid(Str text)
{
    const uint8_t *at = (const uint8_t *)text.data;
    bool cut;

    for (size_t left = text.len; left > 0;) {
        size_t length = character_length(at, left, &cut);

        if (length == 0)
            return false;
        at += length;
        left -= length;
    }
    return true;
}

void utf8_mend(char *text)
{
    size_t left = strlen(text), length;
    bool cut;

    for (; left > 0; text += length, left -= length) {
        length = character_length((const uint8_t *)text, left, &cut);
        if (cut) {
            *text = '\0';
            return;
        }
        if (length == 0) {
            *text = '?';
            length = 1;
        }
    }
}
