#include "common/frame.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

static int released;

static void count_release(Frame *frame)
{
    released++;
    free(frame->data);
    free(frame);
}

static void the_last_reference_frees_it(void **state)
{
    Frame *first = frame_new(10), *second;

    (void)state;
    released = 0;
    first->release = count_release;
    second = frame_ref(first);
    assert_ptr_equal(first, second);
    frame_unref(&first);
    assert_null(first);
    assert_int_equal(released, 0);
    memset(second->data, 'x', second->len);
    frame_unref(&second);
    assert_int_equal(released, 1);
}

static void nothing_can_be_given_back(void **state)
{
    Frame *none = NULL;

    (void)state;
    frame_unref(&none);
    assert_int_equal(frame_str(none).len, 0);
}

static void a_frame_is_a_copy_or_takes_what_it_is_given(void **state)
{
    Frame *copy = frame_copy((Str){"abcdef", 3}), *empty = frame_copy((Str){0});
    Frame *taken = frame_take(strdup("text"), 4), *nothing = frame_take(NULL, 0);

    (void)state;
    assert_true(str_equal(frame_str(copy), str_of("abc")));
    assert_int_equal(empty->len, 0);
    assert_true(str_equal(frame_str(taken), str_of("text")));
    frame_unref(&copy);
    frame_unref(&empty);
    frame_unref(&taken);
    frame_unref(&nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_reference_frees_it),
        cmocka_unit_test(nothing_can_be_given_back),
        cmocka_unit_test(a_frame_is_a_copy_or_takes_what_it_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
