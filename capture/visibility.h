/*
 * visibility - has a snapshot seen a transaction?
 *
 * A table's copy holds the rows of every transaction that its snapshot sees; the stream brings some
 * of them once more. Transactions are named by 32-bit numbers in the stream and by 64-bit ones,
 * which do not wrap, in a snapshot. Pure.
 */
#pragma once

#include "model.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * xid is the top transaction's, committed, and less than 2^31 transactions away from the snapshot.
 */
bool visibility_sees(const Walferry__Model__Snapshot *snapshot, uint32_t xid);
