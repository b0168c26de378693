#include "common/codec.h"

#include "change.pb-c.h"
#include "tests/support/batch_samples.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

/* One row of every form. */
static Value row[SAMPLE_COLUMNS] = {
    {.form = VALUE_TEXT, .bytes = STR("42")},
    {.form = VALUE_TEXT, .bytes = {"", 0}},
    {.form = VALUE_NULL},
    {.form = VALUE_BINARY, .bytes = STR("\0\xff\x80")},
};
static Value changed_row[SAMPLE_COLUMNS] = {
    {.form = VALUE_TEXT, .bytes = STR("43")},
    {.form = VALUE_TEXT, .bytes = STR("a name")},
    {.form = VALUE_UNCHANGED},
    {.form = VALUE_NULL},
};
static Value old_key[SAMPLE_COLUMNS] = {{.form = VALUE_TEXT, .bytes = STR("42")}};
static uint32_t both_relations[] = {0, 1};

static const Change every_kind[] = {
    {.kind = CHANGE_INSERT, .ordinal = 1, .new_tuple = {row, SAMPLE_COLUMNS}},
    {.kind = CHANGE_UPDATE, .ordinal = 2, .new_tuple = {changed_row, SAMPLE_COLUMNS}},
    {.kind = CHANGE_UPDATE,
     .ordinal = 300,
     .transaction = 1,
     .old_tuple = {old_key, SAMPLE_COLUMNS},
     .new_tuple = {changed_row, SAMPLE_COLUMNS}},
    {.kind = CHANGE_DELETE, .relation = 1, .ordinal = 301, .old_tuple = {old_key, 2}},
    {.kind = CHANGE_TRUNCATE,
     .ordinal = 302,
     .truncated = both_relations,
     .truncated_count = 2,
     .restart_identity = true},
};

typedef struct Fixture {
    Arena arena;
    Bytes body;
    Error err;
} Fixture;

static int set_up(void **state)
{
    *state = calloc(1, sizeof(Fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    arena_done(&f->arena);
    bytes_done(&f->body);
    free(f);
    return 0;
}

static void pack_every_kind(Bytes *body)
{
    for (size_t i = 0; i < COUNT_OF(every_kind); i++)
        codec_pack_change(body, &every_kind[i]);
}

static void assert_same_str(Str a, Str b)
{
    assert_int_equal(a.len, b.len);
    assert_true(str_equal(a, b));
}

static void assert_same_tuple(const Tuple *a, const Tuple *b)
{
    assert_int_equal(a->values != NULL, b->values != NULL);
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; a->values && b->values && i < a->count; i++) {
        assert_int_equal(a->values[i].form, b->values[i].form);
        assert_same_str(a->values[i].bytes, b->values[i].bytes);
    }
}

static void assert_same_change(const Change *a, const Change *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->relation, b->relation);
    assert_int_equal(a->transaction, b->transaction);
    assert_int_equal(a->ordinal, b->ordinal);
    assert_same_tuple(&a->old_tuple, &b->old_tuple);
    assert_same_tuple(&a->new_tuple, &b->new_tuple);
    assert_int_equal(a->truncated_count, b->truncated_count);
    for (uint32_t i = 0; i < a->truncated_count; i++)
        assert_int_equal(a->truncated[i], b->truncated[i]);
    assert_int_equal(a->restart_identity, b->restart_identity);
}

static void changes_of_every_kind_and_values_of_every_form_come_back(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(COUNT_OF(every_kind));
    Change *changes = NULL;

    pack_every_kind(&f->body);

    assert_true(codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
    for (size_t i = 0; i < COUNT_OF(every_kind); i++)
        assert_same_change(&every_kind[i], &changes[i]);
}

static void decoded_bytes_do_not_borrow_from_the_frame(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(COUNT_OF(every_kind));
    Change *changes = NULL;

    pack_every_kind(&f->body);
    assert_true(codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
    memset(f->body.data, 0xee, f->body.len);

    assert_same_change(&every_kind[0], &changes[0]);
}

static void what_we_write_is_what_generated_code_reads_and_writes(void **state)
{
    Fixture *f = *state;

    pack_every_kind(&f->body);

    Walferry__Change__Changes *generated =
        walferry__change__changes__unpack(NULL, f->body.len, (const uint8_t *)f->body.data);
    assert_non_null(generated);
    assert_int_equal(generated->n_changes, COUNT_OF(every_kind));
    assert_int_equal(generated->changes[2]->ordinal, 300);
    assert_int_equal(generated->changes[2]->new_tuple->n_lengths, 2);
    assert_memory_equal(generated->changes[2]->new_tuple->values.data, "43a name", 8);
    uint8_t *again = malloc(f->body.len);
    assert_int_equal(walferry__change__changes__get_packed_size(generated), f->body.len);
    assert_int_equal(walferry__change__changes__pack(generated, again), f->body.len);
    assert_memory_equal(again, f->body.data, f->body.len);
    free(again);
    walferry__change__changes__free_unpacked(generated, NULL);
}

static void the_size_said_is_the_size_packed(void **state)
{
    Fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(every_kind); i++) {
        size_t before = f->body.len;

        codec_pack_change(&f->body, &every_kind[i]);
        assert_int_equal(f->body.len - before, codec_change_size(&every_kind[i]));
    }
}

static void lengths_around_each_size_of_varint_come_back(void **state)
{
    static const size_t LENGTHS[] = {0, 1, 127, 128, 16383, 16384, 2097151, 2097152};
    Fixture *f = *state;
    BatchHeader header = sample_header(1);
    char *text = calloc(1, LENGTHS[COUNT_OF(LENGTHS) - 1]);

    for (size_t i = 0; i < COUNT_OF(LENGTHS); i++) {
        Value values[2] = {{VALUE_TEXT, {text, LENGTHS[i]}}, {VALUE_BINARY, {text, LENGTHS[i]}}};
        Change change = {
            .kind = CHANGE_INSERT, .relation = 1, .ordinal = 1, .new_tuple = {values, 2}};
        Change *changes = NULL;

        bytes_clear(&f->body);
        arena_reset(&f->arena);
        codec_pack_change(&f->body, &change);
        assert_int_equal(f->body.len, codec_change_size(&change));
        assert_true(
            codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
        assert_same_change(&change, changes);
    }
    free(text);
}

static void a_table_without_columns_has_rows_too(void **state)
{
    Fixture *f = *state;
    Relation relation = {.oid = 1, .schema = STR("public"), .table = STR("bare")};
    BatchHeader header = sample_header(1);
    Value none[1];
    Change change = {.kind = CHANGE_INSERT, .ordinal = 1, .new_tuple = {none, 0}};
    Change *changes = NULL;

    header.relations = &relation;
    header.relation_count = 1;
    codec_pack_change(&f->body, &change);

    assert_true(codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
    assert_non_null(changes[0].new_tuple.values);
    assert_int_equal(changes[0].new_tuple.count, 0);
}

static void a_change_that_passes_the_limit_is_left_out_and_shows(void **state)
{
    Fixture *f = *state;

    f->body.limit = 10;
    codec_pack_change(&f->body, &every_kind[1]);

    assert_true(f->body.overflowed);
    assert_int_equal(f->body.len, 0);
}

static void every_truncation_of_a_body_is_refused(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(COUNT_OF(every_kind));
    Change *changes = NULL;

    pack_every_kind(&f->body);
    for (size_t len = 0; len < f->body.len; len++) {
        char *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read behind the end */

        memcpy(exact, f->body.data, len);
        arena_reset(&f->arena);
        assert_false(
            codec_unpack_changes((Str){exact, len}, &header, &f->arena, &changes, &f->err));
        assert_int_equal(f->err.kind, ERROR_PROTOCOL);
        free(exact);
    }
}

static void a_flipped_byte_anywhere_is_refused_or_gives_well_formed_changes(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(COUNT_OF(every_kind));
    Change *changes = NULL;

    pack_every_kind(&f->body);
    for (size_t i = 0; i < f->body.len * 8; i++) {
        f->body.data[i / 8] ^= (char)(1 << i % 8);
        arena_reset(&f->arena);
        if (codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err)) {
            for (size_t c = 0; c < header.change_count; c++) {
                assert_true(changes[c].relation < header.relation_count);
                assert_true(changes[c].transaction < header.transaction_count);
            }
        }
        f->body.data[i / 8] ^= (char)(1 << i % 8);
    }
}

/* A body as protobuf text would be too long: bytes of one change, without its tag and length. */
typedef struct Malformed {
    const char *what;
    Str change;
    const char *message;
} Malformed;

#define INSERT_TUPLE(tuple_bytes) "\x18\x01\x2a" tuple_bytes

static const Malformed malformed[] = {
    {"unknown kind", STR("\x08\x04\x18\x01"), "unknown kind of change"},
    {"relation out of range", STR("\x10\x02\x18\x01"), "relation out of range"},
    {"transaction out of range", STR("\x18\x01\x40\x02"), "transaction out of range"},
    {"ordinal missing", STR("\x10\x01\x2a\x06\x0a\x02\0\0\x1a\0"), "ordinal out of range"},
    {"ordinal too large", STR("\x10\x01\x18\xe9\x07\x2a\x06\x0a\x02\0\0\x1a\0"),
     "ordinal out of range"},
    {"unknown field", STR("\x18\x01\x48\x01"), "unknown or repeated field in a change"},
    {"repeated field", STR("\x18\x01\x18\x02"), "unknown or repeated field in a change"},
    {"fields out of order", STR("\x18\x01\x10\x01"), "unknown or repeated field in a change"},
    {"field of another type", STR("\x19\x01\0\0\0\0\0\0\0"),
     "unknown or repeated field in a change"},
    {"a group", STR("\x0b"), "truncated change"},
    {"insert without a tuple", STR("\x18\x01"), "without the parts of its kind"},
    {"delete without a tuple", STR("\x08\x02\x18\x01"), "without the parts of its kind"},
    {"truncate without relations", STR("\x08\x03\x18\x01"), "without the parts of its kind"},
    {"insert with an old tuple", STR("\x10\x01\x18\x01\x22\x04\x0a\x02\0\0\x2a\x04\x0a\x02\0\0"),
     "without the parts of its kind"},
    {"insert that truncates", STR("\x10\x01\x18\x01\x2a\x04\x0a\x02\0\0\x32\x01\0"),
     "without the parts of its kind"},
    {"truncated relation out of range", STR("\x08\x03\x18\x01\x32\x01\x02"),
     "truncated relation out of range"},
    {"too few forms", STR("\x10\x01" INSERT_TUPLE("\x03\x0a\x01\0")), "number of values"},
    {"too many forms", STR("\x10\x01" INSERT_TUPLE("\x05\x0a\x03\0\0\0")), "number of values"},
    {"unknown form", STR("\x10\x01" INSERT_TUPLE("\x04\x0a\x02\0\x04")), "unknown form"},
    {"unchanged in an insert", STR("\x10\x01" INSERT_TUPLE("\x04\x0a\x02\0\x03")),
     "unchanged value"},
    {"unchanged in an old tuple", STR("\x08\x02\x10\x01\x18\x01\x22\x04\x0a\x02\0\x03"),
     "unchanged value"},
    {"length missing", STR("\x10\x01" INSERT_TUPLE("\x04\x0a\x02\0\x01")), "lengths do not match"},
    {"length too many", STR("\x10\x01" INSERT_TUPLE("\x08\x0a\x02\0\x01\x12\x02\0\0")),
     "lengths do not match"},
    {"lengths above the values",
     STR("\x10\x01" INSERT_TUPLE("\x0a\x0a\x02\0\x01\x12\x01\x02\x1a\x01z")),
     "lengths do not match"},
    {"values above the lengths",
     STR("\x10\x01" INSERT_TUPLE("\x0b\x0a\x02\0\x01\x12\x01\x01\x1a\x02zz")),
     "lengths do not match"},
    {"unknown field in a tuple", STR("\x10\x01" INSERT_TUPLE("\x06\x0a\x02\0\0\x22\0")),
     "field in a tuple"},
};

static void malformed_changes_are_refused_with_what_is_wrong(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(2);

    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        Change *changes = NULL;

        bytes_clear(&f->body);
        bytes_add_u8(&f->body, 0x0a);
        bytes_add_u8(&f->body, (uint8_t)malformed[i].change.len);
        bytes_add_str(&f->body, malformed[i].change);
        codec_pack_change(&f->body, &every_kind[1]); /* so that the body is long enough for two */
        if (codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err))
            fail_msg("%s: was accepted", malformed[i].what);
        assert_int_equal(f->err.kind, ERROR_PROTOCOL);
        if (!strstr(f->err.message, malformed[i].message))
            fail_msg("%s: %s", malformed[i].what, f->err.message);
    }
}

static void a_count_that_the_body_cannot_hold_allocates_nothing(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(UINT32_MAX);
    Change *changes = NULL;

    pack_every_kind(&f->body);

    assert_false(codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
    assert_int_equal(f->arena.bytes, 0);
    assert_non_null(strstr(f->err.message, "batch 17"));
}

static void more_changes_than_the_header_says_are_refused(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(COUNT_OF(every_kind) - 1);
    Change *changes = NULL;

    pack_every_kind(&f->body);

    assert_false(codec_unpack_changes(bytes_str(&f->body), &header, &f->arena, &changes, &f->err));
    assert_non_null(strstr(f->err.message, "more changes"));
}

static void assert_same_relation(const Relation *a, const Relation *b)
{
    assert_int_equal(a->oid, b->oid);
    assert_same_str(a->schema, b->schema);
    assert_same_str(a->table, b->table);
    assert_int_equal(a->lane_by_key, b->lane_by_key);
    assert_int_equal(a->full_identity, b->full_identity);
    assert_int_equal(a->column_count, b->column_count);
    for (uint32_t i = 0; i < a->column_count; i++) {
        assert_int_equal(a->columns[i].attnum, b->columns[i].attnum);
        assert_same_str(a->columns[i].name, b->columns[i].name);
        assert_int_equal(a->columns[i].type_oid, b->columns[i].type_oid);
        assert_int_equal(a->columns[i].type_modifier, b->columns[i].type_modifier);
        assert_int_equal(a->columns[i].key, b->columns[i].key);
    }
}

static void assert_same_transaction(const Transaction *a, const Transaction *b)
{
    assert_int_equal(a->commit_lsn, b->commit_lsn);
    assert_int_equal(a->end_lsn, b->end_lsn);
    assert_int_equal(a->commit_time_us, b->commit_time_us);
    assert_int_equal(a->xid, b->xid);
    assert_int_equal(a->first_record_id, b->first_record_id);
    assert_int_equal(a->last_ordinal, b->last_ordinal);
    assert_int_equal(position_compare(a->predecessor, b->predecessor), 0);
    assert_int_equal(a->ends, b->ends);
}

static void a_header_comes_back(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(9), back;

    header.lane = 2;
    header.only_lane = 2;
    Frame *frame = codec_pack_header(&header);

    assert_true(codec_unpack_header(frame_str(frame), &f->arena, &back, &f->err));
    frame_unref(&frame);
    assert_int_equal(back.epoch, 3);
    assert_int_equal(back.sequence, 17);
    assert_int_equal(back.kind, BATCH_CHANGES);
    assert_int_equal(back.lane, 2);
    assert_int_equal(back.only_lane, 2);
    assert_int_equal(back.change_count, 9);
    assert_int_equal(back.stream_start, 0x800);
    assert_int_equal(back.next_record_id, 4711);
    assert_true(back.flush);
    assert_same_str(back.task, header.task);
    assert_int_equal(back.relation_count, 2);
    assert_int_equal(back.transaction_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_same_relation(&header.relations[i], &back.relations[i]);
        assert_same_transaction(&header.transactions[i], &back.transactions[i]);
    }
}

static BatchHeader copy_header(void)
{
    BatchHeader header = sample_header(0);

    header.kind = BATCH_COPY_ROWS;
    header.relation_count = 1;
    header.transaction_count = 0;
    header.only_lane = 1;
    header.copy = (CopyRows){.chunk = 7,
                             .attempt = 9,
                             .rows = 1000,
                             .binary = true,
                             .last = true,
                             .producer = STR("copy-1"),
                             .first_block = 128,
                             .end_block = 256};
    return header;
}

static void a_header_of_copy_rows_comes_back(void **state)
{
    Fixture *f = *state;
    BatchHeader header = copy_header(), back;
    Frame *frame = codec_pack_header(&header);

    assert_true(codec_unpack_header(frame_str(frame), &f->arena, &back, &f->err));
    frame_unref(&frame);
    assert_int_equal(back.kind, BATCH_COPY_ROWS);
    assert_int_equal(back.copy.chunk, 7);
    assert_int_equal(back.copy.attempt, 9);
    assert_int_equal(back.copy.rows, 1000);
    assert_true(str_equal(back.copy.producer, str_of("copy-1")));
    assert_int_equal(back.copy.first_block, 128);
    assert_int_equal(back.copy.end_block, 256);
    assert_true(back.copy.binary);
    assert_true(back.copy.last);
    assert_same_str(back.copy.producer, header.copy.producer);
    assert_int_equal(back.copy.first_block, 128);
    assert_int_equal(back.copy.end_block, 256);
}

static void every_truncation_of_a_header_is_refused(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(9), back;
    Frame *frame = codec_pack_header(&header);

    for (size_t len = 0; len < frame->len; len++) {
        char *exact = malloc(len ? len : 1);

        memcpy(exact, frame->data, len);
        arena_reset(&f->arena);
        assert_false(codec_unpack_header((Str){exact, len}, &f->arena, &back, &f->err));
        assert_int_equal(f->err.kind, ERROR_PROTOCOL);
        free(exact);
    }
    frame_unref(&frame);
}

static void assert_header_refused(Fixture *f, const BatchHeader *header, const char *message)
{
    BatchHeader back;
    Frame *frame = codec_pack_header(header);

    assert_false(codec_unpack_header(frame_str(frame), &f->arena, &back, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
    if (!strstr(f->err.message, message))
        fail_msg("%s: %s", message, f->err.message);
    frame_unref(&frame);
}

static void headers_that_contradict_themselves_are_refused(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(1);

    header.only_lane = -2;
    assert_header_refused(f, &header, "lane out of range");
    header = sample_header(1);
    header.task = (Str){0};
    assert_header_refused(f, &header, "names no task");
    header = sample_header(1);
    header.relation_count = 0;
    assert_header_refused(f, &header, "without relations");
    header = sample_header(1);
    header.kind = (BatchKind)2;
    assert_header_refused(f, &header, "unknown kind of batch");
    header = copy_header();
    header.only_lane = LANE_ALL;
    assert_header_refused(f, &header, "lane of their own");
    header = copy_header();
    header.relation_count = 2;
    assert_header_refused(f, &header, "other than one relation");
}

static void another_version_is_refused_whatever_else_it_says(void **state)
{
    Fixture *f = *state;
    BatchHeader back;
    Str newer = STR("\x08\x02\xba\x3e\x01z");

    assert_false(codec_unpack_header(newer, &f->arena, &back, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
    assert_string_equal(f->err.message, "batch has version 2, this program reads 1");
}

static void fields_that_we_do_not_know_are_refused_in_a_header(void **state)
{
    Fixture *f = *state;
    BatchHeader back;
    Str unknown = STR("\x08\x01\x72\x01z\xba\x3e\x01z");

    assert_false(codec_unpack_header(unknown, &f->arena, &back, &f->err));
    assert_non_null(strstr(f->err.message, "unknown fields"));
}

static void a_header_of_empty_relations_is_refused_before_it_becomes_structs(void **state)
{
    Fixture *f = *state;
    BatchHeader back;

    bytes_add_u8(&f->body, 0x08);
    bytes_add_u8(&f->body, 0x01);
    for (int i = 0; i < 100000; i++)
        bytes_add_u16be(&f->body, 0x4200);

    assert_false(codec_unpack_header(bytes_str(&f->body), &f->arena, &back, &f->err));
    assert_int_equal(f->arena.bytes, 0);
}

static void a_frame_above_the_limit_is_not_looked_at(void **state)
{
    Fixture *f = *state;
    BatchHeader header = sample_header(1), back;
    Change *changes = NULL;

    assert_false(codec_unpack_header((Str){"", HEADER_MAX_BYTES + 1UL}, &f->arena, &back, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
    assert_false(codec_unpack_changes((Str){"", FRAME_MAX_BYTES + 1UL}, &header, &f->arena,
                                      &changes, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
}

static const Signal signals[] = {
    {.kind = SIGNAL_CREDIT, .credit = {.capacity = 4}},
    {.kind = SIGNAL_ACK,
     .ack = {.epoch = 1,
             .lane = 2,
             .next_sequence = 3,
             .durable_sequence = 2,
             .durable = {.commit_lsn = 5, .ordinal = 6},
             .attach = true}},
    {.kind = SIGNAL_ACK},
    {.kind = SIGNAL_RESUME, .resume = {.epoch = 7, .lane = 8, .next_sequence = UINT64_MAX}},
    {.kind = SIGNAL_CHUNK_ACK,
     .chunk_ack =
         {.relation_oid = 9, .chunk = 10, .attempt = 11, .next_sequence = 12, .done = true}},
};

static void signals_of_every_kind_come_back(void **state)
{
    Fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        Signal back;
        Frame *frame = codec_pack_signal(&signals[i]);
        Frame *again;

        assert_true(codec_unpack_signal(frame_str(frame), &back, &f->err));
        assert_int_equal(back.kind, signals[i].kind);
        again = codec_pack_signal(&back);
        assert_same_str(frame_str(frame), frame_str(again));
        frame_unref(&frame);
        frame_unref(&again);
    }
}

static void signals_that_say_nothing_we_know_are_refused(void **state)
{
    static const struct {
        Str frame;
        const char *message;
    } CASES[] = {
        {STR(""), "version 0"},
        {STR("\x08\x02\x12\0"), "version 2"},
        {STR("\x08\x01"), "unknown kind"},
        {STR("\x08\x01\x12\x05"), "cannot be read"},
        {{NULL, 300}, "too large"},
    };
    Fixture *f = *state;
    Signal back;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_false(codec_unpack_signal(CASES[i].frame, &back, &f->err));
        assert_int_equal(f->err.kind, ERROR_PROTOCOL);
        assert_non_null(strstr(f->err.message, CASES[i].message));
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(changes_of_every_kind_and_values_of_every_form_come_back),
        CASE(decoded_bytes_do_not_borrow_from_the_frame),
        CASE(what_we_write_is_what_generated_code_reads_and_writes),
        CASE(the_size_said_is_the_size_packed),
        CASE(lengths_around_each_size_of_varint_come_back),
        CASE(a_table_without_columns_has_rows_too),
        CASE(a_change_that_passes_the_limit_is_left_out_and_shows),
        CASE(every_truncation_of_a_body_is_refused),
        CASE(a_flipped_byte_anywhere_is_refused_or_gives_well_formed_changes),
        CASE(malformed_changes_are_refused_with_what_is_wrong),
        CASE(a_count_that_the_body_cannot_hold_allocates_nothing),
        CASE(more_changes_than_the_header_says_are_refused),
        CASE(a_header_comes_back),
        CASE(a_header_of_copy_rows_comes_back),
        CASE(every_truncation_of_a_header_is_refused),
        CASE(headers_that_contradict_themselves_are_refused),
        CASE(another_version_is_refused_whatever_else_it_says),
        CASE(fields_that_we_do_not_know_are_refused_in_a_header),
        CASE(a_header_of_empty_relations_is_refused_before_it_becomes_structs),
        CASE(a_frame_above_the_limit_is_not_looked_at),
        CASE(signals_of_every_kind_come_back),
        CASE(signals_that_say_nothing_we_know_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
