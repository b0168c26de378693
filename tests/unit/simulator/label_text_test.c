#include "simulator/label_text.h"

#include "tests/support/cmocka_all.h"
#include <string.h>

static void labels_have_few_letters_and_128_of_them(void **state)
{
    char longest[130];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[129] = '\0';
    assert_true(label_is_valid("aZ09-_:"));
    assert_false(label_is_valid(""));
    assert_false(label_is_valid("a b"));
    assert_false(label_is_valid("\xc3\xa9"));
    assert_false(label_is_valid(longest));
    longest[128] = '\0';
    assert_true(label_is_valid(longest));
}

/* fe common/LabelAlreadyUsedException.java */
static void the_state_of_the_other_is_told_in_one_word(void **state)
{
    (void)state;
    assert_string_equal(label_existing_status(TXN_PREPARE, false), "RUNNING");
    assert_string_equal(label_existing_status(TXN_COMMITTED, false), "FINISHED");
    assert_string_equal(label_existing_status(TXN_VISIBLE, false), "FINISHED");
    assert_string_equal(label_existing_status(TXN_VISIBLE, true), "");
}

static void the_message_names_label_transaction_and_state(void **state)
{
    Txn txn = {.id = 42, .label = "l", .state = TXN_VISIBLE};
    char out[512];

    (void)state;
    label_taken_message(PROFILE_DORIS_30_LOCAL, &txn, out, sizeof(out));
    assert_string_equal(out, "[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label "
                             "[l] has already been used, relate to txn [42], status [VISIBLE].");
    label_taken_message(PROFILE_SELECTDB_CLOUD, &txn, out, sizeof(out));
    assert_non_null(strstr(out, "Label [l] has already been used, relate to txn [42], "
                                "status=[TXN_STATUS_VISIBLE]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_few_letters_and_128_of_them),
        cmocka_unit_test(the_state_of_the_other_is_told_in_one_word),
        cmocka_unit_test(the_message_names_label_transaction_and_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
