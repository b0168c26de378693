#include "common/wire.h"

#include <endian.h>

static uint64_t fixed64(WireCursor *cursor)
{
    uint64_t wire;

    if ((size_t)(cursor->end - cursor->at) < sizeof wire) {
        cursor->failed = true;
        return 0;
    }
    memcpy(&wire, cursor->at, sizeof wire);
    cursor->at += sizeof wire;
    return le64toh(wire);
}

static Str bytes(WireCursor *cursor)
{
    uint64_t len = wire_varint(cursor);

    if (cursor->failed || len > (uint64_t)(cursor->end - cursor->at)) {
        cursor->failed = true;
        return (Str){0};
    }
    cursor->at += len;
    return (Str){(const char *)cursor->at - len, (size_t)len};
}

bool wire_next(WireCursor *cursor, WireField *out)
{
    if (cursor->failed || cursor->at == cursor->end)
        return false;

    uint64_t tag = wire_varint(cursor);
    *out = (WireField){.number = (uint32_t)(tag >> 3), .type = (WireType)(tag & 7)};
    if (tag >> 3 == 0 || tag > UINT32_MAX)
        cursor->failed = true;
    else if (out->type == WIRE_VARINT)
        out->value = wire_varint(cursor);
    else if (out->type == WIRE_FIXED64)
        out->value = fixed64(cursor);
    else if (out->type == WIRE_BYTES)
        out->bytes = bytes(cursor);
    else
        cursor->failed = true;
    return !cursor->failed;
}
