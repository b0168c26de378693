#include "simulator/json_text.h"

#include <inttypes.h>
#include <stdio.h>

static void add_escaped(Bytes *out, unsigned char c)
{
    static const char *const names[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
        ['\n'] = "\\n", ['\r'] = "\\r",  ['\t'] = "\\t",
    };
    char hex[8];

    if (c < sizeof(names) / sizeof(names[0]) && names[c]) {
        json_add_text(out, names[c]);
        return;
    }
    snprintf(hex, sizeof(hex), "\\u%04X", c);
    json_add_text(out, hex);
}

void json_add_string(Bytes *out, Str text)
{
    size_t clean = 0;

    bytes_add_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        bytes_add(out, text.data + clean, i - clean);
        add_escaped(out, c);
        clean = i + 1;
    }
    if (clean < text.len)
        bytes_add(out, text.data + clean, text.len - clean);
    bytes_add_u8(out, '"');
}

void json_add_number(Bytes *out, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, number);
    json_add_text(out, digits);
}

void json_add_text(Bytes *out, const char *literal)
{
    bytes_add(out, literal, strlen(literal));
}
