#include "common/clock.h"
#include "simulator/be_load_internal.h"

/* The FE hears of a rollback by an RPC; without an FE the transaction stays in PREPARE until its
 * timeout. */
void be_load_abort(BeLoad *load, const char *reason)
{
    if (!load->begun || load->settled || !sim_fe_is_up(load->sim))
        return;
    load->settled = true;
    if (txns_abort(load->sim->txns, load->txn.id, reason)) {
        tables_discard(load->sim->tables, load->txn.id);
        be_load_note(load, "abort", reason);
    }
}

static void publish(BeLoad *load, int64_t wait_ms)
{
    if (sim_wait_visible(load->sim, load->txn.id, wait_ms))
        be_load_set_status(load, "Success", "OK");
    else /* regression suite load_p0/stream_load/test_publish_timeout */
        be_load_set_status(load, "Publish Timeout",
                           "[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data "
                           "will be visible later");
}

/*
 * The BE asks by an RPC, and calls its failure a failure of the load: the message is Fail, and the
 * transaction is what it is (regression suite test_stream_load_commit_result_incorrect).
 */
static bool frontend_answers(BeLoad *load)
{
    if (sim_fe_is_up(load->sim))
        return true;
    error_set(&load->err, ERROR_DATA,
              "[THRIFT_RPC_ERROR]failed to call frontend service, FE address=127.0.0.1:9020, "
              "reason=EAGAIN (timed out)");
    load->settled = true; /* nobody hears the rollback either */
    be_load_set_failed(load);
    return false;
}

void be_load_commit(BeLoad *load, const Fault *fault)
{
    bool late = fault && fault->kind == FAULT_PUBLISH_TIMEOUT;
    int64_t began_ms = clock_ms();
    SimSettings settings;
    Error err;

    sim_settings(load->sim, &settings);
    if (!frontend_answers(load))
        return;
    load->settled = true;
    if (!txns_commit(load->sim->txns, load->txn.id,
                     sim_now_ms() + (late ? fault->ms : settings.publish_delay_ms), &err)) {
        tables_discard(load->sim->tables, load->txn.id);
        error_set(&load->err, ERROR_DATA,
                  "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = %s", err.message);
        be_load_set_failed(load);
        return;
    }
    be_load_note(load, "commit", NULL);
    publish(load, late ? 0 : settings.publish_wait_ms);
    load->reply.commit_ms = clock_ms() - began_ms;
}
