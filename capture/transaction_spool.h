/*
 * transaction_spool - streamed transactions in files until their fate is known.
 *
 * The server sends a large transaction while it is still under way, in blocks, with those of others
 * in between. Each top transaction has a file; at its commit it is read back message by message,
 * and those of rolled-back subtransactions are marked. Aborts cost 4 bytes of memory each and are
 * sorted once, at the commit. One file is open for writing and one for reading.
 *
 * A record is length, subtransaction, CRC-32 (u32 each, big endian) and the message as it came. The
 * files are worth nothing to another process: after each start of the stream the server sends all
 * of an unfinished transaction again.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include <stdint.h>

typedef struct TransactionSpool TransactionSpool;

/* The folder is there, and this process's own. */
void transaction_spool_open(TransactionSpool **out, const char *dir);
void transaction_spool_close(TransactionSpool **spool);

/* The stream starts anew: forgets all. */
void transaction_spool_clear(TransactionSpool *spool);

/* A block of a top transaction; its messages; its end. */
NODISCARD bool transaction_spool_start(TransactionSpool *spool, uint32_t xid, Error *err);
NODISCARD bool transaction_spool_add(TransactionSpool *spool, uint32_t subxid, Str message,
                                     Error *err);
NODISCARD bool transaction_spool_stop(TransactionSpool *spool, Error *err);

/* subxid is rolled back; when it is xid itself, all of it, and forgotten. */
void transaction_spool_abort(TransactionSpool *spool, uint32_t xid, uint32_t subxid);

/* The transaction is to be read back, from the start. Nothing else is read meanwhile. */
NODISCARD bool transaction_spool_read(TransactionSpool *spool, uint32_t xid, Error *err);

typedef struct SpooledMessage {
    Str bytes; /* valid until the next call */
    bool rolled_back;
} SpooledMessage;

/* bytes.data is NULL at the end; the transaction is forgotten then. */
NODISCARD bool transaction_spool_next(TransactionSpool *spool, SpooledMessage *out, Error *err);

/* Of all files. */
uint64_t transaction_spool_bytes(const TransactionSpool *spool);
