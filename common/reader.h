/*
 * reader - a cursor over bytes that we do not trust.
 *
 * No read passes the end. The first one that would makes the reader fail for good: it and all
 * later reads give zero or an empty Str. So a decoder reads a message straight down and asks
 * reader_done() once, provided that each repeat count is taken with reader_count16().
 */
#pragma once

#include "common/compiler.h"
#include "common/str.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct Reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} Reader;

/* Borrows the bytes: they outlive the reader and every Str taken from it. */
Reader reader_over(Str bytes);

uint8_t reader_u8(Reader *r);
uint16_t reader_u16be(Reader *r);
uint32_t reader_u32be(Reader *r);
uint64_t reader_u64be(Reader *r);

/* The next n bytes; the bytes before the next NUL, which is consumed too. */
Str reader_bytes(Reader *r, size_t n);
Str reader_cstr(Reader *r);

/*
 * A 16-bit repeat count. Fails, and gives 0, unless so many items of min_item_bytes each are left:
 * a hostile count drives neither a loop nor an allocation.
 */
size_t reader_count16(Reader *r, size_t min_item_bytes);

/* For a decoder that meets a value it cannot accept. */
void reader_fail(Reader *r);

/* No read has failed and nothing is left over. */
NODISCARD bool reader_done(const Reader *r);
