#include "loader/admission.h"

#include "tests/unit/loader/parts.h"

#include "tests/support/cmocka_all.h"

/* A lane that stands at 100:3. */
static Admission fresh(Lsn granted)
{
    Admission admission;

    admission_start(&admission, (LaneProgress){at(100, 3), 108, 100003, 100}, granted);
    return admission;
}

static uint32_t admit(Admission *admission, const Batch *batch)
{
    Error err = {0};
    uint32_t first = 99;

    assert_true(admission_check(admission, batch, &first, &err));
    return first;
}

static void what_follows_the_position_is_new(void **state)
{
    Admission admission = fresh(0);
    Part next;
    (void)state;

    assert_int_equal(admit(&admission, part(&next, at(100, 3), 200, 1, 4, true)), 0);
}

static void what_was_applied_before_is_dropped(void **state)
{
    Admission admission = fresh(0);
    Part old, next;
    (void)state;

    assert_int_equal(admit(&admission, part(&old, at(50, 1), 100, 1, 5, true)), 3);
    assert_int_equal(admit(&admission, part(&next, at(100, 5), 200, 1, 1, true)), 0);
}

static void a_hole_between_two_parts_is_an_error(void **state)
{
    Admission admission = fresh(0);
    Part first, after;
    Error err = {0};
    uint32_t from;
    (void)state;

    admit(&admission, part(&first, at(100, 3), 200, 1, 4, true));

    assert_false(
        admission_check(&admission, part(&after, at(300, 1), 400, 1, 1, true), &from, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_non_null(strstr(err.message, "hole in the stream"));
    assert_string_equal(err.position, "0/C8:4");
}

static void a_stream_that_begins_above_the_position_is_a_hole(void **state)
{
    Admission admission = fresh(0);
    Part first;
    Error err = {0};
    uint32_t from;
    (void)state;

    assert_false(
        admission_check(&admission, part(&first, at(101, 1), 200, 1, 4, true), &from, &err));
    assert_int_equal(err.kind, ERROR_DATA);
}

static void a_stream_that_was_started_too_late_is_a_hole(void **state)
{
    static const struct {
        Lsn start, granted;
        bool good;
    } CASES[] = {
        {108, 0, true}, {90, 0, true}, {109, 0, false}, {150, 150, true}, {151, 150, false}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        Admission admission = fresh(CASES[i].granted);
        Part first;
        Error err = {0};
        uint32_t from;

        Batch *batch = part(&first, at(100, 3), 200, 1, 4, true);
        batch->header.sequence = 1;
        batch->header.stream_start = CASES[i].start;
        assert_int_equal(admission_check(&admission, batch, &from, &err), CASES[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_the_position_is_new),
        cmocka_unit_test(what_was_applied_before_is_dropped),
        cmocka_unit_test(a_hole_between_two_parts_is_an_error),
        cmocka_unit_test(a_stream_that_begins_above_the_position_is_a_hole),
        cmocka_unit_test(a_stream_that_was_started_too_late_is_a_hole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
