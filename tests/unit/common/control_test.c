#include "common/control.h"

#include "tests/support/cmocka_all.h"

static void a_message_comes_back(void **state)
{
    Walferry__Control__Confirm confirm = WALFERRY__CONTROL__CONFIRM__INIT;
    CLEANUP(control_free) ControlMessage *back = NULL;
    Error err;

    (void)state;
    confirm.resume_lsn = 0x1234;
    Frame *frame = control_pack(&CONTROL_MESSAGE(CONFIRM, confirm, &confirm));
    assert_true(control_unpack(frame_str(frame), &back, &err));
    frame_unref(&frame);

    assert_int_equal(back->message_case, WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_CONFIRM);
    assert_int_equal(back->confirm->resume_lsn, 0x1234);
}

static void what_says_nothing_we_know_is_refused(void **state)
{
    static const struct {
        Str frame;
        const char *message;
    } CASES[] = {
        {STR("\x08\x02\x9a\x01\0"), "version 2"},
        {STR(""), "version 0"},
        {STR("\x08\x01"), "unknown kind"},
        {STR("\x08\x01\xfa\x01\0"), "unknown kind"},
        {STR("\x08\x01\x9a\x01\x05"), "cannot be read"},
        {{"", CONTROL_MAX_BYTES + 1UL}, "too large"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        ControlMessage *message = NULL;
        Error err;

        assert_false(control_unpack(CASES[i].frame, &message, &err));
        assert_null(message);
        assert_int_equal(err.kind, ERROR_PROTOCOL);
        if (!strstr(err.message, CASES[i].message))
            fail_msg("%s: %s", CASES[i].message, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back),
        cmocka_unit_test(what_says_nothing_we_know_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
