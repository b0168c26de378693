#include "simulator/row_counter.h"

#include "common/compiler.h"
#include "tests/support/cmocka_all.h"

static int64_t count(RowCounter counter, const char *text, size_t piece)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += piece)
        row_counter_feed(&counter, (Str){text + at, at + piece < len ? piece : len - at});
    return row_counter_finish(&counter);
}

static void rows_are_counted_in_pieces_of_any_size(void **state)
{
    static const struct {
        const char *text;
        char enclose, escape;
        int64_t rows;
    } cases[] = {
        {"", '"', '\\', 0},
        {"a\nb\n", 0, 0, 2},
        {"a\nb", 0, 0, 2},
        {"\n\na,b\n\n", 0, 0, 1},
        {"\"a\nb\",\"c\"\n\"d\"\n", '"', '\\', 2},
        {"\"a\nb\",\"c\"\n\"d\"\n", 0, 0, 3},
        {"\"a\\\"\nb\"\n\"\\\\\"\nx\n", '"', '\\', 3},
        {"\"\"\n\"\"\n", '"', '\\', 2},
        {"\\N,\\N\n\"x\",\\N\n", '"', '\\', 2},
        {"\"0123456789012345678901234567890123456789\"\n\"\n0123456789\n\"\nabcdefgh\n", '"', '\\',
         3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t piece = 1; piece < 20; piece++) {
            RowCounter counter = {.enclose = cases[i].enclose, .escape = cases[i].escape};

            assert_int_equal(count(counter, cases[i].text, piece), cases[i].rows);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_in_pieces_of_any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
