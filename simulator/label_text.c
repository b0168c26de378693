#include "simulator/label_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool label_is_valid(const char *label)
{
    static const char letters[] =
        "-_:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = strlen(label);

    return len >= 1 && len <= 128 && strspn(label, letters) == len;
}

const char *label_existing_status(TxnState state, bool legacy)
{
    if (legacy)
        return "";
    return state == TXN_COMMITTED || state == TXN_VISIBLE ? "FINISHED" : "RUNNING";
}

/* cloud.proto TxnStatusPB; a commit there is visible at once, COMMITTED stands for the moment in
 * between. */
static const char *cloud_state(TxnState state)
{
    static const char *const names[] = {
        [TXN_UNKNOWN] = "TXN_STATUS_UNKNOWN",     [TXN_PREPARE] = "TXN_STATUS_PREPARED",
        [TXN_COMMITTED] = "TXN_STATUS_COMMITTED", [TXN_VISIBLE] = "TXN_STATUS_VISIBLE",
        [TXN_ABORTED] = "TXN_STATUS_ABORTED",
    };

    return names[state];
}

void label_taken_message(Profile profile, const Txn *txn, char *out, size_t size)
{
    static const char begin[] = "[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = ";

    if (profile_is_cloud(profile))
        snprintf(out, size,
                 "%sbeginTxn failed, errMsg:Label [%s] has already been used, relate to txn "
                 "[%" PRId64 "], status=[%s]",
                 begin, txn->label, txn->id, cloud_state(txn->state));
    else
        snprintf(out, size,
                 "%sLabel [%s] has already been used, relate to txn [%" PRId64 "], status [%s].",
                 begin, txn->label, txn->id, txn_state_name(txn->state));
}
