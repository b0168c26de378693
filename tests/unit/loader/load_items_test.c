#include "loader/load_items.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

typedef Walferry__Control__Intent Intent;

/* Rows that are numbers: a range's sum is its checksum. */
static uint64_t add_up(LoadBody *body, uint64_t first_row, uint64_t rows)
{
    uint64_t sum = 0;

    (void)body;
    for (uint64_t row = first_row; row < first_row + rows; row++)
        sum += row * row + 1;
    return sum;
}

static const LoadBodyVerbs VERBS = {.checksum = add_up};
static LoadBody body = {&VERBS};
static const LoadPart PARTS[] = {{0, 10, 0, "a,b", false}, {10, 5, 1, "a", true}};
static const LoadCut CUT = {.relation_oid = 16400,
                            .name = "public.orders",
                            .first = {0x100, 1},
                            .last = {0x200, 7},
                            .parts = PARTS,
                            .part_count = 2,
                            .body = &body};
static const LoadName NAME = {"6f1c20d4-b7e3-4b1c-9f5e-0a1b2c3d4e5f", 0};

static Intent *of(LoadItems *items, size_t at, Intent *intent)
{
    static Walferry__Change__Position positions[16];

    load_item_intent(items, &items->items[at], &positions[2 * at], &positions[2 * at + 1], intent);
    return intent;
}

static LoadItems make(const LoadCut *cut, Intent *const *recorded, const LoadFate *aborted,
                      size_t count)
{
    LoadItems items;
    Error err = {0};

    if (!load_items_make(&items, cut, NAME, recorded, aborted, count, &err))
        fail_msg("%s", err.message);
    return items;
}

static void each_part_is_a_load(void **state)
{
    (void)state;
    LoadItems items = make(&CUT, NULL, NULL, 0);

    assert_int_equal(items.count, 2);
    assert_int_equal(items.items[1].first_row, 10);
    assert_int_equal(items.items[1].rows, 5);
    assert_int_equal(items.items[1].column_set, 1);
    assert_ptr_equal(items.items[1].part, &PARTS[1]);
    assert_string_equal(items.items[0].label, "w_6f1c20d4b7e3_16400_0_100-1_200-7_0-a_0");
    assert_false(items.items[0].stored);
    assert_ptr_equal(load_items_next(&items), &items.items[0]);
    items.items[0].state = items.items[1].state = STATE(DONE);
    assert_null(load_items_next(&items));
    load_items_done(&items);
}

static void what_is_refused_is_halved_in_order(void **state)
{
    (void)state;
    LoadItems items = make(&CUT, NULL, NULL, 0);

    load_items_halve(&items, &items.items[1]);
    assert_int_equal(items.count, 4);
    assert_int_equal(items.items[1].state, STATE(REFUSED));
    assert_int_equal(items.items[2].first_row, 10);
    assert_int_equal(items.items[2].rows, 2);
    assert_int_equal(items.items[3].first_row, 12);
    assert_int_equal(items.items[3].rows, 3);
    assert_ptr_equal(items.items[3].part, &PARTS[1]);
    assert_true(items.items[3].checksum == add_up(&body, 12, 3));
    load_items_done(&items);
}

static void a_label_that_is_used_up_is_followed_by_another(void **state)
{
    (void)state;
    LoadItems items = make(&CUT, NULL, NULL, 0);

    load_items_renew(&items, &items.items[0]);
    assert_int_equal(items.items[0].state, STATE(REFUSED));
    assert_int_equal(items.items[1].attempt, 1);
    assert_int_equal(items.items[1].rows, 10);
    assert_string_not_equal(items.items[0].label, items.items[1].label);
    load_items_done(&items);
}

static void what_a_predecessor_left_is_taken_up(void **state)
{
    (void)state;
    Intent intents[4];
    Intent *list[4];
    const LoadFate aborted[4] = {{0}};
    LoadItems left = make(&CUT, NULL, NULL, 0);

    load_items_halve(&left, &left.items[1]);
    left.items[0].state = STATE(DONE);
    for (size_t i = 0; i < 4; i++)
        list[i] = of(&left, i, &intents[i]);
    intents[2].granted_ms = 1;

    LoadItems items = make(&CUT, list, aborted, 4);
    assert_int_equal(items.count, 4);
    assert_true(items.items[3].stored);
    assert_ptr_equal(load_items_next(&items), &items.items[2]);
    assert_true(items.items[2].sent);
    assert_false(items.items[3].sent);
    assert_ptr_equal(items.items[2].part, &PARTS[1]);
    load_items_done(&items);
    load_items_done(&left);
}

static void other_rows_than_a_predecessor_had_stop_the_task(void **state)
{
    (void)state;
    Intent intents[2];
    Intent *list[2];
    const LoadFate aborted[2] = {{0}};
    LoadItems left = make(&CUT, NULL, NULL, 0), items;
    Error err = {0};

    for (size_t i = 0; i < 2; i++)
        list[i] = of(&left, i, &intents[i]);
    intents[0].granted_ms = 1;
    intents[1].checksum++;
    assert_false(load_items_make(&items, &CUT, NAME, list, aborted, 2, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.object, "public.orders");
    assert_string_equal(err.position, "0/100:1 to 0/200:7");

    intents[1].checksum--;
    intents[1].rows++;
    assert_false(load_items_make(&items, &CUT, NAME, list, aborted, 2, &err));
    load_items_done(&left);
}

static void other_rows_replace_those_that_are_known_not_to_be_there(void **state)
{
    (void)state;
    Intent intents[2];
    Intent *list[2];
    const LoadFate aborted[2] = {{.aborted = true}};
    LoadItems left = make(&CUT, NULL, NULL, 0);

    for (size_t i = 0; i < 2; i++)
        list[i] = of(&left, i, &intents[i]);
    intents[0].granted_ms = 1;
    intents[0].checksum++;

    LoadItems items = make(&CUT, list, aborted, 2);
    assert_int_equal(items.count, 4);
    assert_int_equal(items.items[0].state, STATE(REFUSED));
    assert_false(items.items[0].stored);
    assert_int_equal(load_items_next(&items)->attempt, 1);
    load_items_done(&items);
    load_items_done(&left);
}

static void a_piece_of_a_chunk_takes_up_its_own_rows_only(void **state)
{
    (void)state;
    LoadCut piece = CUT;
    Intent intents[2];
    Intent *list[2];
    const LoadFate aborted[2] = {{0}};

    piece.copy = true;
    piece.chunk = 3;
    piece.attempt = 1001;
    LoadItems left = make(&piece, NULL, NULL, 0);
    for (size_t i = 0; i < 2; i++)
        list[i] = of(&left, i, &intents[i]);
    intents[0].state = STATE(DONE);

    piece.parts = &PARTS[1];
    piece.part_count = 1;
    piece.attempt = 1002; /* the label stays that of the first grant */
    LoadItems items = make(&piece, list, aborted, 2);
    assert_int_equal(items.count, 1);
    assert_string_equal(items.items[0].label, left.items[1].label);
    load_items_done(&items);
    load_items_done(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_is_a_load),
        cmocka_unit_test(what_is_refused_is_halved_in_order),
        cmocka_unit_test(a_label_that_is_used_up_is_followed_by_another),
        cmocka_unit_test(what_a_predecessor_left_is_taken_up),
        cmocka_unit_test(other_rows_than_a_predecessor_had_stop_the_task),
        cmocka_unit_test(other_rows_replace_those_that_are_known_not_to_be_there),
        cmocka_unit_test(a_piece_of_a_chunk_takes_up_its_own_rows_only),
    };
    return cmocka_run_group_tests_name("load_items", tests, NULL, NULL);
}
