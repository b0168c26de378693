/*
 * bytes - a buffer that grows up to a limit given at its start. A zeroed Bytes with a limit is
 * ready for use; what would pass the limit is not added and makes `overflowed` true.
 */
#pragma once

#include "common/str.h"
#include <stdint.h>

typedef struct Bytes {
    char *data;
    size_t len;
    size_t capacity;
    size_t limit; /* 0: none */
    bool overflowed;
} Bytes;

/* Room for n more bytes behind data + len, or NULL past the limit; the caller raises len. */
char *bytes_reserve(Bytes *bytes, size_t n);
void bytes_add(Bytes *bytes, const void *data, size_t n);
void bytes_add_str(Bytes *bytes, Str text);
void bytes_add_u8(Bytes *bytes, uint8_t value);
void bytes_add_u16be(Bytes *bytes, uint16_t value);
void bytes_add_u32be(Bytes *bytes, uint32_t value);
void bytes_add_u64be(Bytes *bytes, uint64_t value);
void bytes_clear(Bytes *bytes); /* keeps the memory */
void bytes_done(Bytes *bytes);

static inline Str bytes_str(const Bytes *bytes)
{
    return (Str){bytes->data, bytes->len};
}
