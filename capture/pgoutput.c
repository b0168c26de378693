#include "capture/pgoutput.h"

#include "common/clock.h"
#include "common/mem.h"
#include "common/reader.h"

#include <ctype.h>
#include <stdlib.h>

enum {
    ATTRIBUTE_MIN_BYTES = 1 + 1 + 4 + 4,
    VALUE_MIN_BYTES = 1,
    PARALLEL_ABORT_BYTES = 8 + 8, /* protocol 4 with streaming 'parallel' */
};

typedef void Decode(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out);

void pgoutput_done(PgoutputDecoder *decoder)
{
    arena_done(&decoder->arena);
    free(decoder->values);
    *decoder = (PgoutputDecoder){0};
}

static int64_t read_time(Reader *r)
{
    /* Unsigned, since a hostile sum may not fit. */
    return (int64_t)(reader_u64be(r) + (uint64_t)CLOCK_POSTGRES_EPOCH_US);
}

static void decode_begin(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->begin.commit_lsn = reader_u64be(r);
    out->begin.commit_time_us = read_time(r);
    out->begin.xid = reader_u32be(r);
}

static void read_commit(Reader *r, PgoutputCommit *commit)
{
    if (reader_u8(r) != 0) /* flags: none are defined */
        reader_fail(r);
    commit->commit_lsn = reader_u64be(r);
    commit->end_lsn = reader_u64be(r);
    commit->commit_time_us = read_time(r);
}

static void decode_commit(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->commit.xid = 0;
    read_commit(r, &out->commit);
}

static void decode_stream_commit(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->commit.xid = reader_u32be(r);
    read_commit(r, &out->commit);
}

static void decode_stream_start(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->stream_start.xid = reader_u32be(r);
    out->stream_start.first_segment = reader_u8(r) == 1;
}

static void decode_stream_stop(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    (void)r;
    (void)out;
}

static void decode_stream_abort(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->stream_abort.xid = reader_u32be(r);
    out->stream_abort.subxid = reader_u32be(r);
    if (r->at != r->end)
        reader_bytes(r, PARALLEL_ABORT_BYTES);
}

static void decode_origin(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    (void)out;
    reader_u64be(r);
    reader_cstr(r);
}

static void decode_type(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    (void)out;
    reader_u32be(r);
    reader_cstr(r);
    reader_cstr(r);
}

static void decode_message(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    (void)decoder;
    out->message.transactional = reader_u8(r) & 1;
    reader_u64be(r);
    out->message.prefix = reader_cstr(r);
    out->message.content = reader_bytes(r, reader_u32be(r));
}

static void decode_relation(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    PgoutputRelation *relation = &out->relation;

    relation->oid = reader_u32be(r);
    relation->schema = reader_cstr(r);
    relation->table = reader_cstr(r);
    relation->identity = (char)reader_u8(r);
    relation->count = (uint32_t)reader_count16(r, ATTRIBUTE_MIN_BYTES);
    relation->attributes = ARENA_ARRAY(&decoder->arena, PgoutputAttribute, relation->count);
    for (uint32_t i = 0; i < relation->count; i++) {
        PgoutputAttribute *attribute = &relation->attributes[i];

        attribute->identity = reader_u8(r) & 1;
        attribute->name = reader_cstr(r);
        attribute->type_oid = reader_u32be(r);
        attribute->type_modifier = (int32_t)reader_u32be(r);
    }
}

static void decode_truncate(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    PgoutputTruncate *truncate = &out->truncate;
    uint32_t claimed = reader_u32be(r);
    uint8_t options = reader_u8(r);

    if (claimed > (size_t)(r->end - r->at) / sizeof(uint32_t)) {
        reader_fail(r);
        claimed = 0;
    }
    truncate->count = claimed;
    truncate->cascade = options & 1;
    truncate->restart_identity = options & 2;
    truncate->relation_oids = ARENA_ARRAY(&decoder->arena, uint32_t, claimed);
    for (uint32_t i = 0; i < claimed; i++)
        truncate->relation_oids[i] = reader_u32be(r);
}

/* The tuples of one message stand one behind the other in the decoder's array. */
static Value *room_for(PgoutputDecoder *decoder, size_t used, size_t count)
{
    /* One more than needed: a tuple without columns is a tuple all the same, not NULL. */
    if (used + count >= decoder->capacity) {
        decoder->capacity = (used + count + 1) * 2;
        decoder->values = mem_resize(decoder->values, decoder->capacity, sizeof(Value));
    }
    return decoder->values + used;
}

static void read_value(Reader *r, Value *value, bool *unchanged)
{
    switch (reader_u8(r)) {
    case 'n':
        *value = (Value){.form = VALUE_NULL};
        break;
    case 'u':
        *value = (Value){.form = VALUE_UNCHANGED};
        *unchanged = true;
        break;
    case 't':
        *value = (Value){.form = VALUE_TEXT, .bytes = reader_bytes(r, reader_u32be(r))};
        break;
    case 'b':
        *value = (Value){.form = VALUE_BINARY, .bytes = reader_bytes(r, reader_u32be(r))};
        break;
    default:
        reader_fail(r);
    }
}

/* Returns the number of values; they stand from `used` on, wherever the array moves to. */
static uint32_t read_tuple(PgoutputDecoder *decoder, Reader *r, size_t used, bool *unchanged)
{
    uint32_t count = (uint32_t)reader_count16(r, VALUE_MIN_BYTES);
    Value *values = room_for(decoder, used, count);

    for (uint32_t i = 0; i < count && !r->failed; i++)
        read_value(r, &values[i], unchanged);
    return count;
}

static void decode_insert(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    out->row = (PgoutputRow){.relation_oid = reader_u32be(r)};
    if (reader_u8(r) != 'N')
        reader_fail(r);
    out->row.new_tuple.count = read_tuple(decoder, r, 0, &out->row.unchanged);
    out->row.new_tuple.values = decoder->values;
}

static void decode_update(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    bool ignored = false;
    bool has_old;
    uint8_t part;

    out->row = (PgoutputRow){.relation_oid = reader_u32be(r)};
    part = reader_u8(r);
    has_old = part == 'K' || part == 'O';
    if (has_old) {
        out->row.old_tuple.count = read_tuple(decoder, r, 0, &ignored);
        part = reader_u8(r);
    }
    if (part != 'N' || ignored)
        reader_fail(r);
    out->row.new_tuple.count =
        read_tuple(decoder, r, out->row.old_tuple.count, &out->row.unchanged);
    out->row.old_tuple.values = has_old ? decoder->values : NULL;
    out->row.new_tuple.values = decoder->values + out->row.old_tuple.count;
}

static void decode_delete(PgoutputDecoder *decoder, Reader *r, PgoutputMessage *out)
{
    bool unchanged = false;
    uint8_t part;

    out->row = (PgoutputRow){.relation_oid = reader_u32be(r)};
    part = reader_u8(r);
    out->row.old_tuple.count = read_tuple(decoder, r, 0, &unchanged);
    out->row.old_tuple.values = decoder->values;
    if ((part != 'K' && part != 'O') || unchanged)
        reader_fail(r);
}

/* By the first byte. Those of a transaction bear an xid in a streamed block. */
static const struct {
    Decode *decode;
    bool has_xid;
} MESSAGES[128] = {
    [PGOUTPUT_BEGIN] = {decode_begin, false},
    [PGOUTPUT_COMMIT] = {decode_commit, false},
    [PGOUTPUT_ORIGIN] = {decode_origin, false},
    [PGOUTPUT_RELATION] = {decode_relation, true},
    [PGOUTPUT_TYPE] = {decode_type, true},
    [PGOUTPUT_INSERT] = {decode_insert, true},
    [PGOUTPUT_UPDATE] = {decode_update, true},
    [PGOUTPUT_DELETE] = {decode_delete, true},
    [PGOUTPUT_TRUNCATE] = {decode_truncate, true},
    [PGOUTPUT_MESSAGE] = {decode_message, true},
    [PGOUTPUT_STREAM_START] = {decode_stream_start, false},
    [PGOUTPUT_STREAM_STOP] = {decode_stream_stop, false},
    [PGOUTPUT_STREAM_COMMIT] = {decode_stream_commit, false},
    [PGOUTPUT_STREAM_ABORT] = {decode_stream_abort, false},
};

bool pgoutput_decode(PgoutputDecoder *decoder, Str bytes, bool streamed, PgoutputMessage *out,
                     Error *err)
{
    Reader r = reader_over(bytes);
    uint8_t kind = reader_u8(&r);

    if (r.failed)
        return error_set(err, ERROR_PROTOCOL, "pgoutput: an empty message");
    if (kind >= COUNT_OF(MESSAGES) || !MESSAGES[kind].decode)
        return error_set(err, ERROR_PROTOCOL, "pgoutput: unknown message 0x%02x '%c'", kind,
                         isprint(kind) ? kind : '?');

    arena_reset(&decoder->arena);
    out->kind = (PgoutputKind)kind;
    out->xid = streamed && MESSAGES[kind].has_xid ? reader_u32be(&r) : 0;
    MESSAGES[kind].decode(decoder, &r, out);
    if (!reader_done(&r))
        return error_set(err, ERROR_PROTOCOL, "pgoutput: malformed '%c' message of %zu bytes", kind,
                         bytes.len);
    return true;
}
