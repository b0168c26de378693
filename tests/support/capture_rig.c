/*
 * capture_rig - a supervisor, a transform and the loaders in one process that keep nothing, for
 * tests of capture against a real server (tests/e2e/test_capture.py) and to measure it alone. It
 * reads commands, a line each, from standard input and says what happens on standard output.
 *
 *     capture-rig TASK_FILE FOLDER LANES     capture is started with --supervisor ipc://FOLDER/rig
 *
 *     hold taken|durable|confirm   from now on do not say so; go taken|durable|confirm: do again
 *     lose N                       the next N batches get lost on their way
 *     attach LANE                  its loader died with what it held: another one asks for its
 * place resume LSN                   what the next epoch is granted, instead of what is durable
 *     drain | stop                 to capture
 *     stats                        "stats changes=N batches=N duplicates=N flushed=N transactions=N
 *                                   epoch=N next_record_id=N durable=LSN"
 *     record FILE                  from now on: batches that are taken, for others to read
 *     counter NAME                 of capture's last heartbeat: "counter NAME VALUE"
 *
 * Events: "open", "ready", "epoch N", "fault KIND OBJECT: TEXT", "resumed LANE SEQUENCE",
 * "drained", "truncate SEQUENCE CHANGES", "broken TEXT" (a promise of the batches
 * was not kept: it ends with that).
 */
#include "common/channel.h"
#include "common/clock.h"
#include "common/codec.h"
#include "common/control.h"
#include "common/mem.h"
#include "common/pg.h"
#include "common/task_file.h"
#include "tests/support/batch_file.h"
#include "tests/support/source_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LANES = 4 };

typedef struct Lane {
    Channel *channel;
    char identity[32];
    int incarnation;
    bool attaching;
    uint64_t next; /* sequence */
    uint64_t durable_sequence;
    Position durable;
    Position last; /* taken */
    Lsn resume_lsn;
    uint64_t next_record_id;
    struct { /* what is durable now, or as soon as that is no longer held */
        uint64_t sequence;
        Position position;
        Lsn resume_lsn;
        uint64_t next_record_id;
    } written;
} Lane;

typedef struct Rig {
    Arena arena;
    TaskFile task;
    Str task_text;
    const char *folder;
    Walferry__Model__Model model;
    Channel *supervisor, *worker;
    char capture[CHANNEL_IDENTITY_MAX], *endpoint;
    uint32_t lanes;
    Lane lane[LANES];
    uint64_t epoch;
    Lsn granted; /* resume_lsn of the grant, or to be granted when `forced` */
    bool forced, hold_taken, hold_durable, hold_confirm;
    int lose;
    Lsn confirmed;
    uint64_t batches, changes, duplicates, flushed, transactions;
    int64_t next_second_ms;
    ControlMessage *heartbeat;
    FILE *record;
} Rig;

static void broken(const char *what, uint64_t sequence)
{
    printf("broken %s at batch %" PRIu64 "\n", what, sequence);
    fflush(stdout);
    exit(EXIT_FAILURE);
}

static void must(bool ok, const Error *err)
{
    char line[sizeof(Error) + 128];

    if (ok)
        return;
    error_format(err, line, sizeof line);
    broken(line, 0);
}

static char *text(Rig *rig, const char *value)
{
    return arena_strdup(&rig->arena, value);
}

/* --- the supervisor --- */

static void say(Rig *rig, const ControlMessage *message)
{
    ChannelMessage raw = {.parts = {control_pack(message)}, .count = 1};

    snprintf(raw.peer, sizeof raw.peer, "%s", rig->capture);
    (void)channel_send(rig->supervisor, &raw);
    channel_message_done(&raw);
}

static void say_assignment(Rig *rig)
{
    Walferry__Control__Assignment assignment = WALFERRY__CONTROL__ASSIGNMENT__INIT;

    assignment.task = text(rig, rig->task.name);
    assignment.file_name = text(rig, "rig");
    assignment.file_text.data = (uint8_t *)(uintptr_t)rig->task_text.data;
    assignment.file_text.len = rig->task_text.len;
    assignment.lanes = rig->lanes;
    assignment.data_dir = text(rig, rig->folder);
    assignment.spool_dir = arena_printf(&rig->arena, "%s/spool", rig->folder);
    assignment.model = &rig->model;
    say(rig, &CONTROL_MESSAGE(ASSIGNMENT, assignment, &assignment));
}

static void say_topology(Rig *rig)
{
    Walferry__Control__Topology topology = WALFERRY__CONTROL__TOPOLOGY__INIT;
    Walferry__Control__Peer worker = WALFERRY__CONTROL__PEER__INIT, loader[LANES];
    Walferry__Control__Peer *transforms[] = {&worker}, *loaders[LANES];

    worker.identity = text(rig, "worker");
    for (uint32_t i = 0; i < rig->lanes; i++) {
        walferry__control__peer__init(&loader[i]);
        loader[i].identity = rig->lane[i].identity;
        loader[i].lane = i;
        loaders[i] = &loader[i];
    }
    topology.transforms = transforms;
    topology.n_transforms = 1;
    topology.loaders = loaders;
    topology.n_loaders = rig->lanes;
    say(rig, &CONTROL_MESSAGE(TOPOLOGY, topology, &topology));
}

static void least_of_lanes(const Rig *rig, Lsn *resume, uint64_t *next_record_id)
{
    *resume = rig->lane[0].resume_lsn;
    *next_record_id = rig->lane[0].next_record_id;
    for (uint32_t i = 1; i < rig->lanes; i++) {
        if (rig->lane[i].resume_lsn < *resume) {
            *resume = rig->lane[i].resume_lsn;
            *next_record_id = rig->lane[i].next_record_id;
        }
    }
}

static void start_from_durable(Lane *lane)
{
    lane->written.sequence = lane->durable_sequence;
    lane->written.position = lane->durable;
    lane->written.resume_lsn = lane->resume_lsn;
    lane->written.next_record_id = lane->next_record_id;
}

static void grant_epoch(Rig *rig)
{
    Walferry__Control__EpochGrant grant = WALFERRY__CONTROL__EPOCH_GRANT__INIT;

    grant.epoch = ++rig->epoch;
    least_of_lanes(rig, &grant.resume_lsn, &grant.next_record_id);
    if (rig->forced)
        grant.resume_lsn = rig->granted;
    rig->granted = rig->confirmed = grant.resume_lsn;
    for (uint32_t i = 0; i < rig->lanes; i++) {
        rig->lane[i].next = 1;
        rig->lane[i].durable_sequence = 0;
        rig->lane[i].last = (Position){0};
        rig->lane[i].attaching = false;
        start_from_durable(&rig->lane[i]);
    }
    say(rig, &CONTROL_MESSAGE(EPOCH_GRANT, epoch_grant, &grant));
    printf("epoch %" PRIu64 "\n", rig->epoch);
}

static void confirm(Rig *rig)
{
    Walferry__Control__Confirm message = WALFERRY__CONTROL__CONFIRM__INIT;
    uint64_t ignored;

    least_of_lanes(rig, &message.resume_lsn, &ignored);
    if (rig->hold_confirm || message.resume_lsn <= rig->confirmed)
        return;
    rig->confirmed = message.resume_lsn;
    say(rig, &CONTROL_MESSAGE(CONFIRM, confirm, &message));
}

static void on_idle(Rig *rig, const Walferry__Control__IdlePosition *idle)
{
    for (uint32_t i = 0; i < rig->lanes && idle->epoch == rig->epoch; i++) {
        if (idle->resume_lsn < rig->lane[i].resume_lsn)
            broken("an idle position below what is durable", 0);
        rig->lane[i].resume_lsn = idle->resume_lsn;
        rig->lane[i].next_record_id = idle->next_record_id;
        start_from_durable(&rig->lane[i]);
    }
    confirm(rig);
}

/* --- transform and loaders --- */

static void say_signal(Channel *channel, Signal signal)
{
    ChannelMessage message = {.parts = {codec_pack_signal(&signal)}, .count = 1};

    (void)channel_send(channel, &message);
    channel_message_done(&message);
}

static void say_credit(Rig *rig)
{
    say_signal(rig->worker, (Signal){.kind = SIGNAL_CREDIT, .credit = {4}});
}

static void acknowledge(Rig *rig, uint32_t at)
{
    const Lane *lane = &rig->lane[at];

    if (rig->hold_taken)
        return;
    say_signal(lane->channel, (Signal){.kind = SIGNAL_ACK,
                                       .ack = {.epoch = rig->epoch,
                                               .lane = at,
                                               .next_sequence = lane->next,
                                               .durable_sequence = lane->durable_sequence,
                                               .durable = lane->durable,
                                               .attach = lane->attaching}});
}

static void dial_loader(Rig *rig, uint32_t at)
{
    Lane *lane = &rig->lane[at];
    Error err = {0};

    channel_close(&lane->channel);
    snprintf(lane->identity, sizeof lane->identity, "loader-%u-%d", at, ++lane->incarnation);
    must(channel_dial(&lane->channel, rig->endpoint, lane->identity, 64, &err), &err);
}

static void on_ready(Rig *rig, const char *endpoint)
{
    Error err = {0};

    rig->endpoint = text(rig, endpoint);
    channel_close(&rig->worker);
    must(channel_dial(&rig->worker, endpoint, "worker", 64, &err), &err);
    for (uint32_t i = 0; i < rig->lanes; i++)
        dial_loader(rig, i);
    say_topology(rig);
    say_credit(rig);
    printf("ready\n");
}

/* Each transaction names the one before it; nothing is left out, nothing comes twice. */
static void check_chain(const Lane *lane, const BatchHeader *header)
{
    Position last = lane->last;

    for (uint32_t i = 0; i < header->transaction_count; i++) {
        const Transaction *transaction = &header->transactions[i];

        if (last.commit_lsn && position_compare(transaction->predecessor, last) != 0)
            broken("a hole", header->sequence);
        last = (Position){transaction->commit_lsn, transaction->last_ordinal};
    }
}

static void make_durable(const Rig *rig, Lane *lane)
{
    if (rig->hold_durable || lane->written.sequence <= lane->durable_sequence)
        return;
    lane->durable_sequence = lane->written.sequence;
    lane->durable = lane->written.position;
    lane->resume_lsn = lane->written.resume_lsn;
    lane->next_record_id = lane->written.next_record_id;
}

static void write_down(const Rig *rig, Lane *lane, const BatchHeader *header)
{
    const Transaction *last = &header->transactions[header->transaction_count - 1];

    for (uint32_t i = 0; i < header->transaction_count; i++) {
        if (header->transactions[i].ends)
            lane->written.resume_lsn = header->transactions[i].end_lsn;
    }
    if (header->next_record_id)
        lane->written.next_record_id = header->next_record_id;
    if (!last->ends && !header->flush)
        return;
    lane->written.sequence = header->sequence;
    lane->written.position = (Position){last->commit_lsn, last->last_ordinal};
    make_durable(rig, lane);
}

static void take(Rig *rig, uint32_t at, const BatchHeader *header)
{
    Lane *lane = &rig->lane[at];
    const Transaction *transaction;

    if (header->only_lane != LANE_ALL && header->only_lane != (int32_t)at)
        return;
    if (lane->attaching || header->sequence < lane->next) {
        rig->duplicates++;
        return;
    }
    if (header->sequence > lane->next)
        return; /* one before it was lost: all come again */
    check_chain(lane, header);
    transaction = &header->transactions[header->transaction_count - 1];
    lane->last = (Position){transaction->commit_lsn, transaction->last_ordinal};
    lane->next++;
    write_down(rig, lane, header);
}

static void count(Rig *rig, const BatchHeader *header, Str body)
{
    CLEANUP(arena_done) Arena arena = {0};
    Change *changes;
    Error err = {0};

    rig->batches++;
    rig->changes += header->change_count;
    rig->flushed += header->flush;
    for (uint32_t i = 0; i < header->transaction_count; i++)
        rig->transactions += header->transactions[i].ends;
    if (header->change_count != 1)
        return;
    must(codec_unpack_changes(body, header, &arena, &changes, &err), &err);
    if (changes[0].kind == CHANGE_TRUNCATE)
        printf("truncate %" PRIu64 " %u\n", header->sequence, header->change_count);
}

/* A batch that is new. */
static void note(Rig *rig, const BatchHeader *header, const ChannelMessage *raw)
{
    count(rig, header, frame_str(raw->parts[1]));
    if (rig->record &&
        !batch_file_write(rig->record, frame_str(raw->parts[0]), frame_str(raw->parts[1])))
        broken("could not be recorded", header->sequence);
}

static bool record(Rig *rig, const char *path)
{
    rig->record = fopen(path, "wb");
    return rig->record != NULL;
}

static void on_batch(Rig *rig, const ChannelMessage *raw)
{
    CLEANUP(arena_done) Arena arena = {0};
    BatchHeader header;
    Error err = {0};

    must(codec_unpack_header(frame_str(raw->parts[0]), &arena, &header, &err), &err);
    if (header.epoch != rig->epoch)
        return;
    if (rig->lose > 0) {
        rig->lose--;
        return;
    }
    if (header.sequence == rig->lane[0].next)
        note(rig, &header, raw);
    for (uint32_t i = 0; i < rig->lanes; i++)
        take(rig, i, &header);
    for (uint32_t i = 0; i < rig->lanes; i++)
        acknowledge(rig, i);
    confirm(rig);
}

static void on_resume(Rig *rig, uint32_t at, const Signal *signal)
{
    Lane *lane = &rig->lane[at];

    if (!lane->attaching || signal->resume.epoch != rig->epoch)
        return;
    lane->attaching = false;
    lane->next = signal->resume.next_sequence;
    start_from_durable(lane);
    lane->last = (Position){0};
    printf("resumed %u %" PRIu64 "\n", at, lane->next);
    acknowledge(rig, at);
}

static void read_data(Rig *rig)
{
    ChannelMessage raw;

    while (rig->worker && channel_receive(rig->worker, &raw) == CHANNEL_OK) {
        on_batch(rig, &raw);
        channel_message_done(&raw);
    }
    for (uint32_t i = 0; i < rig->lanes; i++) {
        while (rig->lane[i].channel && channel_receive(rig->lane[i].channel, &raw) == CHANNEL_OK) {
            Signal signal;
            Error err = {0};

            must(codec_unpack_signal(frame_str(raw.parts[0]), &signal, &err), &err);
            on_resume(rig, i, &signal);
            channel_message_done(&raw);
        }
    }
}

static void on_hello(Rig *rig, const char *peer)
{
    snprintf(rig->capture, sizeof rig->capture, "%s", peer);
    say_assignment(rig);
}

/* True: it keeps the message. */
static bool on_control(Rig *rig, const char *peer, ControlMessage *message)
{
    Walferry__Control__ControlMessage__MessageCase what = message->message_case;

    if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HELLO)
        on_hello(rig, peer);
    else if (strcmp(peer, rig->capture) != 0)
        return false;
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_READY)
        on_ready(rig, message->ready->endpoint);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_EPOCH_REQUEST)
        grant_epoch(rig);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_IDLE_POSITION)
        on_idle(rig, message->idle_position);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_DRAINED)
        printf("drained\n");
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_FAULT)
        printf("fault %s %s: %s\n", message->fault->kind, message->fault->object,
               message->fault->message);
    else if (what == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_HEARTBEAT) {
        control_free(&rig->heartbeat);
        rig->heartbeat = message;
        return true;
    }
    return false;
}

static void read_supervisor(Rig *rig)
{
    ChannelMessage raw;

    while (channel_receive(rig->supervisor, &raw) == CHANNEL_OK) {
        ControlMessage *message = NULL;
        Error err = {0};

        must(control_unpack(frame_str(raw.parts[0]), &message, &err), &err);
        if (!on_control(rig, raw.peer, message))
            control_free(&message);
        channel_message_done(&raw);
    }
}

/* --- commands --- */

static void say_stop(Rig *rig, bool drain)
{
    Walferry__Control__Stop stop = WALFERRY__CONTROL__STOP__INIT;

    stop.drain = drain;
    say(rig, &CONTROL_MESSAGE(STOP, stop, &stop));
}

static void print_stats(const Rig *rig)
{
    char lsn[LSN_TEXT_MAX];
    Lsn resume;
    uint64_t next_record_id;

    least_of_lanes(rig, &resume, &next_record_id);
    printf("stats changes=%" PRIu64 " batches=%" PRIu64 " duplicates=%" PRIu64 " flushed=%" PRIu64
           " transactions=%" PRIu64 " epoch=%" PRIu64 " next_record_id=%" PRIu64 " durable=%s\n",
           rig->changes, rig->batches, rig->duplicates, rig->flushed, rig->transactions, rig->epoch,
           next_record_id, lsn_format(resume, lsn));
}

static void print_counter(const Rig *rig, const char *name)
{
    const Walferry__Control__Heartbeat *heartbeat =
        rig->heartbeat ? rig->heartbeat->heartbeat : NULL;

    for (size_t i = 0; heartbeat && i < heartbeat->n_counters; i++) {
        if (strcmp(heartbeat->counters[i]->name, name) == 0) {
            printf("counter %s %" PRId64 "\n", name, heartbeat->counters[i]->value);
            return;
        }
    }
    printf("counter %s none\n", name);
}

static void attach(Rig *rig, uint32_t at)
{
    dial_loader(rig, at);
    rig->lane[at].attaching = true;
    say_topology(rig);
    acknowledge(rig, at);
}

static bool hold(Rig *rig, const char *what, bool on)
{
    if (strcmp(what, "taken") == 0)
        rig->hold_taken = on;
    else if (strcmp(what, "durable") == 0)
        rig->hold_durable = on;
    else if (strcmp(what, "confirm") == 0)
        rig->hold_confirm = on;
    else
        return false;
    for (uint32_t i = 0; i < rig->lanes && rig->lane[i].channel; i++) {
        make_durable(rig, &rig->lane[i]);
        acknowledge(rig, i);
    }
    confirm(rig);
    return true;
}

static bool obey(Rig *rig, const char *line)
{
    char word[64], path[200];
    uint32_t lane;

    if (sscanf(line, "hold %63s", word) == 1)
        return hold(rig, word, true);
    if (sscanf(line, "go %63s", word) == 1)
        return hold(rig, word, false);
    if (sscanf(line, "lose %d", &rig->lose) == 1)
        return true;
    if (sscanf(line, "resume %63s", word) == 1)
        return rig->forced = lsn_parse(word, &rig->granted);
    if (sscanf(line, "record %199s", path) == 1)
        return record(rig, path);
    if (sscanf(line, "counter %63s", word) == 1)
        print_counter(rig, word);
    else if (sscanf(line, "attach %u", &lane) == 1 && lane < rig->lanes)
        attach(rig, lane);
    else if (strcmp(line, "stats") == 0)
        print_stats(rig);
    else if (strcmp(line, "drain") == 0 || strcmp(line, "stop") == 0)
        say_stop(rig, line[0] == 'd');
    else
        return false;
    return true;
}

static bool read_command(Rig *rig)
{
    char line[256];

    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    if (!obey(rig, line))
        printf("unknown %s\n", line);
    return true;
}

static void each_second(Rig *rig)
{
    if (!rig->worker || clock_ms() < rig->next_second_ms)
        return;
    rig->next_second_ms = clock_ms() + 1000;
    say_credit(rig);
    for (uint32_t i = 0; i < rig->lanes; i++)
        acknowledge(rig, i);
}

static bool turn(Rig *rig)
{
    WaitItem items[3 + LANES] = {{.fd = STDIN_FILENO, .read = true},
                                 {.channel = rig->supervisor, .read = true}};
    size_t count_items = 2;
    Error err = {0};

    if (rig->worker)
        items[count_items++] = (WaitItem){.channel = rig->worker, .read = true};
    for (uint32_t i = 0; i < rig->lanes && rig->lane[i].channel; i++)
        items[count_items++] = (WaitItem){.channel = rig->lane[i].channel, .read = true};
    must(channel_wait(items, count_items, 100, &err), &err);
    read_supervisor(rig);
    read_data(rig);
    each_second(rig);
    bool go_on = !items[0].ready || read_command(rig);
    fflush(stdout);
    return go_on;
}

/* As after PREPARE: the slot's position is where all lanes stand. */
static void read_source(Rig *rig)
{
    CLEANUP(pg_close) Pg *pg = NULL;
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    PgTarget source = {"source", rig->task.source.conninfo, "", NULL};
    Error err = {0};

    must(pg_connect(&pg, &source, "rig", false, &err), &err);
    must(source_model_read(pg, rig->task.name, &rig->arena, &rig->model, &err), &err);
    must(pg_exec(pg,
                 arena_printf(&rig->arena,
                              "SELECT confirmed_flush_lsn AS lsn FROM pg_replication_slots "
                              "WHERE slot_name = 'walferry_%s'",
                              rig->task.name),
                 &rows, &err),
         &err);
    for (uint32_t i = 0; i < rig->lanes; i++) {
        rig->lane[i].next_record_id = 1;
        if (!lsn_parse(pg_text(rows, 0, "lsn"), &rig->lane[i].resume_lsn))
            broken("no slot", 0);
    }
}

int main(int argc, char **argv)
{
    Rig rig = {0};
    Error err = {0};

    if (argc != 4)
        return EXIT_FAILURE;
    setvbuf(stdin, NULL, _IONBF, 0); /* what stdio has read ahead, poll() does not see */
    rig.folder = argv[2];
    rig.lanes = (uint32_t)strtoul(argv[3], NULL, 10);
    if (rig.lanes < 1 || rig.lanes > LANES)
        return EXIT_FAILURE;
    must(task_file_load(argv[1], &rig.arena, &rig.task, &rig.task_text, &err), &err);
    read_source(&rig);
    must(channel_listen(&rig.supervisor, arena_printf(&rig.arena, "ipc://%s/rig", rig.folder), 1000,
                        &err),
         &err);
    printf("open\n");
    fflush(stdout);
    while (turn(&rig))
        continue;
    if (rig.record && fclose(rig.record) != 0)
        return EXIT_FAILURE;
    control_free(&rig.heartbeat);
    channel_close(&rig.worker);
    for (uint32_t i = 0; i < rig.lanes; i++)
        channel_close(&rig.lane[i].channel);
    channel_close(&rig.supervisor);
    arena_done(&rig.arena);
    return EXIT_SUCCESS;
}
