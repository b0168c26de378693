#include "capture/transaction_spool.h"

#include "common/mem.h"
#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
    char dir[40];
    TransactionSpool *spool;
    Error err;
} Fixture;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof(Fixture));

    snprintf(f->dir, sizeof f->dir, "/tmp/spool-test-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    transaction_spool_open(&f->spool, f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;

    transaction_spool_close(&f->spool);
    int left = rmdir(f->dir); /* fails when a file was left */
    free(f);
    return left;
}

static void block(Fixture *f, uint32_t xid, uint32_t subxid, const char *const *texts, size_t count)
{
    assert_true(transaction_spool_start(f->spool, xid, &f->err));
    for (size_t i = 0; i < count; i++)
        assert_true(transaction_spool_add(f->spool, subxid, str_of(texts[i]), &f->err));
    assert_true(transaction_spool_stop(f->spool, &f->err));
}

static void one(Fixture *f, uint32_t xid, uint32_t subxid, const char *text)
{
    block(f, xid, subxid, &text, 1);
}

static void expect(Fixture *f, const char *text, bool rolled_back)
{
    SpooledMessage message;

    assert_true(transaction_spool_next(f->spool, &message, &f->err));
    if (!text) {
        assert_null(message.bytes.data);
        return;
    }
    assert_true(str_equal(message.bytes, str_of(text)));
    assert_int_equal(message.rolled_back, rolled_back);
}

static void interleaved_transactions_come_back_each_in_its_order(void **state)
{
    Fixture *f = *state;

    one(f, 1, 1, "first of one");
    one(f, 2, 2, "first of two");
    one(f, 1, 1, "second of one");

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    expect(f, "first of one", false);
    expect(f, "second of one", false);
    expect(f, NULL, false);
    assert_true(transaction_spool_read(f->spool, 2, &f->err));
    expect(f, "first of two", false);
    expect(f, NULL, false);
    assert_int_equal(transaction_spool_bytes(f->spool), 0);
}

static void rolled_back_subtransactions_are_marked(void **state)
{
    Fixture *f = *state;

    one(f, 1, 1, "top");
    one(f, 1, 9, "lost");
    one(f, 1, 5, "also lost");
    one(f, 1, 7, "kept");
    transaction_spool_abort(f->spool, 1, 9);
    transaction_spool_abort(f->spool, 1, 5);

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    expect(f, "top", false);
    expect(f, "lost", true);
    expect(f, "also lost", true);
    expect(f, "kept", false);
    expect(f, NULL, false);
}

static void a_transaction_that_is_rolled_back_is_forgotten(void **state)
{
    Fixture *f = *state;

    one(f, 1, 1, "lost");
    transaction_spool_abort(f->spool, 1, 1);

    assert_int_equal(transaction_spool_bytes(f->spool), 0);
    assert_false(transaction_spool_read(f->spool, 1, &f->err));
    assert_int_equal(f->err.kind, ERROR_PROTOCOL);
}

static void an_abort_of_what_never_came_changes_nothing(void **state)
{
    Fixture *f = *state;

    transaction_spool_abort(f->spool, 3, 4);
    transaction_spool_abort(f->spool, 3, 3);
}

static void a_transaction_of_empty_blocks_has_no_messages(void **state)
{
    Fixture *f = *state;

    block(f, 1, 1, NULL, 0);
    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    expect(f, NULL, false);
}

static void messages_larger_than_the_buffer_come_back_whole(void **state)
{
    Fixture *f = *state;
    enum { LARGE = 3 * 1024 * 1024 };
    char *large = malloc(LARGE + 1);

    memset(large, 'x', LARGE);
    large[LARGE] = '\0';
    const char *texts[] = {"small", large, "small again"};
    block(f, 1, 1, texts, 3);

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    expect(f, "small", false);
    expect(f, large, false);
    expect(f, "small again", false);
    expect(f, NULL, false);
    free(large);
}

/* A search among all aborts for each message would take minutes. */
static void very_many_subtransactions_are_no_matter(void **state)
{
    Fixture *f = *state;
    enum { MANY = 200000 };

    assert_true(transaction_spool_start(f->spool, 1, &f->err));
    for (uint32_t i = 2; i < MANY; i++)
        assert_true(transaction_spool_add(f->spool, i, str_of("x"), &f->err));
    assert_true(transaction_spool_stop(f->spool, &f->err));
    for (uint32_t i = MANY - 1; i > 2; i -= 2)
        transaction_spool_abort(f->spool, 1, i);

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    for (uint32_t i = 2; i < MANY; i++)
        expect(f, "x", i % 2 == 1);
    expect(f, NULL, false);
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void many_transactions_at_once_hold_few_files_open(void **state)
{
    Fixture *f = *state;
    int before = open_files();

    for (uint32_t xid = 1; xid < 500; xid++)
        one(f, xid, xid, "x");

    assert_in_range(open_files(), before, before + 2);
}

static void a_file_that_was_changed_is_noticed(void **state)
{
    Fixture *f = *state;
    char path[60];
    SpooledMessage message;

    one(f, 1, 1, "what was written");
    snprintf(path, sizeof path, "%s/stream.1", f->dir);
    FILE *file = fopen(path, "r+");
    fseek(file, -1, SEEK_END);
    fputc('X', file);
    fclose(file);

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    assert_false(transaction_spool_next(f->spool, &message, &f->err));
    assert_int_equal(f->err.kind, ERROR_TRANSIENT);
}

static void a_file_that_was_cut_is_noticed(void **state)
{
    Fixture *f = *state;
    char path[60];
    SpooledMessage message;

    one(f, 1, 1, "what was written");
    snprintf(path, sizeof path, "%s/stream.1", f->dir);
    assert_int_equal(truncate(path, 20), 0);

    assert_true(transaction_spool_read(f->spool, 1, &f->err));
    assert_false(transaction_spool_next(f->spool, &message, &f->err));
    assert_int_equal(f->err.kind, ERROR_TRANSIENT);
}

static void a_new_start_of_the_stream_forgets_all(void **state)
{
    Fixture *f = *state;

    one(f, 1, 1, "x");
    assert_true(transaction_spool_start(f->spool, 2, &f->err));
    assert_true(transaction_spool_add(f->spool, 2, str_of("y"), &f->err));
    transaction_spool_clear(f->spool);

    assert_int_equal(transaction_spool_bytes(f->spool), 0);
    one(f, 2, 2, "z");
    assert_true(transaction_spool_read(f->spool, 2, &f->err));
    expect(f, "z", false);
    expect(f, NULL, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(interleaved_transactions_come_back_each_in_its_order,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(rolled_back_subtransactions_are_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_that_is_rolled_back_is_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_abort_of_what_never_came_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_of_empty_blocks_has_no_messages, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(messages_larger_than_the_buffer_come_back_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(very_many_subtransactions_are_no_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_transactions_at_once_hold_few_files_open, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_changed_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_start_of_the_stream_forgets_all, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
