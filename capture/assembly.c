#include "capture/assembly.h"

#include "capture/visibility.h"
#include "common/bytes.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/names.h"
#include "common/reader.h"

#include <inttypes.h>
#include <stdlib.h>

typedef bool Handle(Assembly *assembly, const PgoutputMessage *message, Error *err);

struct Assembly {
    PgoutputDecoder decoder;
    RelationCache *relations;
    TransactionSpool *spool;
    Batcher *batcher;
    const char *task;
    bool barriers;

    uint32_t block_xid; /* of the streamed block we are in; 0: none */
    bool replaying;
    Lsn replay_end_lsn;
    uint32_t xid; /* top transaction whose changes are being added */
    Lsn finished_lsn;
    int64_t commit_time_us;
    uint64_t heartbeat;

    AssemblyBarrier barrier;
    Bytes held; /* the TRUNCATE that waits */
    const CachedRelation **truncated;
    size_t truncated_capacity;
};

void assembly_open(Assembly **out, const AssemblyPlan *plan)
{
    Assembly *assembly = MEM_NEW(Assembly);

    assembly->task = plan->task;
    assembly->barriers = plan->barriers;
    relation_cache_open(&assembly->relations, plan->model, plan->gates, plan->gate_count);
    batcher_open(&assembly->batcher, plan->limits);
    transaction_spool_open(&assembly->spool, plan->spool_dir);
    *out = assembly;
}

void assembly_close(Assembly **assembly)
{
    if (!*assembly)
        return;
    pgoutput_done(&(*assembly)->decoder);
    relation_cache_close(&(*assembly)->relations);
    transaction_spool_close(&(*assembly)->spool);
    batcher_close(&(*assembly)->batcher);
    bytes_done(&(*assembly)->held);
    free((*assembly)->truncated);
    free(*assembly);
    *assembly = NULL;
}

void assembly_start(Assembly *assembly, Lsn stream_start, uint64_t next_record_id)
{
    relation_cache_forget(assembly->relations);
    transaction_spool_clear(assembly->spool);
    batcher_start(assembly->batcher, stream_start, next_record_id);
    assembly->block_xid = 0;
    assembly->replaying = false;
    assembly->finished_lsn = 0;
    assembly->heartbeat = 0;
    assembly->barrier = BARRIER_NONE;
}

/* --- changes --- */

static bool fault_at(const Assembly *assembly, const Relation *relation, Error *err)
{
    Position position = batcher_position(assembly->batcher);
    char text[POSITION_TEXT_MAX];

    position.ordinal++;
    if (relation)
        error_object(err, "%.*s.%.*s", STR_ARGS(relation->schema), STR_ARGS(relation->table));
    return error_position(err, "%s", position_format(position, text));
}

static bool find_relation(Assembly *assembly, uint32_t oid, const CachedRelation **out, Error *err)
{
    if (!batcher_in_transaction(assembly->batcher)) {
        error_set(err, ERROR_PROTOCOL, "pgoutput: a change outside of any transaction");
        return false;
    }
    if (relation_cache_find(assembly->relations, oid, out, err))
        return true;
    fault_at(assembly, NULL, err);
    return false;
}

/* bigint, in text or binary. */
static uint64_t number_of(const Value *value)
{
    Reader r = reader_over(value->bytes);
    uint64_t number = 0;

    if (value->form == VALUE_BINARY)
        return reader_u64be(&r);
    for (size_t i = 0; value->form == VALUE_TEXT && i < value->bytes.len; i++)
        number = number * 10 + (uint64_t)(value->bytes.data[i] - '0');
    return number;
}

/* Columns of walferry.heartbeat: task, n, at. A number is written until it was seen. */
static bool hear_heartbeat(Assembly *assembly, const Tuple *tuple, Error *err)
{
    batcher_heartbeat(assembly->batcher);
    if (!tuple->values || tuple->count < 2 || tuple->values[1].form == VALUE_NULL ||
        !str_equal(tuple->values[0].bytes, str_of(assembly->task)))
        return true;

    uint64_t before = assembly->heartbeat;
    assembly->heartbeat = number_of(&tuple->values[1]);
    if (before == 0 || assembly->heartbeat == before || assembly->heartbeat == before + 1)
        return true;
    error_set(err, ERROR_DATA,
              "a gap in the stream: heartbeat %" PRIu64 " came after %" PRIu64
              ", changes between them are missing",
              assembly->heartbeat, before);
    error_object(err, WALFERRY_SCHEMA ".heartbeat");
    fault_at(assembly, NULL, err);
    return error_hint(err, "release the task and start it anew");
}

static bool is_gated(const Assembly *assembly, const CachedRelation *relation)
{
    return relation->gate && visibility_sees(relation->gate->snapshot, assembly->xid,
                                             batcher_position(assembly->batcher).commit_lsn);
}

/*
 * A key that was not touched and is stored apart comes as unchanged; the server then sends the old
 * key with it.
 */
static bool complete_key(const Assembly *assembly, const Relation *relation, const Tuple *old_tuple,
                         Tuple *new_tuple, Error *err)
{
    for (uint32_t i = 0; i < new_tuple->count; i++) {
        Value *value = &new_tuple->values[i];

        if (value->form != VALUE_UNCHANGED || !relation->columns[i].key)
            continue;
        if (!old_tuple->values || old_tuple->values[i].form == VALUE_NULL) {
            error_set(err, ERROR_DATA, "an update without the value of key column %.*s",
                      STR_ARGS(relation->columns[i].name));
            return fault_at(assembly, relation, err);
        }
        *value = old_tuple->values[i];
    }
    return true;
}

static bool check_row(const Assembly *assembly, const Relation *relation, Change *change,
                      bool unchanged, Error *err)
{
    bool fits = (!change->old_tuple.values || change->old_tuple.count == relation->column_count) &&
                (!change->new_tuple.values || change->new_tuple.count == relation->column_count);

    if (!fits) {
        error_set(err, ERROR_PROTOCOL, "pgoutput: a row of %u columns where %u were announced",
                  change->new_tuple.values ? change->new_tuple.count : change->old_tuple.count,
                  relation->column_count);
        return fault_at(assembly, relation, err);
    }
    if (!unchanged || !change->new_tuple.values)
        return true;
    if (change->kind == CHANGE_INSERT) {
        error_set(err, ERROR_DATA, "an insert with a value that the server left out");
        fault_at(assembly, relation, err);
        return error_hint(err, "set REPLICA IDENTITY FULL: a row that moves into a row filter "
                               "needs it");
    }
    return complete_key(assembly, relation, &change->old_tuple, &change->new_tuple, err);
}

/* The values of columns that nobody wants, in place. */
static void leave_out(const CachedRelation *relation, Tuple *tuple)
{
    uint32_t kept = 0;

    if (!tuple->values || tuple->count != relation->sent_columns)
        return;
    for (uint32_t i = 0; i < tuple->count; i++) {
        if (!relation->left_out[i])
            tuple->values[kept++] = tuple->values[i];
    }
    tuple->count = kept;
}

static bool handle_row(Assembly *assembly, const PgoutputMessage *message, ChangeKind kind,
                       Error *err)
{
    const PgoutputRow *row = &message->row;
    const CachedRelation *relation = NULL;

    if (!find_relation(assembly, row->relation_oid, &relation, err))
        return false;
    if (relation->heartbeat)
        return hear_heartbeat(assembly, &row->new_tuple, err);

    Change change = {.kind = kind, .old_tuple = row->old_tuple, .new_tuple = row->new_tuple};
    if (relation->left_out) {
        leave_out(relation, &change.old_tuple);
        leave_out(relation, &change.new_tuple);
    }
    if (!check_row(assembly, &relation->relation, &change, row->unchanged, err))
        return false;
    if (is_gated(assembly, relation))
        batcher_gated(assembly->batcher);
    else
        batcher_row(assembly->batcher, relation, &change);
    return true;
}

static bool handle_insert(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    return handle_row(assembly, message, CHANGE_INSERT, err);
}

static bool handle_update(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    return handle_row(assembly, message, CHANGE_UPDATE, err);
}

static bool handle_delete(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    return handle_row(assembly, message, CHANGE_DELETE, err);
}

/* The tables that no gate holds back, into assembly->truncated. */
static bool find_truncated(Assembly *assembly, const PgoutputTruncate *truncate, uint32_t *count,
                           Error *err)
{
    *count = 0;
    if (truncate->count > assembly->truncated_capacity) {
        assembly->truncated =
            mem_resize(assembly->truncated, truncate->count, sizeof *assembly->truncated);
        assembly->truncated_capacity = truncate->count;
    }
    for (uint32_t i = 0; i < truncate->count; i++) {
        const CachedRelation *relation = NULL;

        if (!find_relation(assembly, truncate->relation_oids[i], &relation, err))
            return false;
        if (!relation->heartbeat && !is_gated(assembly, relation))
            assembly->truncated[(*count)++] = relation;
    }
    return true;
}

static bool handle_truncate(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    uint32_t count;

    if (!find_truncated(assembly, &message->truncate, &count, err))
        return false;
    if (count > 0)
        batcher_truncate(assembly->batcher, assembly->truncated, count,
                         message->truncate.restart_identity);
    else
        batcher_gated(assembly->batcher);
    return true;
}

static bool handle_relation(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    (void)err;
    relation_cache_replace(assembly->relations, &message->relation);
    return true;
}

static bool handle_nothing(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    (void)assembly;
    (void)message;
    (void)err;
    return true;
}

/* --- transactions --- */

static bool begin(Assembly *assembly, uint32_t xid, Lsn commit_lsn, int64_t time_us, Error *err)
{
    if (batcher_in_transaction(assembly->batcher))
        return error_set(err, ERROR_PROTOCOL, "pgoutput: a transaction within another");
    assembly->xid = xid;
    batcher_begin(assembly->batcher, xid, commit_lsn, time_us);
    (void)FAILPOINT("capture.begin");
    return true;
}

static void finish(Assembly *assembly, Lsn end_lsn)
{
    (void)FAILPOINT("capture.commit_seen");
    batcher_commit(assembly->batcher, end_lsn);
    assembly->finished_lsn = end_lsn;
}

static bool handle_begin(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    return begin(assembly, message->begin.xid, message->begin.commit_lsn,
                 message->begin.commit_time_us, err);
}

static bool handle_commit(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    if (!batcher_in_transaction(assembly->batcher) || assembly->replaying)
        return error_set(err, ERROR_PROTOCOL, "pgoutput: a commit without its transaction");
    assembly->commit_time_us = message->commit.commit_time_us;
    finish(assembly, message->commit.end_lsn);
    return true;
}

static bool handle_stream_start(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    if (!transaction_spool_start(assembly->spool, message->stream_start.xid, err))
        return false;
    assembly->block_xid = message->stream_start.xid;
    return true;
}

static bool handle_stream_stop(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    (void)message;
    assembly->block_xid = 0;
    return transaction_spool_stop(assembly->spool, err);
}

static bool handle_stream_abort(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    (void)err;
    transaction_spool_abort(assembly->spool, message->stream_abort.xid,
                            message->stream_abort.subxid);
    return true;
}

static bool handle_stream_commit(Assembly *assembly, const PgoutputMessage *message, Error *err)
{
    const PgoutputCommit *commit = &message->commit;

    if (!transaction_spool_read(assembly->spool, commit->xid, err) ||
        !begin(assembly, commit->xid, commit->commit_lsn, commit->commit_time_us, err))
        return false;
    assembly->replaying = true;
    assembly->replay_end_lsn = commit->end_lsn;
    assembly->commit_time_us = commit->commit_time_us;
    return true;
}

/* By kind. Those that may stand in a streamed block go to the spool there. */
static const struct {
    Handle *handle;
    bool spooled;
} HANDLERS[128] = {
    [PGOUTPUT_BEGIN] = {handle_begin, false},
    [PGOUTPUT_COMMIT] = {handle_commit, false},
    [PGOUTPUT_ORIGIN] = {handle_nothing, false},
    [PGOUTPUT_RELATION] = {handle_relation, true},
    [PGOUTPUT_TYPE] = {handle_nothing, true},
    [PGOUTPUT_INSERT] = {handle_insert, true},
    [PGOUTPUT_UPDATE] = {handle_update, true},
    [PGOUTPUT_DELETE] = {handle_delete, true},
    [PGOUTPUT_TRUNCATE] = {handle_truncate, true},
    [PGOUTPUT_MESSAGE] = {handle_nothing, true},
    [PGOUTPUT_STREAM_START] = {handle_stream_start, false},
    [PGOUTPUT_STREAM_STOP] = {handle_stream_stop, false},
    [PGOUTPUT_STREAM_COMMIT] = {handle_stream_commit, false},
    [PGOUTPUT_STREAM_ABORT] = {handle_stream_abort, false},
};

static bool apply(Assembly *assembly, Str bytes, bool streamed, Error *err)
{
    PgoutputMessage message;

    return pgoutput_decode(&assembly->decoder, bytes, streamed, &message, err) &&
           HANDLERS[message.kind].handle(assembly, &message, err);
}

/* With barriers a TRUNCATE is kept until the caller has cleared the way. */
static bool hold_at_barrier(Assembly *assembly, Str bytes)
{
    if (!assembly->barriers || pgoutput_kind(bytes) != PGOUTPUT_TRUNCATE)
        return false;
    bytes_clear(&assembly->held);
    bytes_add_str(&assembly->held, bytes);
    assembly->barrier = BARRIER_BEFORE;
    return true;
}

static bool goes_to_spool(const Assembly *assembly, Str bytes)
{
    uint8_t kind = (uint8_t)pgoutput_kind(bytes);

    return assembly->block_xid && kind < COUNT_OF(HANDLERS) && HANDLERS[kind].spooled;
}

/* Messages in a block begin with the kind and the (sub)transaction. */
static bool spool(Assembly *assembly, Str bytes, Error *err)
{
    Reader r = reader_over(bytes);
    uint32_t subxid;

    reader_u8(&r);
    subxid = reader_u32be(&r);
    if (r.failed)
        return error_set(err, ERROR_PROTOCOL,
                         "pgoutput: a message of %zu bytes in a streamed block", bytes.len);
    return transaction_spool_add(assembly->spool, subxid, bytes, err);
}

bool assembly_message(Assembly *assembly, Str message, Error *err)
{
    if (goes_to_spool(assembly, message))
        return spool(assembly, message, err);
    return hold_at_barrier(assembly, message) || apply(assembly, message, false, err);
}

/*
 * Definitions count even when the subtransaction they came in is rolled back: the server does not
 * send them again. If it was that one that changed the table, a new definition follows.
 */
static bool counts(const SpooledMessage *message)
{
    return !message->rolled_back || pgoutput_kind(message->bytes) == PGOUTPUT_RELATION;
}

bool assembly_busy(const Assembly *assembly)
{
    return assembly->replaying;
}

bool assembly_step(Assembly *assembly, Error *err)
{
    SpooledMessage message;

    if (!transaction_spool_next(assembly->spool, &message, err))
        return false;
    if (!message.bytes.data) {
        assembly->replaying = false;
        finish(assembly, assembly->replay_end_lsn);
        return true;
    }
    return !counts(&message) || hold_at_barrier(assembly, message.bytes) ||
           apply(assembly, message.bytes, true, err);
}

AssemblyBarrier assembly_barrier(const Assembly *assembly)
{
    return assembly->barrier;
}

bool assembly_pass(Assembly *assembly, Error *err)
{
    if (assembly->barrier == BARRIER_AFTER) {
        assembly->barrier = BARRIER_NONE;
        return true;
    }
    assembly->barrier = BARRIER_AFTER;
    return apply(assembly, bytes_str(&assembly->held), assembly->replaying, err);
}

Batcher *assembly_batcher(Assembly *assembly)
{
    return assembly->batcher;
}

Lsn assembly_finished_lsn(const Assembly *assembly)
{
    return assembly->finished_lsn;
}

int64_t assembly_commit_time_us(const Assembly *assembly)
{
    return assembly->commit_time_us;
}

bool assembly_between(const Assembly *assembly)
{
    return !assembly->block_xid && !batcher_in_transaction(assembly->batcher);
}

bool assembly_in_block(const Assembly *assembly)
{
    return assembly->block_xid != 0;
}

uint64_t assembly_heartbeat(const Assembly *assembly)
{
    return assembly->heartbeat;
}

uint64_t assembly_spool_bytes(const Assembly *assembly)
{
    return transaction_spool_bytes(assembly->spool);
}
