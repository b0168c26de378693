#include "store/intent_rules.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

typedef Walferry__Control__Intent Intent;
typedef Walferry__Control__IntentWrite IntentWrite;

enum { ORDERS = 16400, MOST = 8 };

/* One lane's facts and one write, built up anew for each test. */
static struct {
    StoreIntent known[MOST];
    Intent puts[MOST], cut;
    Intent *put_list[MOST];
    Walferry__Change__Position positions[4 * MOST];
    size_t position_count;
    IntentFacts facts;
    IntentWrite write;
    char reason[INTENT_REASON_MAX];
} t;

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    walferry__control__intent_write__init(&t.write);
    t.write.generation = t.facts.generation = 3;
    t.write.puts = t.put_list;
    t.facts.known = t.known;
    t.facts.reached = (Position){0x100, 5};
    return 0;
}

static Walferry__Change__Position *position(Lsn lsn, uint64_t ordinal)
{
    Walferry__Change__Position *out = &t.positions[t.position_count++];

    walferry__change__position__init(out);
    out->commit_lsn = lsn;
    out->ordinal = ordinal;
    return out;
}

/* Of the cut [200:1, last:9]. */
static Intent streamed(const char *label, Lsn last, uint64_t first_row, uint64_t rows)
{
    Intent intent = WALFERRY__CONTROL__INTENT__INIT;

    intent.relation_oid = ORDERS;
    intent.first = position(0x200, 1);
    intent.last = position(last, 9);
    intent.first_row = first_row;
    intent.rows = rows;
    intent.checksum = 77;
    intent.label = (char *)(uintptr_t)label;
    return intent;
}

static Intent copied(const char *label, uint32_t chunk, uint64_t first_row, uint64_t rows)
{
    Intent intent = WALFERRY__CONTROL__INTENT__INIT;

    intent.relation_oid = ORDERS;
    intent.copy = true;
    intent.chunk = chunk;
    intent.first_row = first_row;
    intent.rows = rows;
    intent.label = (char *)(uintptr_t)label;
    return intent;
}

static Intent *know(uint32_t lane, Intent intent)
{
    t.known[t.facts.known_count] = (StoreIntent){lane, intent};
    return &t.known[t.facts.known_count++].intent;
}

static Intent *put(Intent intent)
{
    t.puts[t.write.n_puts] = intent;
    t.put_list[t.write.n_puts] = &t.puts[t.write.n_puts];
    return t.put_list[t.write.n_puts++];
}

static void grant(const char *label)
{
    t.write.grant = (char *)(uintptr_t)label;
}

static void finish(Intent cut)
{
    t.cut = cut;
    t.write.cut = &t.cut;
    t.write.finishes = true;
}

static void judged(IntentRuling expected, const char *reason)
{
    assert_int_equal(intent_rules_judge(&t.facts, &t.write, t.reason), expected);
    if (reason)
        assert_non_null(strstr(t.reason, reason));
}

static void a_cut_is_put_with_all_its_loads_and_the_first_is_granted(void **state)
{
    (void)state;
    put(streamed("a", 0x300, 0, 10));
    put(streamed("b", 0x300, 10, 5));
    grant("a");
    judged(INTENT_ALLOWED, NULL);
}

static void another_generation_may_do_nothing(void **state)
{
    (void)state;
    t.write.generation = 2;
    put(streamed("a", 0x300, 0, 10));
    judged(INTENT_NEVER, "fenced off");
    t.write.generation = 4;
    judged(INTENT_NEVER, "fenced off");
}

static void a_write_is_about_one_cut(void **state)
{
    (void)state;
    put(streamed("a", 0x300, 0, 10));
    put(streamed("b", 0x301, 10, 10));
    judged(INTENT_NEVER, "two cuts");
    set_up(state);
    grant("nobody");
    judged(INTENT_NEVER, "no cut");
}

static void a_table_has_one_unfinished_cut_in_a_lane(void **state)
{
    (void)state;
    know(0, streamed("old", 0x280, 0, 10));
    put(streamed("a", 0x300, 0, 10));
    judged(INTENT_NEVER, "old");
}

static void lanes_of_a_unique_table_do_not_wait_for_each_other(void **state)
{
    (void)state;
    know(1, streamed("other", 0x280, 0, 10));
    put(streamed("a", 0x300, 0, 10));
    judged(INTENT_ALLOWED, NULL);
    t.facts.duplicate = true;
    judged(INTENT_LATER, NULL);
}

static void chunks_of_a_table_wait_for_each_other(void **state)
{
    (void)state;
    t.facts.chunk_exists = true;
    know(0, copied("old", 1, 0, 10));
    put(copied("a", 2, 0, 10));
    judged(INTENT_LATER, NULL);
    set_up(state);
    t.facts.chunk_exists = true;
    know(0, copied("first", 2, 0, 10));
    put(copied("second", 2, 10, 10));
    judged(INTENT_ALLOWED, NULL);
}

static void a_chunk_is_finished_once(void **state)
{
    (void)state;
    put(copied("a", 2, 0, 10));
    judged(INTENT_NEVER, "not to be copied");
    t.facts.chunk_exists = t.facts.chunk_done = true;
    judged(INTENT_CHUNK_DONE, NULL);
}

static void what_is_durable_is_not_loaded_again(void **state)
{
    (void)state;
    t.facts.reached = (Position){0x200, 1};
    put(streamed("a", 0x300, 0, 10));
    judged(INTENT_NEVER, "durable already");
    t.facts.reached = (Position){0x200, 0};
    judged(INTENT_ALLOWED, NULL);
}

static void a_label_stands_for_the_same_rows_for_ever(void **state)
{
    (void)state;
    Intent *known = know(0, streamed("a", 0x300, 0, 10));

    put(streamed("a", 0x300, 0, 10));
    judged(INTENT_ALLOWED, NULL);
    known->checksum = 78;
    judged(INTENT_NEVER, "other rows");
    known->checksum = 77;
    known->rows = 9;
    judged(INTENT_NEVER, "other rows");
}

static void what_is_done_or_refused_stays_so(void **state)
{
    (void)state;
    Intent *known = know(0, streamed("a", 0x300, 0, 10));

    put(streamed("a", 0x300, 0, 10));
    known->state = STATE(DONE);
    judged(INTENT_NEVER, "its end");
    known->state = STATE(REFUSED);
    judged(INTENT_NEVER, "its end");
    t.write.n_puts = 0;
    grant("a");
    judged(INTENT_NEVER, "its end");
}

static void another_label_for_the_same_rows_needs_the_first_to_be_out(void **state)
{
    (void)state;
    know(0, streamed("a", 0x300, 0, 10));
    put(streamed("b", 0x300, 0, 5));
    judged(INTENT_NEVER, "same rows");
    put(streamed("c", 0x300, 5, 5));
    put(streamed("a", 0x300, 0, 10))->state = STATE(REFUSED);
    grant("b");
    judged(INTENT_ALLOWED, NULL);
}

static void two_new_loads_do_not_overlap(void **state)
{
    (void)state;
    put(streamed("a", 0x300, 0, 10));
    put(streamed("b", 0x300, 9, 5));
    judged(INTENT_NEVER, "same rows");
}

static void a_grant_names_a_load_that_is_stored(void **state)
{
    (void)state;
    know(0, streamed("a", 0x300, 0, 10));
    grant("a");
    judged(INTENT_ALLOWED, NULL);
    put(streamed("a", 0x300, 0, 10));
    grant("b");
    judged(INTENT_NEVER, "not known");
}

static void a_cut_is_finished_when_all_was_sent(void **state)
{
    (void)state;
    Intent *known = know(0, streamed("a", 0x300, 0, 10));

    finish(streamed("", 0x300, 0, 0));
    judged(INTENT_NEVER, "never sent");
    known->granted_ms = 1;
    judged(INTENT_ALLOWED, NULL);
    known->granted_ms = 0;
    known->state = STATE(REFUSED);
    judged(INTENT_ALLOWED, NULL);
}

static void a_finish_may_be_asked_for_twice(void **state)
{
    (void)state;
    t.facts.reached = (Position){0x300, 9};
    finish(streamed("", 0x300, 0, 0));
    judged(INTENT_ALLOWED, NULL);
}

static void a_cut_without_rows_only_raises_the_position(void **state)
{
    (void)state;
    finish(streamed("", 0x300, 0, 0));
    judged(INTENT_ALLOWED, NULL);
    know(0, streamed("a", 0x280, 0, 10));
    judged(INTENT_NEVER, "not finished");
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        RULE(a_cut_is_put_with_all_its_loads_and_the_first_is_granted),
        RULE(another_generation_may_do_nothing),
        RULE(a_write_is_about_one_cut),
        RULE(a_table_has_one_unfinished_cut_in_a_lane),
        RULE(lanes_of_a_unique_table_do_not_wait_for_each_other),
        RULE(chunks_of_a_table_wait_for_each_other),
        RULE(a_chunk_is_finished_once),
        RULE(what_is_durable_is_not_loaded_again),
        RULE(a_label_stands_for_the_same_rows_for_ever),
        RULE(what_is_done_or_refused_stays_so),
        RULE(another_label_for_the_same_rows_needs_the_first_to_be_out),
        RULE(two_new_loads_do_not_overlap),
        RULE(a_grant_names_a_load_that_is_stored),
        RULE(a_cut_is_finished_when_all_was_sent),
        RULE(a_finish_may_be_asked_for_twice),
        RULE(a_cut_without_rows_only_raises_the_position),
    };
    return cmocka_run_group_tests_name("intent_rules", tests, NULL, NULL);
}
