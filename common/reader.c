#include "common/reader.h"

static size_t remaining(const Reader *r)
{
    return (size_t)(r->end - r->at);
}

/* Nothing else moves the cursor forward. */
static const uint8_t *advance(Reader *r, size_t n)
{
    if (r->failed || n > remaining(r)) {
        r->failed = true;
        return NULL;
    }
    r->at += n;
    return r->at - n;
}

static uint64_t big_endian(Reader *r, size_t n)
{
    const uint8_t *bytes = advance(r, n);
    uint64_t value = 0;

    for (size_t i = 0; bytes && i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

Reader reader_over(Str bytes)
{
    const uint8_t *start = (const uint8_t *)bytes.data;

    return (Reader){.at = start, .end = start ? start + bytes.len : start};
}

uint8_t reader_u8(Reader *r)
{
    return (uint8_t)big_endian(r, 1);
}

uint16_t reader_u16be(Reader *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t reader_u32be(Reader *r)
{
    return (uint32_t)big_endian(r, 4);
}

uint64_t reader_u64be(Reader *r)
{
    return big_endian(r, 8);
}

Str reader_bytes(Reader *r, size_t n)
{
    const uint8_t *bytes = advance(r, n);

    return bytes ? (Str){(const char *)bytes, n} : (Str){0};
}

Str reader_cstr(Reader *r)
{
    const uint8_t *start = r->at;
    const uint8_t *nul = r->failed || remaining(r) == 0 ? NULL : memchr(start, '\0', remaining(r));

    if (!nul) {
        r->failed = true;
        return (Str){0};
    }
    advance(r, (size_t)(nul - start) + 1);
    return (Str){(const char *)start, (size_t)(nul - start)};
}

size_t reader_count16(Reader *r, size_t min_item_bytes)
{
    size_t count = reader_u16be(r);

    if (r->failed || count * min_item_bytes > remaining(r)) {
        r->failed = true;
        return 0;
    }
    return count;
}

void reader_fail(Reader *r)
{
    r->failed = true;
}

bool reader_done(const Reader *r)
{
    return !r->failed && r->at == r->end;
}
