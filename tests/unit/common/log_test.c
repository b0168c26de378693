#include "common/log.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is written to standard error meanwhile. */
static size_t capture_line(LogLevel level, const char *text, char *out, size_t size)
{
    int ends[2], saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    log_event(level, "event", "text=%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t length = read(ends[0], out, size - 1);
    close(ends[0]);
    out[length > 0 ? length : 0] = '\0';
    return strlen(out);
}

static void an_event_is_one_line_with_time_level_and_program(void **state)
{
    char line[8192];

    (void)state;
    log_open("walferry-test");
    size_t length = capture_line(LOG_WARN, "a\nb\tc\x7f", line, sizeof line);

    assert_int_equal(line[length - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + length - 1);
    assert_non_null(strstr(line, "Z warn walferry-test["));
    assert_non_null(strstr(line, "] event text=a b c \n"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    char line[8192];

    (void)state;
    setenv("WALFERRY_LOG", "error", 1);
    log_open("walferry-test");
    assert_int_equal(capture_line(LOG_WARN, "x", line, sizeof line), 0);
    assert_true(capture_line(LOG_ERROR, "x", line, sizeof line) > 0);
    setenv("WALFERRY_LOG", "info", 1);
    log_open("walferry-test");
    unsetenv("WALFERRY_LOG");
}

static void a_long_event_is_cut_and_still_ends_its_line(void **state)
{
    char line[8192], text[6000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    size_t length = capture_line(LOG_ERROR, text, line, sizeof line);

    assert_in_range(length, 4000, 4096);
    assert_int_equal(line[length - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_with_time_level_and_program),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(a_long_event_is_cut_and_still_ends_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
