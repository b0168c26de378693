/* The header of a batch, through protobuf-c. The body is in codec_changes.c. */
#include "common/codec.h"

#include "change.pb-c.h"
#include "common/wire.h"

#include <inttypes.h>

/* Short names for the generated types of this file. */
typedef Walferry__Change__BatchHeader PbHeader;
typedef Walferry__Change__Relation PbRelation;
typedef Walferry__Change__Column PbColumn;
typedef Walferry__Change__Transaction PbTransaction;
typedef Walferry__Change__Position PbPosition;
typedef Walferry__Change__CopyRows PbCopyRows;

/*
 * What a message may look like before protobuf-c makes structs of it, which may be thirty times
 * larger: no unknown fields, only sub-messages repeat, and none is shorter than its least content
 * (a column its number and name, a relation its oid and name, a transaction its commit_lsn).
 */
typedef struct Shape {
    uint32_t last_field;
    struct {
        uint32_t number;
        size_t min_bytes;
        const struct Shape *shape;
    } parts[4];
} Shape;

static const Shape COLUMN = {.last_field = 7};
static const Shape POSITION = {.last_field = 2};
static const Shape COPY_ROWS = {.last_field = 9};
static const Shape RELATION = {.last_field = 10, .parts = {{6, 5, &COLUMN}}};
static const Shape TRANSACTION = {.last_field = 8, .parts = {{7, 0, &POSITION}}};
static const Shape HEADER = {
    .last_field = 14,
    .parts = {{8, 5, &RELATION}, {9, 9, &TRANSACTION}, {13, 0, &COPY_ROWS}},
};

static bool has_shape(Str wire, const Shape *shape)
{
    WireCursor cursor = wire_over(wire);
    WireField field;
    uint32_t last = 0;

    for (; wire_next(&cursor, &field); last = field.number) {
        size_t i = 0;

        while (i < COUNT_OF(shape->parts) && shape->parts[i].number != field.number)
            i++;
        bool is_part = i < COUNT_OF(shape->parts);
        if (field.number > shape->last_field || field.number < last ||
            (field.number == last && !is_part))
            return false;
        if (!is_part && field.bytes.len > 0 && memchr(field.bytes.data, '\0', field.bytes.len))
            return false; /* a text, in C's form */
        if (is_part && (field.type != WIRE_BYTES || field.bytes.len < shape->parts[i].min_bytes ||
                        !has_shape(field.bytes, shape->parts[i].shape)))
            return false;
    }
    return !cursor.failed;
}

/* The generated structs want a NUL behind a text. */
static char *text_of(Arena *arena, Str text)
{
    return (char *)(uintptr_t)arena_copy(arena, text).data;
}

static PbPosition *pack_position(Arena *arena, Position position)
{
    PbPosition *out = ARENA_NEW(arena, PbPosition);

    walferry__change__position__init(out);
    out->commit_lsn = position.commit_lsn;
    out->ordinal = position.ordinal;
    return out;
}

static PbColumn *pack_column(Arena *arena, const Column *column)
{
    PbColumn *out = ARENA_NEW(arena, PbColumn);

    walferry__change__column__init(out);
    out->attnum = column->attnum;
    out->name = text_of(arena, column->name);
    out->type_oid = column->type_oid;
    out->type_modifier = column->type_modifier;
    out->key = column->key;
    out->to = text_of(arena, column->to);
    out->skip = column->skip;
    return out;
}

static PbRelation *pack_relation(Arena *arena, const Relation *relation)
{
    PbRelation *out = ARENA_NEW(arena, PbRelation);

    walferry__change__relation__init(out);
    out->oid = relation->oid;
    out->schema = text_of(arena, relation->schema);
    out->table = text_of(arena, relation->table);
    out->lane_by_key = relation->lane_by_key;
    out->full_identity = relation->full_identity;
    out->to_schema = text_of(arena, relation->to_schema);
    out->to_table = text_of(arena, relation->to_table);
    out->left_out = relation->left_out;
    out->source = text_of(arena, relation->source);
    out->n_columns = relation->column_count;
    out->columns = ARENA_ARRAY(arena, PbColumn *, relation->column_count);
    for (uint32_t i = 0; i < relation->column_count; i++)
        out->columns[i] = pack_column(arena, &relation->columns[i]);
    return out;
}

static PbTransaction *pack_transaction(Arena *arena, const Transaction *transaction)
{
    PbTransaction *out = ARENA_NEW(arena, PbTransaction);

    walferry__change__transaction__init(out);
    out->commit_lsn = transaction->commit_lsn;
    out->end_lsn = transaction->end_lsn;
    out->commit_time_us = transaction->commit_time_us;
    out->xid = transaction->xid;
    out->first_record_id = transaction->first_record_id;
    out->last_ordinal = transaction->last_ordinal;
    out->predecessor = pack_position(arena, transaction->predecessor);
    out->ends = transaction->ends;
    return out;
}

static PbCopyRows *pack_copy(Arena *arena, const CopyRows *copy)
{
    PbCopyRows *out = ARENA_NEW(arena, PbCopyRows);

    walferry__change__copy_rows__init(out);
    out->chunk = copy->chunk;
    out->attempt = copy->attempt;
    out->binary = copy->binary;
    out->last = copy->last;
    out->rows = copy->rows;
    out->producer = text_of(arena, copy->producer);
    out->first_block = copy->first_block;
    out->end_block = copy->end_block;
    return out;
}

static void pack_lists(Arena *arena, const BatchHeader *header, PbHeader *out)
{
    out->n_relations = header->relation_count;
    out->relations = ARENA_ARRAY(arena, PbRelation *, header->relation_count);
    for (uint32_t i = 0; i < header->relation_count; i++)
        out->relations[i] = pack_relation(arena, &header->relations[i]);

    out->n_transactions = header->transaction_count;
    out->transactions = ARENA_ARRAY(arena, PbTransaction *, header->transaction_count);
    for (uint32_t i = 0; i < header->transaction_count; i++)
        out->transactions[i] = pack_transaction(arena, &header->transactions[i]);
}

Frame *codec_pack_header(const BatchHeader *header)
{
    CLEANUP(arena_done) Arena arena = {0};
    PbHeader out = WALFERRY__CHANGE__BATCH_HEADER__INIT;

    out.version = WIRE_VERSION;
    out.epoch = header->epoch;
    out.sequence = header->sequence;
    out.kind = (Walferry__Change__BatchKind)header->kind;
    out.lane = header->lane;
    out.only_lane = header->only_lane;
    out.change_count = header->change_count;
    out.stream_start = header->stream_start;
    out.next_record_id = header->next_record_id;
    out.flush = header->flush;
    out.task = text_of(&arena, header->task);
    if (header->kind == BATCH_COPY_ROWS)
        out.copy = pack_copy(&arena, &header->copy);
    pack_lists(&arena, header, &out);

    Frame *frame = frame_new(walferry__change__batch_header__get_packed_size(&out));
    walferry__change__batch_header__pack(&out, (uint8_t *)frame->data);
    return frame;
}

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void leave_to_arena(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static ProtobufCAllocator allocator_over(Arena *arena)
{
    return (ProtobufCAllocator){.alloc = allocate, .free = leave_to_arena, .allocator_data = arena};
}

static Position unpack_position(const PbPosition *position)
{
    return position ? (Position){position->commit_lsn, position->ordinal} : (Position){0};
}

static void unpack_relation(Arena *arena, const PbRelation *in, Relation *out)
{
    *out = (Relation){
        .oid = in->oid,
        .schema = str_of(in->schema),
        .table = str_of(in->table),
        .lane_by_key = in->lane_by_key,
        .full_identity = in->full_identity,
        .to_schema = str_of(in->to_schema),
        .to_table = str_of(in->to_table),
        .left_out = in->left_out,
        .source = str_of(in->source),
        .columns = ARENA_ARRAY(arena, Column, in->n_columns),
        .column_count = (uint32_t)in->n_columns,
    };
    for (size_t i = 0; i < in->n_columns; i++) {
        const PbColumn *column = in->columns[i];

        out->columns[i] = (Column){
            .attnum = column->attnum,
            .name = str_of(column->name),
            .type_oid = column->type_oid,
            .type_modifier = column->type_modifier,
            .key = column->key,
            .to = str_of(column->to),
            .skip = column->skip,
        };
    }
}

static Transaction unpack_transaction(const PbTransaction *in)
{
    return (Transaction){
        .commit_lsn = in->commit_lsn,
        .end_lsn = in->end_lsn,
        .commit_time_us = in->commit_time_us,
        .xid = in->xid,
        .first_record_id = in->first_record_id,
        .last_ordinal = in->last_ordinal,
        .predecessor = unpack_position(in->predecessor),
        .ends = in->ends,
    };
}

static void unpack_lists(Arena *arena, const PbHeader *in, BatchHeader *out)
{
    out->relation_count = (uint32_t)in->n_relations;
    out->relations = ARENA_ARRAY(arena, Relation, in->n_relations);
    for (size_t i = 0; i < in->n_relations; i++)
        unpack_relation(arena, in->relations[i], &out->relations[i]);

    out->transaction_count = (uint32_t)in->n_transactions;
    out->transactions = ARENA_ARRAY(arena, Transaction, in->n_transactions);
    for (size_t i = 0; i < in->n_transactions; i++)
        out->transactions[i] = unpack_transaction(in->transactions[i]);
}

static void unpack_scalars(const PbHeader *in, BatchHeader *out)
{
    *out = (BatchHeader){
        .epoch = in->epoch,
        .sequence = in->sequence,
        .kind = (BatchKind)in->kind,
        .lane = in->lane,
        .only_lane = in->only_lane,
        .change_count = in->change_count,
        .stream_start = in->stream_start,
        .next_record_id = in->next_record_id,
        .flush = in->flush,
        .task = str_of(in->task),
    };
    if (in->copy)
        out->copy = (CopyRows){
            .chunk = in->copy->chunk,
            .attempt = in->copy->attempt,
            .rows = in->copy->rows,
            .binary = in->copy->binary,
            .last = in->copy->last,
            .producer = str_of(in->copy->producer),
            .first_block = in->copy->first_block,
            .end_block = in->copy->end_block,
        };
}

/* Everything has the name by which it is known. */
static bool lists_are_complete(const PbHeader *in)
{
    for (size_t i = 0; i < in->n_relations; i++) {
        const PbRelation *relation = in->relations[i];

        if (relation->oid == 0 || relation->table[0] == '\0')
            return false;
        for (size_t c = 0; c < relation->n_columns; c++) {
            if (relation->columns[c]->attnum == 0 || relation->columns[c]->name[0] == '\0')
                return false;
        }
    }
    for (size_t i = 0; i < in->n_transactions; i++) {
        if (in->transactions[i]->commit_lsn == 0)
            return false;
    }
    return true;
}

/* What is wrong with a header whose every field could be read, or NULL. */
static const char *check_header(const PbHeader *in)
{
    bool copy_rows = in->kind == WALFERRY__CHANGE__BATCH_KIND__COPY_ROWS;

    if (!copy_rows && in->kind != WALFERRY__CHANGE__BATCH_KIND__CHANGES)
        return "unknown kind of batch";
    if (in->only_lane < LANE_ALL)
        return "lane out of range";
    if (copy_rows != (in->copy != NULL))
        return "copy rows and kind of batch do not match";
    if (copy_rows && (in->n_relations != 1 || in->copy->relation != 0))
        return "copy rows of other than one relation";
    if (copy_rows && (in->only_lane == LANE_ALL || in->change_count > 0))
        return "copy rows without a lane of their own, or with changes";
    if (in->task[0] == '\0')
        return "names no task"; /* the last field: a header cut short at a field's end shows */
    if (in->change_count > 0 && (in->n_relations == 0 || in->n_transactions == 0))
        return "changes without relations or transactions";
    return lists_are_complete(in) ? NULL : "a relation, column or transaction without a name";
}

/* Looked at before anything else: a newer version may have any shape but this first field. */
static bool is_our_version(Str wire, Error *err)
{
    WireCursor cursor = wire_over(wire);
    WireField field = {0};
    bool found = wire_next(&cursor, &field) && field.number == 1 && field.type == WIRE_VARINT;

    if (!found)
        return error_set(err, ERROR_PROTOCOL, "batch header cannot be read");
    if (field.value == WIRE_VERSION)
        return true;
    error_set(err, ERROR_PROTOCOL, "batch has version %" PRIu64 ", this program reads %d",
              field.value, WIRE_VERSION);
    return error_hint(err, "run all stages from one version of walferry");
}

bool codec_unpack_header(Str frame, Arena *arena, BatchHeader *out, Error *err)
{
    ProtobufCAllocator allocator = allocator_over(arena);

    if (frame.len > HEADER_MAX_BYTES)
        return error_set(err, ERROR_PROTOCOL, "batch header of %zu bytes is too large", frame.len);
    if (!is_our_version(frame, err))
        return false;
    if (!has_shape(frame, &HEADER))
        return error_set(err, ERROR_PROTOCOL, "batch header is truncated or has unknown fields");
    PbHeader *in =
        walferry__change__batch_header__unpack(&allocator, frame.len, (const uint8_t *)frame.data);
    if (!in)
        return error_set(err, ERROR_PROTOCOL, "batch header cannot be read");
    const char *wrong = check_header(in);
    if (wrong)
        return error_set(err, ERROR_PROTOCOL, "batch %" PRIu64 ": %s", in->sequence, wrong);
    unpack_scalars(in, out);
    unpack_lists(arena, in, out);
    return true;
}
