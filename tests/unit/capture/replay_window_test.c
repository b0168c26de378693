#include "capture/replay_window.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { BODY = 1000, ENTRY = BODY + WINDOW_ENTRY_ALLOWANCE };

typedef struct Fixture {
    ReplayWindow *window;
    WindowEntry entry;
} Fixture;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof(Fixture));

    window_open(&f->window, 3 * ENTRY, 10 * ENTRY);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    window_close(&f->window);
    free(f);
    return 0;
}

static uint64_t add(Fixture *f, Lsn commit_lsn, uint64_t ordinal, bool open)
{
    Frame *header = frame_new(0), *body = frame_new(BODY);
    uint64_t sequence = window_next(f->window);

    window_add(f->window, sequence, &header, &body, (Position){commit_lsn, ordinal}, open);
    assert_null(body);
    return sequence;
}

static void add_many(Fixture *f, int count)
{
    for (int i = 0; i < count; i++)
        add(f, window_next(f->window) * 10, 1, false);
}

static void spool(Fixture *f, const WindowEntry *entry)
{
    window_spooled(f->window, entry->sequence, (SpoolPlace){.segment = 1});
}

static void durable_batches_leave_in_order(void **state)
{
    Fixture *f = *state;

    add_many(f, 3);
    assert_true(window_let_go(f->window, 2, &f->entry));
    assert_int_equal(f->entry.sequence, 1);
    assert_true(window_let_go(f->window, 2, &f->entry));
    assert_false(window_let_go(f->window, 2, &f->entry));

    assert_int_equal(window_first(f->window), 3);
    assert_null(window_at(f->window, 2));
    assert_non_null(window_at(f->window, 3));
    assert_int_equal(window_totals(f->window).memory_bytes, ENTRY);
}

static void the_ring_keeps_its_order_while_it_grows(void **state)
{
    Fixture *f = *state;

    for (int round = 0; round < 100; round++) {
        add_many(f, 7);
        assert_true(window_let_go(f->window, UINT64_MAX, &f->entry));
    }
    for (uint64_t at = window_first(f->window); at < window_next(f->window); at++) {
        assert_int_equal(window_at(f->window, at)->sequence, at);
        assert_int_equal(window_at(f->window, at)->last.commit_lsn, at * 10);
    }
}

static void what_was_taken_goes_to_the_file_first_the_oldest_first(void **state)
{
    Fixture *f = *state;

    add_many(f, 3);
    assert_null(window_excess(f->window));
    window_taken(f->window, 3);
    add_many(f, 1);

    const WindowEntry *entry = window_excess(f->window);
    assert_int_equal(entry->sequence, 1);
    spool(f, entry);
    assert_null(window_excess(f->window));
    assert_int_equal(window_at(f->window, 1)->state, ENTRY_IN_SPOOL);
}

static void else_the_newest_goes_which_is_sent_last(void **state)
{
    Fixture *f = *state;

    add_many(f, 4);
    const WindowEntry *entry = window_excess(f->window);
    assert_int_equal(entry->sequence, 4);
    spool(f, entry);
    assert_null(window_excess(f->window));
    add_many(f, 1);

    assert_int_equal(window_excess(f->window)->sequence, 5);
}

static void a_batch_that_stands_alone_stays_in_memory(void **state)
{
    Fixture *f = *state;
    Frame *header = frame_new(0), *body = frame_new(100 * BODY);

    window_add(f->window, 1, &header, &body, (Position){1, 1}, false);

    assert_null(window_excess(f->window));
    assert_true(window_full(f->window));
}

static void it_is_full_with_what_lies_in_the_file_too(void **state)
{
    Fixture *f = *state;
    const WindowEntry *entry;

    for (int i = 0; i < 9; i++) {
        add_many(f, 1);
        while ((entry = window_excess(f->window)))
            spool(f, entry);
    }
    assert_false(window_full(f->window));
    assert_in_range(window_totals(f->window).memory_bytes, 0, 3 * ENTRY);
    add_many(f, 1);

    assert_true(window_full(f->window));
}

static void a_loader_goes_on_with_the_first_batch_that_ends_behind_its_position(void **state)
{
    static const struct {
        Position durable;
        uint64_t sequence;
    } CASES[] = {
        {{0, 0}, 1},  {{9, 9}, 1},  {{10, 1}, 2}, {{10, 2}, 2},
        {{20, 5}, 3}, {{30, 1}, 4}, {{99, 1}, 4},
    };
    Fixture *f = *state;
    uint64_t sequence;

    add_many(f, 3);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_true(window_find(f->window, CASES[i].durable, &sequence));
        assert_int_equal(sequence, CASES[i].sequence);
    }
}

static void an_empty_window_answers_with_the_next_batch(void **state)
{
    Fixture *f = *state;
    uint64_t sequence;

    assert_true(window_find(f->window, (Position){5, 5}, &sequence));
    assert_int_equal(sequence, 1);
}

static void a_loader_in_the_middle_of_a_transaction_gets_the_rest_of_it(void **state)
{
    Fixture *f = *state;
    uint64_t sequence;

    add(f, 10, 100, true);
    add(f, 10, 200, true);
    add(f, 10, 250, false);

    assert_true(window_find(f->window, (Position){10, 100}, &sequence));
    assert_int_equal(sequence, 2);
}

static void a_commit_that_stands_alone_is_sent_again(void **state)
{
    Fixture *f = *state;
    uint64_t sequence;

    add(f, 10, 100, true);
    add(f, 10, 100, false);
    add(f, 20, 1, false);
    assert_true(window_find(f->window, (Position){10, 100}, &sequence));
    assert_int_equal(sequence, 2);

    assert_true(window_let_go(f->window, 1, &f->entry));
    assert_true(window_find(f->window, (Position){10, 100}, &sequence));
    assert_int_equal(sequence, 2);
}

static void a_loader_behind_the_window_finds_its_place_gone(void **state)
{
    Fixture *f = *state;
    uint64_t sequence;

    add_many(f, 3);
    assert_true(window_let_go(f->window, 1, &f->entry));

    assert_false(window_find(f->window, (Position){9, 1}, &sequence));
    assert_true(window_find(f->window, (Position){10, 1}, &sequence));
}

static void parts_are_dropped_when_taken_and_the_window_is_half_full(void **state)
{
    Fixture *f = *state;
    uint64_t sequence;

    add(f, 5, 1, false);
    for (uint64_t i = 1; i <= 6; i++)
        add(f, 10, i, true);
    assert_false(window_let_go(f->window, 0, &f->entry));
    window_taken(f->window, 4);

    assert_true(window_let_go(f->window, 0, &f->entry));
    assert_int_equal(f->entry.sequence, 2);
    assert_true(window_let_go(f->window, 0, &f->entry));
    assert_int_equal(f->entry.sequence, 3);
    assert_false(window_let_go(f->window, 0, &f->entry));

    assert_int_equal(window_at(f->window, 2)->state, ENTRY_DROPPED);
    assert_int_equal(window_at(f->window, 1)->state, ENTRY_IN_MEMORY);
    assert_false(window_find(f->window, (Position){5, 1}, &sequence));
    assert_true(window_find(f->window, (Position){10, 2}, &sequence));
    assert_int_equal(sequence, 4);
}

static void parts_of_a_transaction_that_has_ended_are_kept(void **state)
{
    Fixture *f = *state;

    for (uint64_t i = 1; i <= 8; i++)
        add(f, 10, i, i < 8);
    window_taken(f->window, 9);
    assert_false(window_let_go(f->window, 0, &f->entry));

    add(f, 20, 1, true);
    window_taken(f->window, 10);
    assert_true(window_let_go(f->window, 0, &f->entry));
    assert_int_equal(f->entry.sequence, 9);
    assert_false(window_let_go(f->window, 0, &f->entry));
}

static void a_transaction_larger_than_the_window_never_fills_it(void **state)
{
    Fixture *f = *state;

    for (uint64_t i = 1; i <= 1000; i++) {
        const WindowEntry *excess;

        assert_false(window_full(f->window));
        uint64_t sequence = add(f, 10, i, true);
        while ((excess = window_excess(f->window)))
            spool(f, excess);
        window_taken(f->window, sequence + 1);
        while (window_let_go(f->window, 0, &f->entry))
            continue;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(durable_batches_leave_in_order),
        TEST(the_ring_keeps_its_order_while_it_grows),
        TEST(what_was_taken_goes_to_the_file_first_the_oldest_first),
        TEST(else_the_newest_goes_which_is_sent_last),
        TEST(a_batch_that_stands_alone_stays_in_memory),
        TEST(it_is_full_with_what_lies_in_the_file_too),
        TEST(a_loader_goes_on_with_the_first_batch_that_ends_behind_its_position),
        TEST(an_empty_window_answers_with_the_next_batch),
        TEST(a_loader_in_the_middle_of_a_transaction_gets_the_rest_of_it),
        TEST(a_commit_that_stands_alone_is_sent_again),
        TEST(a_loader_behind_the_window_finds_its_place_gone),
        TEST(parts_are_dropped_when_taken_and_the_window_is_half_full),
        TEST(parts_of_a_transaction_that_has_ended_are_kept),
        TEST(a_transaction_larger_than_the_window_never_fills_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
