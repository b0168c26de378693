#include "simulator/fault_kinds.h"

#include "common/compiler.h"
#include <string.h>

#define M(moment) (1U << FAULT_##moment)
#define ON_FE M(FE_HEADERS)
#define IN_LOAD (M(BE_HEADERS) | M(BE_BEGUN) | M(BE_BODY) | M(BE_END) | M(BE_DONE))
#define ON_STATE M(STATE)
#define IN_SQL (M(SQL) | M(SQL_DONE))
#define EVERYWHERE (ON_FE | IN_LOAD | ON_STATE | IN_SQL)

/* clang-format off */
static const FaultKindInfo KINDS[FAULT_KIND_COUNT] = {
    [FAULT_CLOSE] = {"close", EVERYWHERE, FAULT_FE_HEADERS, 0,
        "the connection is closed without another byte; a load that is not committed is rolled back"},
    [FAULT_RESET] = {"reset", EVERYWHERE, FAULT_BE_BODY, 0, "the same, by a RST"},
    [FAULT_HANG] = {"hang", EVERYWHERE, FAULT_BE_BODY, 0,
        "nothing is read or written until the client goes, then as close"},
    [FAULT_DELAY] = {"delay", EVERYWHERE, FAULT_BE_HEADERS, 1500, "goes on `ms` later"},
    [FAULT_HTTP_STATUS] = {"http_status", EVERYWHERE, FAULT_FE_HEADERS, 0,
        "a proxy's page with the HTTP status `status` (502); a load that is not committed is rolled back"},
    [FAULT_DIE] = {"die", EVERYWHERE, FAULT_BE_DONE, 0, "the simulator kills itself (SIGKILL)"},
    [FAULT_KILL_BE] = {"kill_be", ON_FE | IN_LOAD, FAULT_BE_BODY, 0,
        "the BE dies (at the FE: the one of the redirect), to start again after `ms` if it is not 0"},
    [FAULT_RESTART_FE] = {"restart_fe", EVERYWHERE, FAULT_FE_HEADERS, 500,
        "the FE dies and starts again after `ms`"},
    [FAULT_PURGE_LABELS] = {"purge_labels", EVERYWHERE, FAULT_FE_HEADERS, 0,
        "all finished transactions are forgotten, then it goes on"},
    [FAULT_RUN_SQL] = {"run_sql", EVERYWHERE & ~IN_SQL, FAULT_BE_BODY, 0,
        "the statement `text` is carried out in the load's database, then it goes on"},

    [FAULT_CLOSE_AFTER_307] = {"close_after_307", ON_FE, FAULT_FE_HEADERS, 0,
        "the FE's connection is closed behind the redirect, unannounced"},
    [FAULT_REDIRECT_DEAD_PORT] = {"redirect_dead_port", ON_FE, FAULT_FE_HEADERS, 0,
        "the redirect names a port where nobody listens"},
    [FAULT_REDIRECT_NO_NAME] = {"redirect_no_name", ON_FE, FAULT_FE_HEADERS, 0,
        "the redirect names a host that does not resolve"},
    [FAULT_REFUSE_BE] = {"refuse_be", ON_FE, FAULT_FE_HEADERS, 2000,
        "the BE of the redirect refuses connections for `ms`"},
    [FAULT_NO_BACKEND] = {"no_backend", ON_FE, FAULT_FE_HEADERS, 0, "No backend load available"},
    [FAULT_UNAUTHORIZED] = {"unauthorized", ON_FE | ON_STATE | M(SQL), FAULT_FE_HEADERS, 0,
        "HTTP 200 with code 401"},

    [FAULT_FAIL] = {"fail", IN_LOAD, FAULT_BE_HEADERS, 0,
        "Status Fail with Message `text`; at be_done for rows that are committed"},
    [FAULT_E235] = {"e235", M(BE_BEGUN) | M(BE_BODY) | M(BE_END), FAULT_BE_END, 0,
        "Fail: too many tablet versions"},
    [FAULT_E238] = {"e238", M(BE_BODY) | M(BE_END), FAULT_BE_END, 0, "Fail: too many segments"},
    [FAULT_TXN_LIMIT] = {"txn_limit", M(BE_HEADERS), FAULT_BE_HEADERS, 0,
        "Fail: too many running transactions"},
    [FAULT_MEMORY] = {"memory", M(BE_BEGUN) | M(BE_BODY) | M(BE_END), FAULT_BE_BODY, 0,
        "Fail: memory limit"},
    [FAULT_LOCK_TIMEOUT] = {"lock_timeout", M(BE_HEADERS) | M(BE_BEGUN), FAULT_BE_BEGUN, 0,
        "Fail: the table's lock"},
    [FAULT_REPLY_AND_CLOSE] = {"reply_and_close", M(BE_BODY), FAULT_BE_BODY, 0,
        "Fail in the middle of the body, then the connection is closed (not over TLS)"},
    [FAULT_REPLY_AND_READ] = {"reply_and_read", M(BE_BODY), FAULT_BE_BODY, 0,
        "Fail in the middle of the body, which is read to its end (not over TLS)"},
    [FAULT_SLOW_READER] = {"slow_reader", M(BE_BODY), FAULT_BE_BODY, 0,
        "from the first byte on the body is read at `bytes` a second"},
    [FAULT_RUNNING_THEN_VISIBLE] = {"running_then_visible", M(BE_END), FAULT_BE_END, 2000,
        "the connection is closed, and the transaction commits `ms` later"},
    [FAULT_RUNNING_THEN_ABORTED] = {"running_then_aborted", M(BE_END), FAULT_BE_END, 2000,
        "the connection is closed, and the transaction is aborted `ms` later"},
    [FAULT_PUBLISH_TIMEOUT] = {"publish_timeout", M(BE_END), FAULT_BE_END, 2000,
        "committed and replied Publish Timeout; visible `ms` later"},
    [FAULT_LEGACY_STATUS] = {"legacy_status", M(BE_HEADERS), FAULT_BE_HEADERS, 0,
        "Label Already Exists has an empty ExistingJobStatus (clouds before PR #42700)"},

    [FAULT_TRUNCATED] = {"truncated", M(BE_REPLY) | ON_STATE | M(SQL_DONE), FAULT_BE_REPLY, 0,
        "the reply breaks off in its middle, or after `bytes`"},
    [FAULT_RECORD_JSON] = {"record_json", M(BE_REPLY), FAULT_BE_REPLY, 0,
        "the compact reply with more members, Comment twice"},
    [FAULT_SPACED_JSON] = {"spaced_json", M(BE_REPLY), FAULT_BE_REPLY, 0,
        "blanks and newlines wherever JSON allows them"},
    [FAULT_GZIP] = {"gzip", M(BE_REPLY), FAULT_BE_REPLY, 0,
        "Content-Encoding: gzip although nobody asked"},

    [FAULT_SATURATED] = {"saturated", M(SQL), FAULT_SQL, 0, "code 500: no worker is free"},
    [FAULT_SQL_ERROR] = {"sql_error", IN_SQL, FAULT_SQL, 0,
        "the error `text`; at sql_done for a statement that was carried out"},
    [FAULT_ALTER_BUSY] = {"alter_busy", M(SQL), FAULT_SQL, 0,
        "an ALTER is refused: the table's state is SCHEMA_CHANGE; others go on"},
};

static const char *const MOMENTS[FAULT_MOMENT_COUNT] = {
    [FAULT_FE_HEADERS] = "fe_headers", [FAULT_BE_HEADERS] = "be_headers",
    [FAULT_BE_BEGUN]   = "be_begun",   [FAULT_BE_BODY]    = "be_body",
    [FAULT_BE_END]     = "be_end",     [FAULT_BE_DONE]    = "be_done",
    [FAULT_BE_REPLY]   = "be_reply",   [FAULT_STATE]      = "state",
    [FAULT_SQL]        = "sql",        [FAULT_SQL_DONE]   = "sql_done",
};
/* clang-format on */

const FaultKindInfo *fault_kind_info(FaultKind kind)
{
    return &KINDS[kind];
}

const char *fault_name(FaultKind kind)
{
    return KINDS[kind].name;
}

const char *fault_moment_name(FaultMoment moment)
{
    return MOMENTS[moment];
}

bool fault_kind_parse(const char *name, FaultKind *out)
{
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        if (strcmp(KINDS[i].name, name) == 0) {
            *out = (FaultKind)i;
            return true;
        }
    return false;
}

bool fault_moment_parse(const char *name, FaultMoment *out)
{
    for (size_t i = 0; i < FAULT_MOMENT_COUNT; i++)
        if (strcmp(MOMENTS[i], name) == 0) {
            *out = (FaultMoment)i;
            return true;
        }
    return false;
}
