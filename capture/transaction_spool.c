#include "capture/transaction_spool.h"

#include "capture/spool_file.h"
#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Keys are numbers; uthash's own function does not compile under clang with our warnings. */
#define HASH_FUNCTION(key, length, hash) ((hash) = *(key)*2654435761u)
#include <uthash.h>

enum {
    BUFFER_BYTES = 256 * 1024,
    RECORD_HEAD_BYTES = 3 * sizeof(uint32_t),
    RECORD_MAX_BYTES = 1 << 30, /* what PostgreSQL's own buffers hold */
};

static const char PREFIX[] = "stream.";

typedef struct Streamed {
    uint32_t xid;
    uint64_t bytes;
    uint32_t *aborted; /* in order of arrival; sorted when it is read back */
    size_t aborted_count, aborted_capacity;
    UT_hash_handle hh;
} Streamed;

struct TransactionSpool {
    char *dir;
    Streamed *by_xid;
    uint64_t bytes;
    struct {
        Streamed *of; /* the block's transaction, or NULL */
        uint32_t xid; /* of fd */
        int fd;
        Bytes buffer;
    } out;
    struct {
        Streamed *of;
        int fd;
        uint64_t offset; /* of the file, behind the buffer */
        Bytes buffer;
        size_t at; /* in the buffer */
        uint32_t subxid;
        bool rolled_back; /* is subxid */
        bool known;       /* subxid and rolled_back are set */
    } in;
};

static char *path_of(const TransactionSpool *spool, uint32_t xid)
{
    return mem_printf("%s/%s%u", spool->dir, PREFIX, xid);
}

void transaction_spool_open(TransactionSpool **out, const char *dir)
{
    TransactionSpool *spool = MEM_NEW(TransactionSpool);

    spool->dir = mem_strdup(dir);
    spool->out.fd = spool->in.fd = -1;
    *out = spool;
}

static Streamed *find(const TransactionSpool *spool, uint32_t xid)
{
    Streamed *streamed;

    HASH_FIND(hh, spool->by_xid, &xid, sizeof xid, streamed);
    return streamed;
}

static void forget(TransactionSpool *spool, Streamed *streamed)
{
    CLEANUP(mem_free) char *path = path_of(spool, streamed->xid);

    if (spool->out.fd >= 0 && spool->out.xid == streamed->xid)
        spool_file_close(&spool->out.fd);
    (void)unlink(path); /* a small one never had a file; what stays goes with the folder */
    spool->bytes -= streamed->bytes;
    HASH_DEL(spool->by_xid, streamed);
    free(streamed->aborted);
    free(streamed);
}

void transaction_spool_clear(TransactionSpool *spool)
{
    Streamed *streamed, *next;

    HASH_ITER(hh, spool->by_xid, streamed, next)
    {
        forget(spool, streamed);
    }
    spool->out.of = spool->in.of = NULL;
    bytes_clear(&spool->out.buffer);
    spool_file_close(&spool->out.fd);
    spool_file_close(&spool->in.fd);
}

void transaction_spool_close(TransactionSpool **spool)
{
    if (!*spool)
        return;
    transaction_spool_clear(*spool);
    bytes_done(&(*spool)->out.buffer);
    bytes_done(&(*spool)->in.buffer);
    free((*spool)->dir);
    free(*spool);
    *spool = NULL;
}

bool transaction_spool_start(TransactionSpool *spool, uint32_t xid, Error *err)
{
    Streamed *streamed = find(spool, xid);

    if (spool->out.of)
        return error_set(err, ERROR_PROTOCOL, "pgoutput: a streamed block within another");
    if (!streamed) {
        streamed = MEM_NEW(Streamed);
        streamed->xid = xid;
        HASH_ADD(hh, spool->by_xid, xid, sizeof xid, streamed);
    }
    spool->out.of = streamed;
    return true;
}

/* Blocks of one transaction often follow each other: its file stays open until another one's. */
static bool open_output(TransactionSpool *spool, const char *path, Error *err)
{
    uint32_t xid = spool->out.of->xid;

    if (spool->out.fd >= 0 && spool->out.xid == xid)
        return true;
    spool_file_close(&spool->out.fd);
    spool->out.fd = spool_file_append_to(path, err);
    spool->out.xid = xid;
    return spool->out.fd >= 0;
}

static bool write_output(TransactionSpool *spool, Str bytes, Error *err)
{
    CLEANUP(mem_free) char *path = path_of(spool, spool->out.of->xid);

    (void)FAILPOINT("capture.spool_write");
    return open_output(spool, path, err) && spool_file_write(spool->out.fd, path, bytes, err);
}

static bool flush_output(TransactionSpool *spool, Error *err)
{
    if (spool->out.buffer.len > 0 && !write_output(spool, bytes_str(&spool->out.buffer), err))
        return false;
    bytes_clear(&spool->out.buffer);
    return true;
}

bool transaction_spool_add(TransactionSpool *spool, uint32_t subxid, Str message, Error *err)
{
    Bytes *buffer = &spool->out.buffer;

    bytes_add_u32be(buffer, (uint32_t)message.len);
    bytes_add_u32be(buffer, subxid);
    bytes_add_u32be(buffer, spool_checksum(0, message));
    spool->out.of->bytes += RECORD_HEAD_BYTES + message.len;
    spool->bytes += RECORD_HEAD_BYTES + message.len;
    if (message.len >= BUFFER_BYTES) /* no copy of a large row */
        return flush_output(spool, err) && write_output(spool, message, err);
    bytes_add_str(buffer, message);
    return buffer->len < BUFFER_BYTES || flush_output(spool, err);
}

bool transaction_spool_stop(TransactionSpool *spool, Error *err)
{
    if (!spool->out.of)
        return error_set(err, ERROR_PROTOCOL, "pgoutput: the end of a streamed block without one");
    if (!flush_output(spool, err))
        return false;
    spool->out.of = NULL;
    return true;
}

void transaction_spool_abort(TransactionSpool *spool, uint32_t xid, uint32_t subxid)
{
    Streamed *streamed = find(spool, xid);

    if (!streamed)
        return;
    if (xid == subxid) {
        forget(spool, streamed);
        return;
    }
    if (streamed->aborted_count == streamed->aborted_capacity) {
        streamed->aborted_capacity =
            streamed->aborted_capacity ? streamed->aborted_capacity * 2 : 16;
        streamed->aborted =
            mem_resize(streamed->aborted, streamed->aborted_capacity, sizeof(uint32_t));
    }
    streamed->aborted[streamed->aborted_count++] = subxid;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

bool transaction_spool_read(TransactionSpool *spool, uint32_t xid, Error *err)
{
    Streamed *streamed = find(spool, xid);

    if (!streamed)
        return error_set(err, ERROR_PROTOCOL,
                         "pgoutput: the commit of transaction %u, of which "
                         "nothing came",
                         xid);

    if (streamed->aborted_count > 0)
        qsort(streamed->aborted, streamed->aborted_count, sizeof(uint32_t), compare);
    spool->in.of = streamed;
    spool->in.offset = spool->in.at = 0;
    spool->in.known = false;
    bytes_clear(&spool->in.buffer);
    (void)FAILPOINT("capture.spool_replay");
    if (streamed->bytes == 0)
        return true;

    CLEANUP(mem_free) char *path = path_of(spool, xid);
    spool->in.fd = spool_file_read_from(path, err);
    return spool->in.fd >= 0;
}

/* At least n bytes in the buffer from `at` on. */
static bool fill(TransactionSpool *spool, size_t n, Error *err)
{
    Bytes *buffer = &spool->in.buffer;
    size_t have = buffer->len - spool->in.at;
    uint64_t left = spool->in.of->bytes - spool->in.offset;

    if (have >= n)
        return true;

    CLEANUP(mem_free) char *path = path_of(spool, spool->in.of->xid);
    size_t want = n > BUFFER_BYTES ? n : BUFFER_BYTES;
    if (want - have > left)
        want = have + (size_t)left;
    if (want < n) {
        error_set(err, ERROR_TRANSIENT, "a spool file ends in the middle of a record");
        return error_object(err, "%s", path);
    }
    if (have > 0)
        memmove(buffer->data, buffer->data + spool->in.at, have);
    buffer->len = have;
    spool->in.at = 0;
    char *room = bytes_reserve(buffer, want - have);
    if (!spool_file_read(spool->in.fd, path, spool->in.offset, room, want - have, err))
        return false;
    buffer->len = want;
    spool->in.offset += want - have;
    return true;
}

static bool is_rolled_back(TransactionSpool *spool, uint32_t subxid)
{
    const Streamed *of = spool->in.of;

    if (!spool->in.known || spool->in.subxid != subxid) {
        spool->in.known = true;
        spool->in.subxid = subxid;
        spool->in.rolled_back =
            of->aborted_count > 0 &&
            bsearch(&subxid, of->aborted, of->aborted_count, sizeof subxid, compare);
    }
    return spool->in.rolled_back;
}

static void end_of_transaction(TransactionSpool *spool)
{
    spool_file_close(&spool->in.fd);
    forget(spool, spool->in.of);
    spool->in.of = NULL;
    if (spool->in.buffer.capacity > 4 * BUFFER_BYTES)
        bytes_done(&spool->in.buffer); /* it held a large row */
}

bool transaction_spool_next(TransactionSpool *spool, SpooledMessage *out, Error *err)
{
    if (spool->in.offset == spool->in.of->bytes && spool->in.at == spool->in.buffer.len) {
        end_of_transaction(spool);
        *out = (SpooledMessage){0};
        return true;
    }
    if (!fill(spool, RECORD_HEAD_BYTES, err))
        return false;

    Reader head = reader_over((Str){spool->in.buffer.data + spool->in.at, RECORD_HEAD_BYTES});
    size_t len = reader_u32be(&head);
    uint32_t subxid = reader_u32be(&head);
    uint32_t checksum = reader_u32be(&head);
    if (len > RECORD_MAX_BYTES)
        return error_set(err, ERROR_TRANSIENT, "a spool file holds a record of %zu bytes", len);
    if (!fill(spool, RECORD_HEAD_BYTES + len, err))
        return false;

    out->bytes = (Str){spool->in.buffer.data + spool->in.at + RECORD_HEAD_BYTES, len};
    out->rolled_back = is_rolled_back(spool, subxid);
    spool->in.at += RECORD_HEAD_BYTES + len;
    if (spool_checksum(0, out->bytes) != checksum)
        return error_set(err, ERROR_TRANSIENT,
                         "a spool file holds something else than was written");
    return true;
}

uint64_t transaction_spool_bytes(const TransactionSpool *spool)
{
    return spool->bytes;
}
