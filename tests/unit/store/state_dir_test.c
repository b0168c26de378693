#include "store/state_dir.h"

#include "common/mem.h"
#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMES = 2000 };

static char path[] = "/tmp/wft-state-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(path) ? 0 : -1;
}

static int remove_folder(void **state)
{
    CLEANUP(mem_free) char *command = mem_printf("rm -r %s", path);

    (void)state;
    return system(command);
}

static void the_holder_is_told_while_it_holds(void **state)
{
    StateDir *dir, *second;
    Error err;

    (void)state;
    assert_int_equal(state_dir_holder(path), 0);
    assert_true(state_dir_open(&dir, path, &err));
    assert_int_equal(state_dir_holder(path), getpid());
    assert_false(state_dir_open(&second, path, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    state_dir_close(&dir);
    assert_int_equal(state_dir_holder(path), 0);
}

/* `status` in a loop must not keep a supervisor from starting. */
static void who_asks_is_in_nobodys_way(void **state)
{
    pid_t asker = fork();
    int failed = 0;

    (void)state;
    if (asker == 0) {
        for (;;)
            (void)state_dir_holder(path);
    }
    for (int i = 0; i < TIMES; i++) {
        StateDir *dir = NULL;
        Error err;

        if (state_dir_open(&dir, path, &err))
            state_dir_close(&dir);
        else
            failed++;
    }
    kill(asker, SIGKILL);
    waitpid(asker, NULL, 0);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_holder_is_told_while_it_holds),
        cmocka_unit_test(who_asks_is_in_nobodys_way),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
