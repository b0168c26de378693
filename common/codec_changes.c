/*
 * The body of a batch: message Changes of proto/change.proto, written and read by hand.
 *
 * Generated code would need each tuple's values in one piece before it packs them, and its own
 * structs after it has unpacked them: two more copies of a row that may have 1 GB, and most of the
 * time that a small row takes. codec_test holds this file against the generated code.
 */
#include "common/codec.h"

#include "common/wire.h"

/* Field numbers of change.proto. */
enum {
    CHANGES_CHANGES = 1,
    CHANGE_FIELD_KIND = 1,
    CHANGE_FIELD_RELATION = 2,
    CHANGE_FIELD_ORDINAL = 3,
    CHANGE_FIELD_OLD_TUPLE = 4,
    CHANGE_FIELD_NEW_TUPLE = 5,
    CHANGE_FIELD_TRUNCATED = 6,
    CHANGE_FIELD_RESTART_IDENTITY = 7,
    CHANGE_FIELD_TRANSACTION = 8,
    TUPLE_FIELD_FORMS = 1,
    TUPLE_FIELD_LENGTHS = 2,
    TUPLE_FIELD_VALUES = 3,
};

/* The least that a change takes in a body: its own tag and length, an ordinal, an empty tuple. */
enum { CHANGE_MIN_BYTES = 6 };

typedef struct TupleSize {
    size_t lengths; /* of the packed array, without tag and length */
    size_t values;
    size_t whole;
} TupleSize;

typedef struct ChangeSize {
    TupleSize old_tuple, new_tuple;
    size_t truncated;
    size_t whole;
} ChangeSize;

static inline bool has_bytes(ValueForm form)
{
    return form == VALUE_TEXT || form == VALUE_BINARY;
}

/* Tag, length and content; proto3 leaves out what is empty. */
static inline size_t bytes_field_size(size_t len)
{
    return len ? 1 + wire_varint_size(len) + len : 0;
}

static inline size_t varint_field_size(uint64_t value)
{
    return value ? 1 + wire_varint_size(value) : 0;
}

static TupleSize size_of_tuple(const Tuple *tuple)
{
    TupleSize size = {0};

    if (!tuple->values)
        return size;
    for (uint32_t i = 0; i < tuple->count; i++) {
        if (has_bytes(tuple->values[i].form)) {
            size.lengths += wire_varint_size(tuple->values[i].bytes.len);
            size.values += tuple->values[i].bytes.len;
        }
    }
    size.whole = bytes_field_size(tuple->count) + bytes_field_size(size.lengths) +
                 bytes_field_size(size.values);
    return size;
}

/* A tuple that is there is written even when it has no columns. */
static size_t tuple_field_size(const Tuple *tuple, const TupleSize *size)
{
    return tuple->values ? 1 + wire_varint_size(size->whole) + size->whole : 0;
}

static ChangeSize size_of_change(const Change *change)
{
    ChangeSize size = {
        .old_tuple = size_of_tuple(&change->old_tuple),
        .new_tuple = size_of_tuple(&change->new_tuple),
    };

    for (uint32_t i = 0; i < change->truncated_count; i++)
        size.truncated += wire_varint_size(change->truncated[i]);
    size.whole = varint_field_size((uint64_t)change->kind) + varint_field_size(change->relation) +
                 varint_field_size(change->ordinal) + varint_field_size(change->transaction) +
                 varint_field_size(change->restart_identity) + bytes_field_size(size.truncated) +
                 tuple_field_size(&change->old_tuple, &size.old_tuple) +
                 tuple_field_size(&change->new_tuple, &size.new_tuple);
    return size;
}

static inline char *put_varint_field(char *at, unsigned number, uint64_t value)
{
    return value ? wire_put_varint(wire_put_tag(at, number, WIRE_VARINT), value) : at;
}

static inline char *put_bytes_start(char *at, unsigned number, size_t len)
{
    return wire_put_varint(wire_put_tag(at, number, WIRE_BYTES), len);
}

static char *put_forms(char *at, const Tuple *tuple)
{
    if (tuple->count == 0)
        return at;
    at = put_bytes_start(at, TUPLE_FIELD_FORMS, tuple->count);
    for (uint32_t i = 0; i < tuple->count; i++)
        *at++ = (char)tuple->values[i].form;
    return at;
}

static char *put_lengths(char *at, const Tuple *tuple, const TupleSize *size)
{
    if (size->lengths == 0)
        return at;
    at = put_bytes_start(at, TUPLE_FIELD_LENGTHS, size->lengths);
    for (uint32_t i = 0; i < tuple->count; i++) {
        if (has_bytes(tuple->values[i].form))
            at = wire_put_varint(at, tuple->values[i].bytes.len);
    }
    return at;
}

static char *put_values(char *at, const Tuple *tuple, const TupleSize *size)
{
    if (size->values == 0)
        return at;
    at = put_bytes_start(at, TUPLE_FIELD_VALUES, size->values);
    for (uint32_t i = 0; i < tuple->count; i++) {
        const Value *value = &tuple->values[i];

        if (has_bytes(value->form) && value->bytes.len > 0) {
            memcpy(at, value->bytes.data, value->bytes.len);
            at += value->bytes.len;
        }
    }
    return at;
}

static char *put_tuple(char *at, unsigned number, const Tuple *tuple, const TupleSize *size)
{
    if (!tuple->values)
        return at;
    at = put_bytes_start(at, number, size->whole);
    at = put_forms(at, tuple);
    at = put_lengths(at, tuple, size);
    return put_values(at, tuple, size);
}

static char *put_truncated(char *at, const Change *change, size_t size)
{
    if (size == 0)
        return at;
    at = put_bytes_start(at, CHANGE_FIELD_TRUNCATED, size);
    for (uint32_t i = 0; i < change->truncated_count; i++)
        at = wire_put_varint(at, change->truncated[i]);
    return at;
}

static char *put_change(char *at, const Change *change, const ChangeSize *size)
{
    at = put_bytes_start(at, CHANGES_CHANGES, size->whole);
    at = put_varint_field(at, CHANGE_FIELD_KIND, (uint64_t)change->kind);
    at = put_varint_field(at, CHANGE_FIELD_RELATION, change->relation);
    at = put_varint_field(at, CHANGE_FIELD_ORDINAL, change->ordinal);
    at = put_tuple(at, CHANGE_FIELD_OLD_TUPLE, &change->old_tuple, &size->old_tuple);
    at = put_tuple(at, CHANGE_FIELD_NEW_TUPLE, &change->new_tuple, &size->new_tuple);
    at = put_truncated(at, change, size->truncated);
    at = put_varint_field(at, CHANGE_FIELD_RESTART_IDENTITY, change->restart_identity);
    return put_varint_field(at, CHANGE_FIELD_TRANSACTION, change->transaction);
}

size_t codec_change_size(const Change *change)
{
    size_t whole = size_of_change(change).whole;

    return 1 + wire_varint_size(whole) + whole;
}

void codec_pack_change(Bytes *body, const Change *change)
{
    ChangeSize size = size_of_change(change);
    size_t needed = 1 + wire_varint_size(size.whole) + size.whole;
    char *at = bytes_reserve(body, needed);

    if (!at)
        return;
    put_change(at, change, &size);
    body->len += needed;
}

/* What a change is read with. Decoders return NULL, or in a word what is wrong. */
typedef struct ChangesReader {
    const BatchHeader *header;
    Arena *arena;
} ChangesReader;

typedef struct TupleParts {
    Str forms, lengths, values;
} TupleParts;

static const char *split_tuple(Str wire, TupleParts *out)
{
    WireCursor cursor = wire_over(wire);
    WireField field;
    uint32_t last = 0;

    for (; wire_next(&cursor, &field); last = field.number) {
        if (field.number <= last || field.number > TUPLE_FIELD_VALUES || field.type != WIRE_BYTES)
            return "unknown or repeated field in a tuple";
        if (field.number == TUPLE_FIELD_FORMS)
            out->forms = field.bytes;
        else if (field.number == TUPLE_FIELD_LENGTHS)
            out->lengths = field.bytes;
        else
            out->values = field.bytes;
    }
    return cursor.failed ? "truncated tuple" : NULL;
}

/* UNCHANGED has a meaning in an UPDATE's new tuple only. */
static const char *fill_values(const TupleParts *parts, bool may_be_unchanged, Value *values)
{
    WireCursor lengths = wire_over(parts->lengths);
    const char *at = parts->values.data;
    size_t left = parts->values.len;

    for (size_t i = 0; i < parts->forms.len; i++) {
        uint8_t form = (uint8_t)parts->forms.data[i];

        values[i] = (Value){.form = (ValueForm)form};
        if (form > VALUE_UNCHANGED)
            return "unknown form of a value";
        if (form == VALUE_UNCHANGED && !may_be_unchanged)
            return "unchanged value outside an update's new tuple";
        if (!has_bytes(values[i].form))
            continue;
        uint64_t len = wire_varint(&lengths);
        if (lengths.failed || len > left)
            return "lengths do not match the values";
        values[i].bytes = (Str){at, (size_t)len};
        at = len ? at + len : at; /* NULL when there are no values at all */
        left -= len;
    }
    return left > 0 || lengths.at != lengths.end ? "lengths do not match the values" : NULL;
}

static const char *read_tuple(const ChangesReader *r, const Relation *relation, Str wire,
                              bool may_be_unchanged, Tuple *out)
{
    TupleParts parts = {0};
    const char *wrong = split_tuple(wire, &parts);

    if (wrong)
        return wrong;
    if (parts.forms.len != relation->column_count)
        return "number of values is not the relation's number of columns";
    out->count = relation->column_count;
    out->values = arena_alloc(r->arena, out->count * sizeof(Value));
    return fill_values(&parts, may_be_unchanged, out->values);
}

static const char *read_truncated(const ChangesReader *r, Str wire, Change *out)
{
    WireCursor cursor = wire_over(wire);

    if (wire.len == 0)
        return NULL;
    out->truncated = arena_alloc(r->arena, wire.len * sizeof(uint32_t)); /* a byte each, at least */
    while (cursor.at < cursor.end) {
        uint64_t index = wire_varint(&cursor);

        if (cursor.failed || index >= r->header->relation_count)
            return "truncated relation out of range";
        out->truncated[out->truncated_count++] = (uint32_t)index;
    }
    return NULL;
}

/* Everything but the tuples, which cannot be read before the relation is known to exist. */
static const char *read_scalars(WireCursor cursor, const ChangesReader *r, Change *out,
                                WireField tuples[2], Str *truncated)
{
    static const WireType TYPES[] = {
        [CHANGE_FIELD_KIND] = WIRE_VARINT,
        [CHANGE_FIELD_RELATION] = WIRE_VARINT,
        [CHANGE_FIELD_ORDINAL] = WIRE_VARINT,
        [CHANGE_FIELD_OLD_TUPLE] = WIRE_BYTES,
        [CHANGE_FIELD_NEW_TUPLE] = WIRE_BYTES,
        [CHANGE_FIELD_TRUNCATED] = WIRE_BYTES,
        [CHANGE_FIELD_RESTART_IDENTITY] = WIRE_VARINT,
        [CHANGE_FIELD_TRANSACTION] = WIRE_VARINT,
    };
    uint64_t values[COUNT_OF(TYPES)] = {0};
    WireField field;
    uint32_t last = 0;

    for (; wire_next(&cursor, &field); last = field.number) {
        if (field.number <= last || field.number >= COUNT_OF(TYPES) ||
            field.type != TYPES[field.number])
            return "unknown or repeated field in a change";
        values[field.number] = field.value;
        if (field.number == CHANGE_FIELD_OLD_TUPLE || field.number == CHANGE_FIELD_NEW_TUPLE)
            tuples[field.number - CHANGE_FIELD_OLD_TUPLE] = field;
        else if (field.number == CHANGE_FIELD_TRUNCATED)
            *truncated = field.bytes;
    }
    if (cursor.failed)
        return "truncated change";
    if (values[CHANGE_FIELD_KIND] > CHANGE_TRUNCATE)
        return "unknown kind of change";
    if (values[CHANGE_FIELD_RELATION] >= r->header->relation_count)
        return "relation out of range";
    if (values[CHANGE_FIELD_TRANSACTION] >= r->header->transaction_count)
        return "transaction out of range";
    *out = (Change){
        .kind = (ChangeKind)values[CHANGE_FIELD_KIND],
        .relation = (uint32_t)values[CHANGE_FIELD_RELATION],
        .transaction = (uint32_t)values[CHANGE_FIELD_TRANSACTION],
        .ordinal = values[CHANGE_FIELD_ORDINAL],
        .restart_identity = values[CHANGE_FIELD_RESTART_IDENTITY] != 0,
    };
    return NULL;
}

/* Which parts a change of each kind has, and may have. */
static const char *check_parts(const Change *change)
{
    static const struct {
        bool old_required, old_allowed, is_new, is_truncate;
    } RULES[] = {
        [CHANGE_INSERT] = {.is_new = true},
        [CHANGE_UPDATE] = {.old_allowed = true, .is_new = true},
        [CHANGE_DELETE] = {.old_required = true, .old_allowed = true},
        [CHANGE_TRUNCATE] = {.is_truncate = true},
    };
    bool has_old = change->old_tuple.values, has_new = change->new_tuple.values;
    bool has_truncated = change->truncated_count > 0;

    if (has_new != RULES[change->kind].is_new || (has_old && !RULES[change->kind].old_allowed) ||
        (!has_old && RULES[change->kind].old_required) ||
        has_truncated != RULES[change->kind].is_truncate)
        return "a change without the parts of its kind";
    return NULL;
}

static const char *read_change(const ChangesReader *r, Str wire, Change *out)
{
    WireField tuples[2] = {0};
    Str truncated = {0};
    const char *wrong = read_scalars(wire_over(wire), r, out, tuples, &truncated);

    if (wrong)
        return wrong;
    const Relation *relation = &r->header->relations[out->relation];
    if (tuples[0].number)
        wrong = read_tuple(r, relation, tuples[0].bytes, false, &out->old_tuple);
    if (!wrong && tuples[1].number)
        wrong =
            read_tuple(r, relation, tuples[1].bytes, out->kind == CHANGE_UPDATE, &out->new_tuple);
    if (!wrong)
        wrong = read_truncated(r, truncated, out);
    if (!wrong && (out->ordinal == 0 ||
                   out->ordinal > r->header->transactions[out->transaction].last_ordinal))
        wrong = "ordinal out of range";
    return wrong ? wrong : check_parts(out);
}

static bool refuse(Error *err, const BatchHeader *header, const char *what, uint32_t index)
{
    error_set(err, ERROR_PROTOCOL, "batch %llu: change %u: %s",
              (unsigned long long)header->sequence, index, what);
    return false;
}

bool codec_unpack_changes(Str frame, const BatchHeader *header, Arena *arena, Change **out,
                          Error *err)
{
    ChangesReader r = {.header = header, .arena = arena};
    uint32_t count = 0;
    WireField field;

    if (frame.len > FRAME_MAX_BYTES)
        return refuse(err, header, "body is too large", 0);
    if (header->change_count > frame.len / CHANGE_MIN_BYTES)
        return refuse(err, header, "body is too short for the number of changes", 0);

    Change *changes = ARENA_ARRAY(arena, Change, header->change_count);
    WireCursor cursor = wire_over(arena_copy(arena, frame));
    for (; wire_next(&cursor, &field); count++) {
        if (field.number != CHANGES_CHANGES || field.type != WIRE_BYTES)
            return refuse(err, header, "unknown field in a body", count);
        if (count == header->change_count)
            return refuse(err, header, "more changes than the header says", count);
        const char *wrong = read_change(&r, field.bytes, &changes[count]);
        if (wrong)
            return refuse(err, header, wrong, count);
    }
    if (cursor.failed || count != header->change_count)
        return refuse(err, header, "fewer changes than the header says", count);
    *out = changes;
    return true;
}
