#include "cli/arguments.h"

#include "tests/support/cmocka_all.h"

static const Option OPTIONS[] = {
    {"--timeout", NULL, "SECONDS", ""},
    {"--output", "-o", "FILE", ""},
    {"--json", NULL, NULL, ""},
    {NULL, NULL, NULL, NULL},
};

static Arguments parsed(const char *const *words)
{
    Arguments arguments = {0};
    char why[ARGUMENTS_WHY_MAX];

    arguments_allow(&arguments, OPTIONS);
    if (!arguments_parse(&arguments, (char *const *)(uintptr_t)words, why))
        fail_msg("refused: %s", why);
    return arguments;
}

static void assert_refused(const char *const *words, const char *expected)
{
    Arguments arguments = {0};
    char why[ARGUMENTS_WHY_MAX] = "";

    arguments_allow(&arguments, OPTIONS);
    assert_false(arguments_parse(&arguments, (char *const *)(uintptr_t)words, why));
    assert_string_equal(why, expected);
}

static void options_and_words_may_be_mixed(void **state)
{
    Arguments got =
        parsed((const char *[]){"a", "--timeout", "5", "b", "--json", "-o", "f", "c", NULL});

    (void)state;
    assert_int_equal(got.word_count, 3);
    assert_string_equal(got.words[2], "c");
    assert_string_equal(arguments_value(&got, "--timeout"), "5");
    assert_string_equal(arguments_value(&got, "--output"), "f");
    assert_string_equal(arguments_value(&got, "--json"), "");
}

static void a_value_may_follow_an_equals_sign(void **state)
{
    Arguments got = parsed((const char *[]){"--timeout=5", "--output=", NULL});

    (void)state;
    assert_string_equal(arguments_value(&got, "--timeout"), "5");
    assert_string_equal(arguments_value(&got, "--output"), "");
    assert_null(arguments_value(&got, "--json"));
}

static void after_two_dashes_all_are_words(void **state)
{
    Arguments got = parsed((const char *[]){"--", "--json", "-o", NULL});

    (void)state;
    assert_int_equal(got.word_count, 2);
    assert_null(arguments_value(&got, "--json"));
}

static void a_lone_dash_is_a_word(void **state)
{
    Arguments got = parsed((const char *[]){"-", NULL});

    (void)state;
    assert_int_equal(got.word_count, 1);
}

static void wrong_use_is_told(void **state)
{
    (void)state;
    assert_refused((const char *[]){"--jsno", NULL},
                   "unknown option '--jsno', did you mean '--json'?");
    assert_refused((const char *[]){"--quite-another", NULL}, "unknown option '--quite-another'");
    assert_refused((const char *[]){"-x", NULL}, "unknown option '-x'");
    assert_refused((const char *[]){"--json=yes", NULL}, "--json takes no value");
    assert_refused((const char *[]){"--timeout", NULL}, "--timeout needs a value: SECONDS");
}

static void too_many_words_are_refused(void **state)
{
    const char *words[ARGUMENTS_WORDS_MAX + 2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = i + 1 < COUNT_OF(words) ? "w" : NULL;
    assert_refused(words, "more than 256 words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_words_may_be_mixed),
        cmocka_unit_test(a_value_may_follow_an_equals_sign),
        cmocka_unit_test(after_two_dashes_all_are_words),
        cmocka_unit_test(a_lone_dash_is_a_word),
        cmocka_unit_test(wrong_use_is_told),
        cmocka_unit_test(too_many_words_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
