/*
 * pgoutput_bytes - messages as a server would send them, for tests. Each function clears `out` and
 * writes one message. xid 0: not in a streamed block. Values: NULL is null, "\1" is unchanged, all
 * others are texts.
 */
#pragma once

#include "common/bytes.h"

#define UNCHANGED "\1"

static inline void put_cstr(Bytes *out, const char *text)
{
    bytes_add(out, text, strlen(text) + 1);
}

static inline void put_start(Bytes *out, char kind, uint32_t xid)
{
    bytes_clear(out);
    bytes_add_u8(out, (uint8_t)kind);
    if (xid)
        bytes_add_u32be(out, xid);
}

static inline void put_tuple(Bytes *out, char part, const char *const *values, size_t count)
{
    bytes_add_u8(out, (uint8_t)part);
    bytes_add_u16be(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        if (!values[i] || strcmp(values[i], UNCHANGED) == 0) {
            bytes_add_u8(out, values[i] ? 'u' : 'n');
            continue;
        }
        bytes_add_u8(out, 't');
        bytes_add_u32be(out, (uint32_t)strlen(values[i]));
        bytes_add_str(out, str_of(values[i]));
    }
}

static inline Str put_begin(Bytes *out, uint64_t commit_lsn, uint32_t xid)
{
    put_start(out, 'B', 0);
    bytes_add_u64be(out, commit_lsn);
    bytes_add_u64be(out, 1000000); /* a second into the year 2000 */
    bytes_add_u32be(out, xid);
    return bytes_str(out);
}

/* kind C, or c with the xid of a streamed transaction. */
static inline Str put_commit(Bytes *out, char kind, uint32_t xid, uint64_t commit_lsn,
                             uint64_t end_lsn)
{
    put_start(out, kind, xid);
    bytes_add_u8(out, 0);
    bytes_add_u64be(out, commit_lsn);
    bytes_add_u64be(out, end_lsn);
    bytes_add_u64be(out, 1000000);
    return bytes_str(out);
}

/* Columns: int4 named "id" in the identity, then texts named "b", "c", ... */
static inline Str put_relation(Bytes *out, uint32_t xid, uint32_t oid, const char *table,
                               size_t columns)
{
    put_start(out, 'R', xid);
    bytes_add_u32be(out, oid);
    put_cstr(out, "public");
    put_cstr(out, table);
    bytes_add_u8(out, 'd');
    bytes_add_u16be(out, (uint16_t)columns);
    for (size_t i = 0; i < columns; i++) {
        char name[2] = {(char)('a' + i), '\0'};

        bytes_add_u8(out, i == 0);
        put_cstr(out, i == 0 ? "id" : name);
        bytes_add_u32be(out, i == 0 ? 23 : 25);
        bytes_add_u32be(out, UINT32_MAX);
    }
    return bytes_str(out);
}

static inline Str put_insert(Bytes *out, uint32_t xid, uint32_t oid, const char *const *values,
                             size_t count)
{
    put_start(out, 'I', xid);
    bytes_add_u32be(out, oid);
    put_tuple(out, 'N', values, count);
    return bytes_str(out);
}

/* old_part K or O; 0: no old tuple. */
static inline Str put_update(Bytes *out, uint32_t xid, uint32_t oid, char old_part,
                             const char *const *old_values, const char *const *values, size_t count)
{
    put_start(out, 'U', xid);
    bytes_add_u32be(out, oid);
    if (old_part)
        put_tuple(out, old_part, old_values, count);
    put_tuple(out, 'N', values, count);
    return bytes_str(out);
}

static inline Str put_delete(Bytes *out, uint32_t xid, uint32_t oid, const char *const *values,
                             size_t count)
{
    put_start(out, 'D', xid);
    bytes_add_u32be(out, oid);
    put_tuple(out, 'K', values, count);
    return bytes_str(out);
}

static inline Str put_truncate(Bytes *out, uint32_t xid, const uint32_t *oids, uint32_t count)
{
    put_start(out, 'T', xid);
    bytes_add_u32be(out, count);
    bytes_add_u8(out, 2); /* RESTART IDENTITY */
    for (uint32_t i = 0; i < count; i++)
        bytes_add_u32be(out, oids[i]);
    return bytes_str(out);
}

static inline Str put_stream_start(Bytes *out, uint32_t xid)
{
    put_start(out, 'S', xid);
    bytes_add_u8(out, 1);
    return bytes_str(out);
}

static inline Str put_stream_stop(Bytes *out)
{
    put_start(out, 'E', 0);
    return bytes_str(out);
}

static inline Str put_stream_abort(Bytes *out, uint32_t xid, uint32_t subxid)
{
    put_start(out, 'A', xid);
    bytes_add_u32be(out, subxid);
    return bytes_str(out);
}
