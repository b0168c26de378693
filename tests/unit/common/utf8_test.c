#include "common/utf8.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>

static void valid_is_what_rfc_3629_allows(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } CASES[] = {
        {"", true},
        {"a\x7f", true},
        {"\xc3\xa9", true},
        {"\xe4\xb8\xad", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc1\xbf", false},         /* too long a form of one byte */
        {"\xe0\x9f\xbf", false},     /* of two */
        {"\xed\xa0\x80", false},     /* a surrogate */
        {"\xf0\x8f\xbf\xbf", false}, /* of three */
        {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", false},
        {"a\xc3", false},
        {"\xc3(", false},
        {"\xe4\xb8", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(utf8_is_valid(str_of(CASES[i].text)), CASES[i].valid);
}

static void mending_cuts_the_end_and_marks_what_is_out_of_place(void **state)
{
    static const struct {
        const char *text, *mended;
    } CASES[] = {
        {"", ""},
        {"plain", "plain"},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98", "\xf0\x9f\x98\x80"},
        {"a\xc3", "a"},
        {"a\xe9t\xe9", "a?t"}, /* LATIN1: its last letter might be the start of a character */
        {"\x80\xff!", "?"
                      "?!"},
        {"\xed\xa0\x80!", "?"
                          "?"
                          "?!"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char text[32];

        snprintf(text, sizeof text, "%s", CASES[i].text);
        utf8_mend(text);
        assert_string_equal(text, CASES[i].mended);
        assert_true(utf8_is_valid(str_of(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_is_what_rfc_3629_allows),
        cmocka_unit_test(mending_cuts_the_end_and_marks_what_is_out_of_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
