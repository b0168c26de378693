/*
 * wire - protobuf's encoding at its lowest level, for what is too hot or too large for generated
 * code: writing varints into reserved memory, and a cursor over the fields of a message that we do
 * not trust. Encoding: https://protobuf.dev/programming-guides/encoding/
 *
 * The cursor accepts the canonical form only, as every packer writes it: fields in the order of
 * their numbers. The first thing that is wrong makes it fail for good.
 */
#pragma once

#include "common/compiler.h"
#include "common/str.h"
#include <stdbool.h>
#include <stdint.h>

/* The wire types in use; groups and fixed32 are not. */
typedef enum WireType { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 } WireType;

typedef struct WireCursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} WireCursor;

typedef struct WireField {
    uint32_t number;
    WireType type;
    uint64_t value; /* of VARINT and FIXED64 */
    Str bytes;      /* of BYTES; borrows */
} WireField;

static inline size_t wire_varint_size(uint64_t value)
{
    /* Seven bits a byte: 9/64 is just over 1/7.1, exact for 1 to 64 bits. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);

    return (bits * 9 + 64) / 64;
}

static inline char *wire_put_varint(char *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (char)value;
    return at;
}

/* Tags of field numbers below 16 are one byte. */
static inline char *wire_put_tag(char *at, unsigned number, WireType type)
{
    *at = (char)(number << 3 | (unsigned)type);
    return at + 1;
}

static inline WireCursor wire_over(Str bytes)
{
    const uint8_t *start = (const uint8_t *)bytes.data;

    return (WireCursor){.at = start, .end = start ? start + bytes.len : start};
}

static inline uint64_t wire_varint(WireCursor *cursor)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    cursor->failed = true;
    return 0;
}

/* The next field, or false at the end and after a failure. */
bool wire_next(WireCursor *cursor, WireField *out);
