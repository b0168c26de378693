/*
 * visibility - has a snapshot seen a transaction?
 *
 * A table's copy holds the rows of every transaction that its snapshot sees; the stream brings some
 * of them once more. Transactions are named by 32-bit numbers in the stream and by 64-bit ones,
 * which do not wrap, in a snapshot. Numbers of the stream come again after 2^32 transactions, so
 * they are asked only below the position taken in the snapshot: what commits at or above it was not
 * seen. (That it commits below does not say that it was: the two orders differ.) Pure.
 */
#pragma once

#include "common/lsn.h"
#include "model.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

/* xid is the top transaction's, whose commit record starts at commit_lsn. */
bool visibility_sees(const Walferry__Model__Snapshot *snapshot, uint32_t xid, Lsn commit_lsn);
