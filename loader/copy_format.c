#include "loader/copy_format.h"

#include <endian.h>

static const char SIGNATURE[] = "PGCOPY\n\377\r\n"; /* with its NUL: eleven bytes */

void copy_format_begin(Bytes *out, bool binary)
{
    if (!binary)
        return;
    bytes_add(out, SIGNATURE, sizeof SIGNATURE);
    bytes_add_u32be(out, 0); /* flags */
    bytes_add_u32be(out, 0); /* length of the header's extension */
}

void copy_format_end(Bytes *out, bool binary)
{
    if (binary)
        bytes_add_u16be(out, UINT16_MAX);
}

void copy_format_row(Bytes *out, bool binary, uint32_t columns)
{
    if (binary)
        bytes_add_u16be(out, (uint16_t)columns);
}

/* The tab behind a row's last value becomes the newline. */
void copy_format_row_end(Bytes *out, bool binary)
{
    if (!binary)
        out->data[out->len - 1] = '\n';
}

static void add_binary(Bytes *out, const Value *value)
{
    size_t len = value->bytes.len;
    char *room = bytes_reserve(out, sizeof(uint32_t) + len);
    uint32_t wire = htobe32(value->form == VALUE_NULL ? UINT32_MAX : (uint32_t)len);

    memcpy(room, &wire, sizeof wire);
    if (len > 0)
        memcpy(room + sizeof wire, value->bytes.data, len);
    out->len += sizeof wire + len;
}

/* What must be escaped, by what stands behind the backslash. */
/* clang-format off */
static const char ESCAPES[256] = {
    ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    ['\v'] = 'v',
};
/* clang-format on */

static size_t plain_length(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && !ESCAPES[(unsigned char)text[at]])
        at++;
    return at;
}

static void add_escaped(Bytes *out, Str text)
{
    char *room = bytes_reserve(out, 2 * text.len);
    char *to = room;

    while (text.len > 0) {
        size_t plain = plain_length(text.data, text.len);

        memcpy(to, text.data, plain);
        to += plain;
        text = (Str){text.data + plain, text.len - plain};
        if (text.len > 0) {
            *to++ = '\\';
            *to++ = ESCAPES[(unsigned char)text.data[0]];
            text = (Str){text.data + 1, text.len - 1};
        }
    }
    out->len += (size_t)(to - room);
}

void copy_format_value_start(Bytes *out, bool binary, size_t len)
{
    if (binary)
        bytes_add_u32be(out, (uint32_t)len);
}

void copy_format_slice(Bytes *out, bool binary, Str slice)
{
    if (binary)
        bytes_add_str(out, slice);
    else
        add_escaped(out, slice);
}

void copy_format_value_end(Bytes *out, bool binary)
{
    if (!binary)
        bytes_add_u8(out, '\t');
}

void copy_format_value(Bytes *out, bool binary, const Value *value)
{
    if (binary)
        add_binary(out, value);
    else if (value->form == VALUE_NULL)
        bytes_add(out, "\\N\t", 3);
    else {
        add_escaped(out, value->bytes);
        bytes_add_u8(out, '\t');
    }
}
