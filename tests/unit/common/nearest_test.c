#include "common/nearest.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

static void distances_count_slips_of_the_finger(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"window", "window", 0},
        {"windwo", "window", 1},
        {"wndow", "window", 1},
        {"windoww", "window", 1},
        {"xindow", "window", 1},
        {"abc", "xyz", 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(nearest_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(nearest_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void long_words_are_cut(void **state)
{
    char word[200];

    (void)state;
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_int_equal(nearest_distance(word, word), 0);
    assert_int_equal(nearest_distance(word, ""), 63);
}

static void only_what_is_near_is_meant(void **state)
{
    static const char *const candidates[] = {"copy", "loader", "transform", NULL};

    (void)state;
    assert_string_equal(nearest_of("loaders", candidates), "loader");
    assert_string_equal(nearest_of("trasnform", candidates), "transform");
    assert_null(nearest_of("engine", candidates));
    assert_null(nearest_of("x", candidates));
    assert_null(nearest_of("", candidates));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_slips_of_the_finger),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(only_what_is_near_is_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
