/*
 * trace_positions - reads a slot once, through capture's decoder, spool and batcher, and prints
 * each change: commit_lsn ordinal record_id kind table hash-of-values. The same WAL must give the
 * same lines whatever the options of the stream are.
 *
 *     trace_positions --conninfo TEXT --task NAME --spool DIR [--streaming] [--binary] [--quiet]
 *                     [--record FOLDER]
 *
 * Slot and publication are walferry_NAME. It reads up to where the server's WAL ended when it
 * began, and confirms nothing, so that it can be run again. --quiet prints totals and seconds only.
 * --record writes the first messages of each kind into files, as seeds of
 * tests/fuzz/pgoutput_fuzz.c.
 */
#include "capture/assembly.h"
#include "capture/replication.h"
#include "common/clock.h"
#include "common/codec.h"
#include "common/lsn.h"
#include "common/mem.h"
#include "tests/support/source_model.h"

#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BODY_BYTES = 1024 * 1024,
    BODY_CHANGES = 10000,
    REPORT_EVERY = 100000,
    RECORDED_OF_A_KIND = 3
};

typedef struct Trace {
    const char *conninfo, *task, *spool, *record;
    int recorded[128];
    int streaming, binary, quiet;
    Arena arena;
    Replication *replication;
    Assembly *assembly;
    Lsn until;
    uint64_t changes, batches, bytes;
} Trace;

static bool read_lsn(Trace *trace, const char *sql, Lsn *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(replication_session(trace->replication), sql, &rows, err))
        return false;
    return (pg_rows_count(rows) > 0 && lsn_parse(pg_text(rows, 0, "lsn"), out)) ||
           error_set(err, ERROR_CONFIG, "no such slot");
}

static uint64_t hash_tuple(uint64_t hash, const Tuple *tuple)
{
    for (uint32_t i = 0; tuple->values && i < tuple->count; i++) {
        hash = (hash ^ (uint64_t)tuple->values[i].form) * UINT64_C(1099511628211);
        for (size_t b = 0; b < tuple->values[i].bytes.len; b++)
            hash = (hash ^ (uint8_t)tuple->values[i].bytes.data[b]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void print_change(const BatchHeader *header, const Change *change)
{
    static const char KINDS[] = "IUDT";
    const Transaction *transaction = &header->transactions[change->transaction];
    const Relation *relation = &header->relations[change->relation];
    uint64_t hash = UINT64_C(14695981039346656037);
    char lsn[LSN_TEXT_MAX];

    hash = hash_tuple(hash_tuple(hash, &change->old_tuple), &change->new_tuple);
    printf("%s %" PRIu64 " %" PRIu64 " %c %.*s.%.*s %016" PRIx64 "\n",
           lsn_format(transaction->commit_lsn, lsn), change->ordinal,
           transaction->first_record_id + change->ordinal - 1, KINDS[change->kind],
           STR_ARGS(relation->schema), STR_ARGS(relation->table), hash);
}

static bool take_batch(Trace *trace, Error *err)
{
    CLEANUP(frame_unref) Frame *body = NULL;
    CLEANUP(arena_done) Arena arena = {0};
    BatchHeader header;
    Change *changes;

    batcher_take(assembly_batcher(trace->assembly), false, &header, &body);
    trace->batches++;
    trace->changes += header.change_count;
    trace->bytes += body->len;
    if (trace->quiet)
        return true;
    if (!codec_unpack_changes(frame_str(body), &header, &arena, &changes, err))
        return false;
    for (uint32_t i = 0; i < header.change_count; i++)
        print_change(&header, &changes[i]);
    return true;
}

static bool batch_if_due(Trace *trace, bool now, Error *err)
{
    Batcher *batcher = assembly_batcher(trace->assembly);

    if (batcher_empty(batcher) || !(now || batcher_due(batcher, 0)))
        return true;
    return take_batch(trace, err);
}

static void record(Trace *trace, Str message)
{
    unsigned char kind = (unsigned char)pgoutput_kind(message);
    char path[512];
    FILE *file;

    if (!trace->record || kind >= COUNT_OF(trace->recorded) ||
        trace->recorded[kind] == RECORDED_OF_A_KIND)
        return;
    snprintf(path, sizeof path, "%s/%02x-%d%s", trace->record, kind, ++trace->recorded[kind],
             trace->streaming ? "-streamed" : "");
    file = fopen(path, "we");
    if (!file)
        return;
    fwrite(message.data, 1, message.len, file);
    fclose(file);
}

static bool work_on(Trace *trace, Str message, Error *err)
{
    record(trace, message);
    if (!assembly_message(trace->assembly, message, err) || !batch_if_due(trace, false, err))
        return false;
    while (assembly_busy(trace->assembly)) {
        if (!assembly_step(trace->assembly, err) || !batch_if_due(trace, false, err))
            return false;
    }
    return true;
}

static bool report(Trace *trace, Lsn received, Error *err)
{
    return replication_report(trace->replication, received, 0, clock_wall_us(), true, err);
}

static bool read_stream(Trace *trace, Error *err)
{
    Lsn received = 0;
    uint64_t messages = 0;

    while (received < trace->until) {
        ReplicationMessage message;

        if (!replication_receive(trace->replication, &message, err))
            return false;
        if (message.kind == REPLICATION_NOTHING) {
            struct pollfd item = {.fd = replication_socket(trace->replication), .events = POLLIN};

            if (!report(trace, received, err))
                return false;
            (void)poll(&item, 1, 200);
        } else if (message.kind == REPLICATION_KEEPALIVE) {
            received = message.end;
        } else if (!work_on(trace, message.data, err) ||
                   (++messages % REPORT_EVERY == 0 && !report(trace, received, err))) {
            return false;
        }
    }
    return batch_if_due(trace, true, err);
}

static bool run(Trace *trace, Error *err)
{
    Walferry__Model__Model model;
    ReplicationPlan plan = {.source = {.side = "source", .conninfo = trace->conninfo},
                            .task = trace->task,
                            .system_identifier = "",
                            .binary = trace->binary,
                            .streaming = trace->streaming};
    CLEANUP(mem_free)
    char *slot =
        mem_printf("SELECT confirmed_flush_lsn AS lsn FROM pg_replication_slots WHERE slot_name = "
                   "'walferry_%s'",
                   trace->task);
    Lsn resume = 0;

    if (!replication_connect(&trace->replication, &plan, err) ||
        !source_model_read(replication_session(trace->replication), trace->task, &trace->arena,
                           &model, err) ||
        !read_lsn(trace, slot, &resume, err) ||
        !read_lsn(trace, "SELECT pg_current_wal_flush_lsn() AS lsn", &trace->until, err))
        return false;

    AssemblyPlan assembly = {
        .model = &model,
        .task = trace->task,
        .spool_dir = trace->spool,
        .limits = {.body_bytes = BODY_BYTES, .changes = BODY_CHANGES, .relations = BODY_CHANGES}};
    assembly_open(&trace->assembly, &assembly);
    assembly_start(trace->assembly, resume, 1);
    return replication_start(trace->replication, resume, err) && read_stream(trace, err);
}

static void done(Trace *trace)
{
    assembly_close(&trace->assembly);
    replication_close(&trace->replication);
    arena_done(&trace->arena);
}

int main(int argc, char **argv)
{
    CLEANUP(done) Trace trace = {0};
    const struct option options[] = {
        {"conninfo", required_argument, NULL, 'c'},      {"task", required_argument, NULL, 't'},
        {"spool", required_argument, NULL, 's'},         {"record", required_argument, NULL, 'r'},
        {"streaming", no_argument, &trace.streaming, 1}, {"binary", no_argument, &trace.binary, 1},
        {"quiet", no_argument, &trace.quiet, 1},         {0}};
    int64_t start_ms = clock_ms();
    Error err = {0};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            trace.conninfo = optarg;
        else if (option == 't')
            trace.task = optarg;
        else if (option == 's')
            trace.spool = optarg;
        else if (option == 'r')
            trace.record = optarg;
        else if (option != 0)
            return 2;
    }
    if (!trace.conninfo || !trace.task || !trace.spool)
        return 2;
    if (!run(&trace, &err)) {
        char text[2048];

        error_format(&err, text, sizeof text);
        fprintf(stderr, "trace_positions: %s\n", text);
        return 1;
    }
    fprintf(stderr, "changes=%" PRIu64 " batches=%" PRIu64 " bytes=%" PRIu64 " ms=%" PRId64 "\n",
            trace.changes, trace.batches, trace.bytes, clock_ms() - start_ms);
    return 0;
}
