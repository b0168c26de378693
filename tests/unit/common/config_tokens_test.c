#include "common/config_tokens.h"

#include "tests/support/cmocka_all.h"

static Arena arena;

static int give_arena_back(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void tokens_know_their_places(void **state)
{
    static const char text[] = "# one\na = \"x\\\"y\" /* two\n*/ b={1};// end";
    static const struct {
        ConfigTokenKind kind;
        const char *text;
        int line, column;
    } expected[] = {
        {CONFIG_WORD, "a", 2, 1},
        {CONFIG_PUNCTUATION, "=", 2, 3},
        {CONFIG_STRING, "\"x\\\"y\"", 2, 5},
        {CONFIG_WORD, "b", 3, 4},
        {CONFIG_PUNCTUATION, "=", 3, 5},
        {CONFIG_PUNCTUATION, "{", 3, 6},
        {CONFIG_WORD, "1", 3, 7},
        {CONFIG_PUNCTUATION, "}", 3, 8},
        {CONFIG_PUNCTUATION, ";", 3, 9},
        {CONFIG_END, "", 3, 16},
        {CONFIG_END, "", 3, 16},
    };
    ConfigScanner scanner = config_scanner(str_of(text));

    (void)state;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        ConfigToken token = config_next_token(&scanner);

        assert_int_equal(token.kind, expected[i].kind);
        assert_true(str_equal(token.text, str_of(expected[i].text)));
        assert_int_equal(token.line, expected[i].line);
        assert_int_equal(token.column, expected[i].column);
    }
}

static void what_is_never_closed_is_told(void **state)
{
    (void)state;
    assert_int_equal(config_token_at(str_of("a = \"b"), 3).kind, CONFIG_OPEN_STRING);
    assert_int_equal(config_token_at(str_of("a = \"b\\\""), 3).kind, CONFIG_OPEN_STRING);
    assert_int_equal(config_token_at(str_of("a = /* b"), 3).kind, CONFIG_OPEN_COMMENT);
    assert_int_equal(config_token_at(str_of("a = /*/"), 3).kind, CONFIG_OPEN_COMMENT);
    assert_int_equal(config_token_at(str_of("@include \"b\""), 1).kind, CONFIG_INCLUDE);
}

static void large_integers_are_widened(void **state)
{
    static const struct {
        const char *text, *wide;
    } cases[] = {
        {"a=2147483647;", "a=2147483647;\n"},
        {"a=2147483648;", "a=2147483648L;\n"},
        {"a=-2147483648;", "a=-2147483648;\n"},
        {"a=-2147483649;", "a=-2147483649L;\n"},
        {"a=0x7fffffff;", "a=0x7fffffff;\n"},
        {"a=0x80000000;", "a=0x80000000L;\n"},
        {"a=99999999999999999999999999;", "a=99999999999999999999999999L;\n"},
        {"a=5000000000L;", "a=5000000000L;\n"},
        {"a=\"5000000000\"; # 5000000000", "a=\"5000000000\"; # 5000000000\n"},
        {"a9999999999=1;", "a9999999999=1;\n"},
        {"a=(5000000000,1);", "a=(5000000000L,1);\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(config_widen_integers(str_of(cases[i].text), &arena), cases[i].wide);
}

static void each_token_can_have_a_line_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(config_token_a_line(str_of("a = { # c\nb = \"x\ny\"; }"), &arena),
                        "a\n=\n{\nb\n=\n\"x y\"\n;\n}\n");
}

static void an_empty_text_has_no_token(void **state)
{
    (void)state;
    assert_int_equal(config_token_at((Str){0}, 1).kind, CONFIG_END);
    assert_int_equal(config_token_at((Str){0}, 7).kind, CONFIG_END);
    assert_string_equal(config_widen_integers((Str){"", 0}, &arena), "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_know_their_places),
        cmocka_unit_test(what_is_never_closed_is_told),
        cmocka_unit_test_teardown(large_integers_are_widened, give_arena_back),
        cmocka_unit_test_teardown(each_token_can_have_a_line_of_its_own, give_arena_back),
        cmocka_unit_test_teardown(an_empty_text_has_no_token, give_arena_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
