#include "common/pattern.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static void a_star_is_any_letters_and_a_question_mark_one(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"orders", "orders", true},
        {"orders", "Orders", false},
        {"orders", "orders2", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"tmp_*", "tmp_", true},
        {"tmp_*", "tmp_a_b", true},
        {"tmp_*", "xtmp_a", false},
        {"*_old", "a_old_old", true},
        {"*_old", "a_older", false},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "a1c2b", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"??", "ab", true},
        {"?", "ß", true},
        {"gr?ße", "größe", true},
        {"*?", "ß", true},
        {"*??", "ß", false},
        {"**a**", "bab", true},
        {"[a]", "a", false},
        {"a.c", "abc", false},
        {"*aaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (pattern_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
            fail_msg("pattern %s, name %s", cases[i].pattern, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_is_any_letters_and_a_question_mark_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
