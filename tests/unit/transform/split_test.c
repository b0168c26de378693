#include "transform/split.h"

#include "common/codec.h"
#include "tests/support/batch_samples.h"
#include "tests/support/cmocka_all.h"
#include "transform/lane.h"

#include <stdio.h>
#include <stdlib.h>

enum { LANES = 3 };

typedef struct Fixture {
    Arena arena;
    SplitPart parts[LANES];
    Change *split[LANES]; /* decoded again */
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

    for (int lane = 0; lane < LANES; lane++)
        bytes_done(&f->parts[lane].body);
    arena_done(&f->arena);
    free(f);
    return 0;
}

static Tuple tuple_of(Fixture *f, const char *id, ValueForm note)
{
    Value *values = ARENA_ARRAY(&f->arena, Value, SAMPLE_COLUMNS);

    values[0] = (Value){.form = VALUE_TEXT, .bytes = str_of(id)};
    values[1] = (Value){.form = VALUE_TEXT, .bytes = STR("name")};
    values[2] = (Value){.form = note, .bytes = note == VALUE_TEXT ? str_of("note") : (Str){0}};
    return (Tuple){values, SAMPLE_COLUMNS};
}

static Tuple key_of(Fixture *f, const char *id)
{
    Value *values = ARENA_ARRAY(&f->arena, Value, SAMPLE_COLUMNS);

    values[0] = (Value){.form = VALUE_TEXT, .bytes = str_of(id)};
    return (Tuple){values, SAMPLE_COLUMNS};
}

static uint32_t lane_of_id(Fixture *f, const char *id)
{
    Tuple key = key_of(f, id), none = {0};
    uint32_t lane = LANES;

    assert_true(lane_of_row(&sample_relations[0], &key, &none, LANES, &lane));
    return lane;
}

/* Two ids of different lanes. */
static void find_ids(Fixture *f, char from[8], char to[8])
{
    snprintf(from, 8, "1");
    for (int i = 2; i < 100; i++) {
        snprintf(to, 8, "%d", i);
        if (lane_of_id(f, to) != lane_of_id(f, from))
            return;
    }
    fail();
}

static bool split(Fixture *f, Change *changes, uint32_t count)
{
    Batch batch = {.header = sample_header(count), .changes = changes};

    for (uint32_t i = 0; i < count; i++)
        changes[i].ordinal = i + 1;
    return split_changes(&batch, LANES, &f->arena, f->parts, &f->err);
}

static void decode_parts(Fixture *f)
{
    for (int lane = 0; lane < LANES; lane++) {
        BatchHeader header = sample_header(f->parts[lane].change_count);

        assert_true(codec_unpack_changes(bytes_str(&f->parts[lane].body), &header, &f->arena,
                                         &f->split[lane], &f->err));
    }
}

static void every_change_is_in_one_lane_and_keeps_its_order(void **state)
{
    enum { CHANGES = 300 };
    Fixture *f = *state;
    Change *changes = ARENA_ARRAY(&f->arena, Change, CHANGES);
    uint32_t total = 0;

    for (uint32_t i = 0; i < CHANGES; i++)
        changes[i].new_tuple = tuple_of(f, arena_printf(&f->arena, "%u", i % 50), VALUE_TEXT);

    assert_true(split(f, changes, CHANGES));
    decode_parts(f);
    for (uint32_t lane = 0; lane < LANES; lane++) {
        total += f->parts[lane].change_count;
        for (uint32_t i = 0; i < f->parts[lane].change_count; i++) {
            const Change *change = &f->split[lane][i];

            assert_true(i == 0 || change->ordinal > change[-1].ordinal);
            assert_int_equal(
                lane_of_id(f, arena_copy(&f->arena, change->new_tuple.values[0].bytes).data), lane);
        }
    }
    assert_int_equal(total, CHANGES);
}

static void a_table_that_keeps_to_one_lane_is_not_spread(void **state)
{
    Fixture *f = *state;
    uint32_t home = lane_of_relation(&sample_relations[1], LANES);
    Change changes[20] = {0};

    for (int i = 0; i < 20; i++) {
        changes[i].relation = 1;
        changes[i].new_tuple = tuple_of(f, arena_printf(&f->arena, "%d", i), VALUE_TEXT);
        changes[i].new_tuple.count = sample_relations[1].column_count;
    }

    assert_true(split(f, changes, 20));
    assert_int_equal(f->parts[home].change_count, 20);
}

static void a_delete_goes_by_its_old_key(void **state)
{
    Fixture *f = *state;
    Change change = {.kind = CHANGE_DELETE, .old_tuple = key_of(f, "5")};

    assert_true(split(f, &change, 1));
    assert_int_equal(f->parts[lane_of_id(f, "5")].change_count, 1);
}

static void an_update_that_keeps_its_lane_stays_an_update(void **state)
{
    Fixture *f = *state;
    uint32_t lane = lane_of_id(f, "5");
    Change change = {.kind = CHANGE_UPDATE, .new_tuple = tuple_of(f, "5", VALUE_UNCHANGED)};

    assert_true(split(f, &change, 1));
    decode_parts(f);
    assert_int_equal(f->parts[lane].change_count, 1);
    assert_int_equal(f->split[lane][0].kind, CHANGE_UPDATE);
    assert_int_equal(f->split[lane][0].new_tuple.values[2].form, VALUE_UNCHANGED);
}

static void an_update_to_another_lane_is_a_delete_here_and_an_insert_there(void **state)
{
    Fixture *f = *state;
    char from[8], to[8];

    find_ids(f, from, to);
    Change change = {.kind = CHANGE_UPDATE,
                     .old_tuple = key_of(f, from),
                     .new_tuple = tuple_of(f, to, VALUE_TEXT)};

    assert_true(split(f, &change, 1));
    decode_parts(f);
    const Change *gone = &f->split[lane_of_id(f, from)][0];
    const Change *come = &f->split[lane_of_id(f, to)][0];
    assert_int_equal(gone->kind, CHANGE_DELETE);
    assert_true(str_equal(gone->old_tuple.values[0].bytes, str_of(from)));
    assert_int_equal(come->kind, CHANGE_INSERT);
    assert_true(str_equal(come->new_tuple.values[0].bytes, str_of(to)));
    assert_int_equal(gone->ordinal, come->ordinal);
}

static void a_moving_row_takes_unchanged_values_from_a_full_old_tuple(void **state)
{
    Fixture *f = *state;
    char from[8], to[8];

    find_ids(f, from, to);
    Change change = {.kind = CHANGE_UPDATE,
                     .old_tuple = tuple_of(f, from, VALUE_TEXT),
                     .new_tuple = tuple_of(f, to, VALUE_UNCHANGED)};

    sample_relations[0].full_identity = true;
    bool ok = split(f, &change, 1);
    sample_relations[0].full_identity = false;
    assert_true(ok);
    decode_parts(f);
    const Change *come = &f->split[lane_of_id(f, to)][0];
    assert_true(str_equal(come->new_tuple.values[2].bytes, str_of("note")));
}

static void a_moving_row_with_an_unknown_value_stops_the_task(void **state)
{
    Fixture *f = *state;
    char from[8], to[8];

    find_ids(f, from, to);
    Change change = {.kind = CHANGE_UPDATE,
                     .old_tuple = key_of(f, from),
                     .new_tuple = tuple_of(f, to, VALUE_UNCHANGED)};

    assert_false(split(f, &change, 1));
    assert_int_equal(f->err.kind, ERROR_DATA);
    assert_string_equal(f->err.object, "public.items");
    assert_string_equal(f->err.position, "0/1000:1");
    assert_non_null(strstr(f->err.hint, "stages.loader = 1"));
}

static void a_truncate_goes_to_the_first_lane_as_it_is(void **state)
{
    Fixture *f = *state;
    uint32_t relations[] = {0, 1};
    Change change = {.kind = CHANGE_TRUNCATE, .truncated = relations, .truncated_count = 2};

    assert_true(split(f, &change, 1));
    decode_parts(f);
    assert_int_equal(f->parts[0].change_count, 1);
    assert_int_equal(f->split[0][0].truncated_count, 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_change_is_in_one_lane_and_keeps_its_order),
        CASE(a_table_that_keeps_to_one_lane_is_not_spread),
        CASE(a_delete_goes_by_its_old_key),
        CASE(an_update_that_keeps_its_lane_stays_an_update),
        CASE(an_update_to_another_lane_is_a_delete_here_and_an_insert_there),
        CASE(a_moving_row_takes_unchanged_values_from_a_full_old_tuple),
        CASE(a_moving_row_with_an_unknown_value_stops_the_task),
        CASE(a_truncate_goes_to_the_first_lane_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
