#include "common/bytes.h"

#include "common/mem.h"

#include <endian.h>
#include <stdlib.h>

static void grow(Bytes *bytes, size_t needed)
{
    size_t capacity = bytes->capacity ? bytes->capacity : 256;

    while (capacity < needed)
        capacity *= 2;
    bytes->data = mem_resize(bytes->data, capacity, 1);
    bytes->capacity = capacity;
}

char *bytes_reserve(Bytes *bytes, size_t n)
{
    if (bytes->limit && (bytes->overflowed || n > bytes->limit - bytes->len)) {
        bytes->overflowed = true;
        return NULL;
    }
    if (!bytes->data || bytes->len + n > bytes->capacity)
        grow(bytes, bytes->len + n);
    return bytes->data + bytes->len;
}

void bytes_add(Bytes *bytes, const void *data, size_t n)
{
    char *room = bytes_reserve(bytes, n);

    if (!room || n == 0)
        return;
    memcpy(room, data, n);
    bytes->len += n;
}

void bytes_add_str(Bytes *bytes, Str text)
{
    bytes_add(bytes, text.data, text.len);
}

void bytes_add_u8(Bytes *bytes, uint8_t value)
{
    bytes_add(bytes, &value, sizeof value);
}

void bytes_add_u16be(Bytes *bytes, uint16_t value)
{
    uint16_t wire = htobe16(value);

    bytes_add(bytes, &wire, sizeof wire);
}

void bytes_add_u32be(Bytes *bytes, uint32_t value)
{
    uint32_t wire = htobe32(value);

    bytes_add(bytes, &wire, sizeof wire);
}

void bytes_add_u64be(Bytes *bytes, uint64_t value)
{
    uint64_t wire = htobe64(value);

    bytes_add(bytes, &wire, sizeof wire);
}

void bytes_clear(Bytes *bytes)
{
    bytes->len = 0;
    bytes->overflowed = false;
}

void bytes_done(Bytes *bytes)
{
    free(bytes->data);
    *bytes = (Bytes){.limit = bytes->limit};
}
