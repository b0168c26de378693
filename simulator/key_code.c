#include "simulator/key_code.h"

#include <inttypes.h>

Cell key_code(const Cell *cells, size_t count, bool integer, Bytes *bytes)
{
    if (integer)
        return cells[0];
    bytes_clear(bytes);
    for (size_t i = 0; i < count; i++) {
        bytes_add_u8(bytes, (uint8_t)cells[i].form);
        if (cells[i].form == CELL_INTEGER) {
            bytes_add_u64be(bytes, (uint64_t)cells[i].number ^ (UINT64_C(1) << 63));
        } else if (cells[i].form == CELL_TEXT) {
            bytes_add_u32be(bytes, (uint32_t)cells[i].text.len);
            bytes_add_str(bytes, cells[i].text);
        }
    }
    return (Cell){CELL_TEXT, 0, bytes_str(bytes)};
}

const char *key_text(const Cell *cells, size_t count, Arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < count; i++) {
        const char *comma = i > 0 ? ", " : "";

        if (cells[i].form == CELL_INTEGER)
            text = arena_printf(arena, "%s%s%" PRId64, text, comma, cells[i].number);
        else
            text = arena_printf(arena, "%s%s%.*s", text, comma, STR_ARGS(cells[i].text));
    }
    return text;
}
