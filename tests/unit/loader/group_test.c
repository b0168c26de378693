#include "loader/group.h"

#include "tests/unit/loader/parts.h"

#include "tests/support/cmocka_all.h"

enum { WAITING = true, NOTHING_WAITS = false };

/* A lane that stands at 100:3. */
static Group fresh(void)
{
    Group group;

    group_start(&group, (LaneProgress){at(100, 3), 108, 100003, 100}, false);
    return group;
}

/* As the loader does: what is not new is not gathered. */
static uint32_t admit(Group *group, Batch *batch, int64_t now_ms)
{
    uint32_t first = 0;

    while (first < batch->header.change_count &&
           position_compare(
               at(batch->header.transactions[0].commit_lsn, batch->changes[first].ordinal),
               group->taken_over.position) <= 0)
        first++;
    group_admit(group, &batch->header);
    group_gathered(group, batch->header.change_count - first, 1000, 1, true, now_ms);
    return first;
}

static void what_follows_the_position_is_new(void **state)
{
    Group group = fresh();
    Part next;
    (void)state;

    assert_int_equal(admit(&group, part(&next, at(100, 3), 200, 1, 4, true), 0), 0);

    assert_int_equal(group.reached.position.commit_lsn, 200);
    assert_int_equal(group.reached.position.ordinal, 4);
    assert_int_equal(group.reached.resume_lsn, 208);
    assert_int_equal(group.reached.next_record_id, 200004);
}

static void what_was_applied_before_is_dropped(void **state)
{
    Group group = fresh();
    Part old, next;
    (void)state;

    assert_int_equal(admit(&group, part(&old, at(50, 1), 100, 1, 3, true), 0), 3);
    assert_int_equal(group.reached.position.commit_lsn, 100);
    assert_int_equal(group.reached.resume_lsn, 108);
    assert_false(group.open);

    assert_int_equal(admit(&group, part(&next, at(100, 3), 200, 1, 1, true), 0), 0);
    assert_true(group.open);
}

static void nothing_waits_and_the_group_ends(void **state)
{
    Group group = fresh();
    Part first, second;
    (void)state;

    admit(&group, part(&first, at(100, 3), 200, 1, 4, true), 0);
    assert_int_equal(group_step(&group, WAITING, 1), GROUP_GATHER);
    admit(&group, part(&second, at(200, 4), 300, 1, 1, true), 1);

    assert_int_equal(group_step(&group, NOTHING_WAITS, 2), GROUP_COMMIT);
}

static void a_group_ends_by_its_size_and_by_its_age(void **state)
{
    Group group = fresh();
    Part first;
    (void)state;

    admit(&group, part(&first, at(100, 3), 200, 1, 4, true), 1000);
    assert_int_equal(group_step(&group, WAITING, 1000 + GROUP_AGE_MS - 1), GROUP_GATHER);
    assert_int_equal(group_step(&group, WAITING, 1000 + GROUP_AGE_MS), GROUP_COMMIT);

    group_gathered(&group, GROUP_CHANGES, 1000, 1, false, 1000);
    assert_int_equal(group_step(&group, WAITING, 1000), GROUP_COMMIT);
}

static void inside_a_transaction_pieces_are_applied_and_nothing_is_committed(void **state)
{
    Group group = fresh();
    Part begin, end;
    (void)state;

    admit(&group, part(&begin, at(100, 3), 200, 1, 4, false), 0);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 10000), GROUP_GATHER);
    group_gathered(&group, PIECE_CHANGES, 1000, 1, false, 0);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 10000), GROUP_APPLY);
    group_applied(&group);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 10000), GROUP_GATHER);
    assert_int_equal(group.reached.position.commit_lsn, 100);

    admit(&group, part(&end, at(200, 4), 200, 5, 6, true), 10000);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 10000), GROUP_COMMIT);
    assert_int_equal(group.reached.position.ordinal, 6);
}

static void a_group_of_many_tables_ends_before_it_holds_too_many_locks(void **state)
{
    Group group = fresh();
    Part one, two;
    (void)state;

    admit(&group, part(&one, at(100, 3), 200, 1, 4, true), 0);
    group_gathered(&group, 10, 10, GROUP_TABLES - 1, false, 0);
    assert_int_equal(group_step(&group, WAITING, 0), GROUP_GATHER);
    group_gathered(&group, 10, 10, GROUP_TABLES, false, 0);
    assert_int_equal(group_step(&group, WAITING, 0), GROUP_COMMIT);
    group_applied(&group);
    group_committed(&group, true, 0);

    admit(&group, part(&two, at(200, 4), 300, 1, 4, true), 0);
    assert_int_equal(group_step(&group, WAITING, 0), GROUP_GATHER);
}

static void a_piece_of_inserts_is_applied_early(void **state)
{
    Group group = fresh();
    Part begin;
    (void)state;

    admit(&group, part(&begin, at(100, 3), 200, 1, 4, false), 0);
    group_gathered(&group, 10, PIECE_INSERT_BYTES, 1, true, 0);
    assert_int_equal(group_step(&group, WAITING, 0), GROUP_APPLY);

    group_gathered(&group, 1, 10, 1, false, 0);
    assert_int_equal(group_step(&group, WAITING, 0), GROUP_GATHER);
}

static void what_was_committed_becomes_durable_when_idle_or_in_time(void **state)
{
    Group group = fresh();
    Part first, second;
    (void)state;

    admit(&group, part(&first, at(100, 3), 200, 1, 4, true), 1000);
    assert_false(group_must_be_durable(&group, 1000));
    group_committed(&group, false, 1000);
    assert_int_equal(group.durable.position.commit_lsn, 100);
    assert_int_equal(group_timeout_ms(&group, 1000), IDLE_MS);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1000 + IDLE_MS), GROUP_COMMIT);
    assert_true(group_must_be_durable(&group, 1000 + IDLE_MS));

    admit(&group, part(&second, at(200, 4), 300, 1, 1, true), 1000 + DURABLE_MS);
    assert_true(group_must_be_durable(&group, 1000 + DURABLE_MS));
    group_committed(&group, true, 1000 + DURABLE_MS);
    assert_int_equal(group.durable.position.commit_lsn, 300);
    assert_int_equal(group.durable_sequence, 2);
    assert_int_equal(group_timeout_ms(&group, 1000 + DURABLE_MS), -1);
}

static void an_empty_batch_moves_the_position_but_is_written_rarely(void **state)
{
    Group group = fresh();
    Part empty;
    (void)state;

    group_committed(&group, true, 1000);
    admit(&group, part(&empty, at(100, 3), 200, 1, 0, true), 1000);

    assert_false(group.open);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1500), GROUP_GATHER);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1000 + EMPTY_MS), GROUP_COMMIT);
}

static void flush_makes_everything_durable_at_once(void **state)
{
    Group group = fresh();
    Part empty, last;
    (void)state;

    group_committed(&group, true, 1000);
    part(&empty, at(100, 3), 200, 1, 0, true)->header.flush = true;
    admit(&group, &empty.batch, 1000);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1000), GROUP_COMMIT);
    assert_true(group_must_be_durable(&group, 1000));
    group_committed(&group, true, 1000);
    assert_int_equal(group.durable.position.commit_lsn, 200);

    part(&last, at(200, 0), 300, 1, 1, true)->header.flush = true;
    admit(&group, &last.batch, 1000);
    assert_int_equal(group_step(&group, WAITING, 1000), GROUP_COMMIT);
    assert_true(group_must_be_durable(&group, 1000));
}

static void of_several_lanes_a_flush_commits_inside_a_transaction(void **state)
{
    Group group;
    Part begin, empty;
    (void)state;

    group_start(&group, (LaneProgress){at(100, 3), 108, 100003, 100}, true);
    part(&begin, at(100, 3), 200, 1, 4, false)->header.flush = true;
    admit(&group, &begin.batch, 1000);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1000), GROUP_COMMIT);
    group_committed(&group, true, 1000);
    assert_int_equal(group.durable.position.ordinal, 4);
    assert_int_equal(group.durable.resume_lsn, 108); /* the stream resumes before it all the same */

    part(&empty, at(200, 4), 200, 5, 5, false)->header.flush = true;
    empty.batch.header.change_count = 0; /* another lane has it */
    admit(&group, &empty.batch, 1000);
    assert_int_equal(group_timeout_ms(&group, 1000), 0);
    assert_int_equal(group_step(&group, NOTHING_WAITS, 1000), GROUP_COMMIT);
}

static void a_split_counts_what_came_before_it_was_done(void **state)
{
    Group group;
    Part empty, next;
    (void)state;

    group_start(&group, (LaneProgress){at(100, 3), 108, 100003, 100}, true);
    part(&empty, at(100, 3), 200, 1, 0, false)->header.flush = true;
    admit(&group, &empty.batch, 1000);
    assert_int_equal(group_step(&group, WAITING, 1000), GROUP_GATHER);
    admit(&group, part(&next, at(200, 0), 200, 1, 3, false), 1000);

    assert_int_equal(group_step(&group, WAITING, 1000), GROUP_COMMIT);
    assert_int_equal(group.reached.position.ordinal, 3);
}

static void after_a_split_only_the_rest_of_the_transaction_is_new(void **state)
{
    Group group;
    Part whole;
    (void)state;

    group_start(&group, (LaneProgress){at(200, 4), 108, 100003, 100}, true);

    assert_int_equal(admit(&group, part(&whole, at(100, 3), 200, 1, 6, true), 0), 4);
    assert_int_equal(group.reached.position.ordinal, 6);
}

static void with_one_lane_a_flush_waits_for_the_end_of_the_transaction(void **state)
{
    Group group = fresh();
    Part begin;
    (void)state;

    part(&begin, at(100, 3), 200, 1, 4, false)->header.flush = true;
    admit(&group, &begin.batch, 0);

    assert_int_equal(group_step(&group, NOTHING_WAITS, 10000), GROUP_GATHER);
    assert_int_equal(group.reached.position.commit_lsn, 100);
}

static void what_a_predecessor_made_durable_is_durable(void **state)
{
    Group group = fresh();
    (void)state;

    group_resume(&group, 3);

    assert_int_equal(group.durable_sequence, 2);
}

static void a_batch_that_leaves_nothing_to_do_is_durable_at_once(void **state)
{
    Group group = fresh();
    Part old;
    (void)state;

    part(&old, at(50, 1), 100, 1, 3, true)->header.flush = true;
    admit(&group, &old.batch, 0);

    assert_int_equal(group.durable_sequence, 2);
    assert_false(group.flush);
    assert_int_equal(group_timeout_ms(&group, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_the_position_is_new),
        cmocka_unit_test(what_was_applied_before_is_dropped),
        cmocka_unit_test(nothing_waits_and_the_group_ends),
        cmocka_unit_test(a_group_ends_by_its_size_and_by_its_age),
        cmocka_unit_test(inside_a_transaction_pieces_are_applied_and_nothing_is_committed),
        cmocka_unit_test(a_group_of_many_tables_ends_before_it_holds_too_many_locks),
        cmocka_unit_test(a_piece_of_inserts_is_applied_early),
        cmocka_unit_test(what_was_committed_becomes_durable_when_idle_or_in_time),
        cmocka_unit_test(an_empty_batch_moves_the_position_but_is_written_rarely),
        cmocka_unit_test(flush_makes_everything_durable_at_once),
        cmocka_unit_test(of_several_lanes_a_flush_commits_inside_a_transaction),
        cmocka_unit_test(a_split_counts_what_came_before_it_was_done),
        cmocka_unit_test(after_a_split_only_the_rest_of_the_transaction_is_new),
        cmocka_unit_test(with_one_lane_a_flush_waits_for_the_end_of_the_transaction),
        cmocka_unit_test(what_a_predecessor_made_durable_is_durable),
        cmocka_unit_test(a_batch_that_leaves_nothing_to_do_is_durable_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
