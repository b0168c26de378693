#include "common/failpoint.h"

#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WALFERRY_FAILPOINTS

/* Passes the point `times` times in a process of its own; how it ended, or how often it was true.
 */
static int pass(const char *armed, const char *once, int times)
{
    int status = 0, skipped = 0;
    pid_t child = fork();

    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        setenv("WALFERRY_FAILPOINT", armed, 1);
        if (once)
            setenv("WALFERRY_FAILPOINT_ONCE", once, 1);
        for (int i = 0; i < times; i++)
            skipped += FAILPOINT("test.here");
        _exit(skipped);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void an_armed_point_kills_at_its_nth_passing(void **state)
{
    (void)state;
    assert_int_equal(pass("test.here:3", NULL, 2), 0);
    assert_int_equal(pass("test.here:3", NULL, 3), -SIGKILL);
    assert_int_equal(pass("test.elsewhere:1", NULL, 3), 0);
    assert_int_equal(pass("nonsense", NULL, 3), 0);
}

static void skip_makes_it_true_from_then_on(void **state)
{
    (void)state;
    assert_int_equal(pass("test.here:3:skip", NULL, 5), 3);
}

static void a_pause_goes_on_afterwards(void **state)
{
    (void)state;
    assert_int_equal(pass("test.here:1:pause=5", NULL, 2), 0);
}

static void with_a_once_file_it_fires_in_one_process_only(void **state)
{
    char once[] = "/tmp/failpoint-test-XXXXXX";
    int fd = mkstemp(once);

    (void)state;
    close(fd);
    unlink(once);
    assert_int_equal(pass("test.here:1", once, 1), -SIGKILL);
    assert_int_equal(pass("test.here:1", once, 1), 0);
    unlink(once);
}

static void one_meant_for_another_program_does_nothing(void **state)
{
    (void)state;
    setenv("WALFERRY_FAILPOINT_IN", "walferry-elsewhere", 1);
    assert_int_equal(pass("test.here:1", NULL, 1), 0);
    setenv("WALFERRY_FAILPOINT_IN", "failpoint_test", 1);
    assert_int_equal(pass("test.here:1", NULL, 1), -SIGKILL);
    unsetenv("WALFERRY_FAILPOINT_IN");
}

#else

static void without_failpoints_the_macro_is_false(void **state)
{
    (void)state;
    assert_false(FAILPOINT("test.here"));
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef WALFERRY_FAILPOINTS
        cmocka_unit_test(an_armed_point_kills_at_its_nth_passing),
        cmocka_unit_test(skip_makes_it_true_from_then_on),
        cmocka_unit_test(a_pause_goes_on_afterwards),
        cmocka_unit_test(with_a_once_file_it_fires_in_one_process_only),
        cmocka_unit_test(one_meant_for_another_program_does_nothing),
#else
        cmocka_unit_test(without_failpoints_the_macro_is_false),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
