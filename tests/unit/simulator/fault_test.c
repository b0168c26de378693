#include "simulator/fault.h"

#include "simulator/fault_kinds.h"
#include "tests/support/cmocka_all.h"

static bool arm(Faults *faults, const char *json, Error *err)
{
    int64_t id;

    return faults_arm(faults, str_of(json), &id, err);
}

static void armed(Faults *faults, const char *json)
{
    Error err;

    if (!arm(faults, json, &err))
        fail_msg("%s: %s", json, err.message);
}

static const FaultWhere HERE = {"d", "orders", "w_1"};

static void a_fault_strikes_at_its_turn_and_no_more_often(void **state)
{
    CLEANUP(faults_close) Faults *faults = NULL;
    static const bool expected[] = {false, true, true, false};
    Fault out;

    (void)state;
    faults_open(&faults);
    armed(faults, "{\"fault\": \"close\", \"moment\": \"be_done\", \"nth\": 2, \"count\": 2}");
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(faults_take(faults, FAULT_BE_DONE, &HERE, &out), expected[i]);
    assert_false(faults_take(faults, FAULT_BE_END, &HERE, &out));
}

static void a_fault_is_matched_by_database_table_and_label(void **state)
{
    static const struct {
        const char *json;
        bool strikes;
    } cases[] = {
        {"{\"fault\": \"close\"}", true},
        {"{\"fault\": \"close\", \"db\": \"d\", \"table\": \"orders\", \"label\": \"w_1\"}", true},
        {"{\"fault\": \"close\", \"table\": \"ord*\", \"label\": \"w_?\"}", true},
        {"{\"fault\": \"close\", \"table\": \"order\"}", false},
        {"{\"fault\": \"close\", \"label\": \"w_2\"}", false},
        {"{\"fault\": \"close\", \"db\": \"e\"}", false},
    };
    Fault out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(faults_close) Faults *faults = NULL;

        faults_open(&faults);
        armed(faults, cases[i].json);
        assert_int_equal(faults_take(faults, FAULT_FE_HEADERS, &HERE, &out), cases[i].strikes);
    }
}

static void what_is_not_known_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "{\"fault\": \"flood\"}",
        "{\"fault\": \"close\", \"moment\": \"yesterday\"}",
        "{\"fault\": \"truncated\", \"moment\": \"be_body\"}",
        "{\"fault\": \"close\", \"nht\": 1}",
        "{\"fault\": \"close\", \"nth\": -1}",
        "{\"fault\": \"close\", \"nth\": \"1\"}",
        "{\"fault\": \"close\", \"table\": 1}",
    };
    CLEANUP(faults_close) Faults *faults = NULL;
    Error err;

    (void)state;
    faults_open(&faults);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (arm(faults, cases[i], &err))
            fail_msg("taken: %s", cases[i]);
}

/* So that who enumerates the list misses none and hits none that cannot be. */
static void each_kind_has_a_name_a_text_and_its_usual_moment(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const FaultKindInfo *info = fault_kind_info((FaultKind)kind);
        FaultKind found;

        assert_non_null(info->name);
        assert_non_null(info->is);
        assert_true(info->moments & (1U << info->usually));
        assert_true(fault_kind_parse(info->name, &found));
        assert_int_equal(found, kind);
    }
}

static void defaults_are_those_of_the_kind(void **state)
{
    CLEANUP(faults_close) Faults *faults = NULL;
    Fault out;

    (void)state;
    faults_open(&faults);
    armed(faults, "{\"fault\": \"publish_timeout\"}");
    assert_true(faults_take(faults, FAULT_BE_END, &HERE, &out));
    assert_int_equal(out.ms, 2000);
    assert_int_equal(out.status, 502);
    faults_clear(faults);
    assert_false(faults_take(faults, FAULT_BE_END, &HERE, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_strikes_at_its_turn_and_no_more_often),
        cmocka_unit_test(a_fault_is_matched_by_database_table_and_label),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(each_kind_has_a_name_a_text_and_its_usual_moment),
        cmocka_unit_test(defaults_are_those_of_the_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
