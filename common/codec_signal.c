/* Signals, through protobuf-c. */
#include "common/codec.h"

#include "change.pb-c.h"

typedef Walferry__Change__Signal PbSignal;
typedef Walferry__Change__Position PbPosition;

enum { SIGNAL_MAX_BYTES = 256 };

static Frame *pack_signal(const PbSignal *out)
{
    Frame *frame = frame_new(walferry__change__signal__get_packed_size(out));

    walferry__change__signal__pack(out, (uint8_t *)frame->data);
    return frame;
}

static Frame *pack_credit(const Signal *signal, PbSignal *out)
{
    Walferry__Change__Credit credit = WALFERRY__CHANGE__CREDIT__INIT;

    credit.capacity = signal->credit.capacity;
    out->signal_case = WALFERRY__CHANGE__SIGNAL__SIGNAL_CREDIT;
    out->credit = &credit;
    return pack_signal(out);
}

static Frame *pack_ack(const Signal *signal, PbSignal *out)
{
    Walferry__Change__Ack ack = WALFERRY__CHANGE__ACK__INIT;
    PbPosition durable = WALFERRY__CHANGE__POSITION__INIT;

    durable.commit_lsn = signal->ack.durable.commit_lsn;
    durable.ordinal = signal->ack.durable.ordinal;
    ack.epoch = signal->ack.epoch;
    ack.lane = signal->ack.lane;
    ack.next_sequence = signal->ack.next_sequence;
    ack.durable_sequence = signal->ack.durable_sequence;
    ack.durable = &durable;
    ack.attach = signal->ack.attach;
    out->signal_case = WALFERRY__CHANGE__SIGNAL__SIGNAL_ACK;
    out->ack = &ack;
    return pack_signal(out);
}

static Frame *pack_resume(const Signal *signal, PbSignal *out)
{
    Walferry__Change__Resume resume = WALFERRY__CHANGE__RESUME__INIT;

    resume.epoch = signal->resume.epoch;
    resume.lane = signal->resume.lane;
    resume.next_sequence = signal->resume.next_sequence;
    out->signal_case = WALFERRY__CHANGE__SIGNAL__SIGNAL_RESUME;
    out->resume = &resume;
    return pack_signal(out);
}

static Frame *pack_chunk_ack(const Signal *signal, PbSignal *out)
{
    Walferry__Change__ChunkAck ack = WALFERRY__CHANGE__CHUNK_ACK__INIT;

    ack.relation_oid = signal->chunk_ack.relation_oid;
    ack.chunk = signal->chunk_ack.chunk;
    ack.attempt = signal->chunk_ack.attempt;
    ack.next_sequence = signal->chunk_ack.next_sequence;
    ack.done = signal->chunk_ack.done;
    out->signal_case = WALFERRY__CHANGE__SIGNAL__SIGNAL_CHUNK_ACK;
    out->chunk_ack = &ack;
    return pack_signal(out);
}

static void unpack_credit(const PbSignal *in, Signal *out)
{
    out->credit.capacity = in->credit->capacity;
}

static void unpack_ack(const PbSignal *in, Signal *out)
{
    out->ack.epoch = in->ack->epoch;
    out->ack.lane = in->ack->lane;
    out->ack.next_sequence = in->ack->next_sequence;
    out->ack.durable_sequence = in->ack->durable_sequence;
    if (in->ack->durable)
        out->ack.durable = (Position){in->ack->durable->commit_lsn, in->ack->durable->ordinal};
    out->ack.attach = in->ack->attach;
}

static void unpack_resume(const PbSignal *in, Signal *out)
{
    out->resume.epoch = in->resume->epoch;
    out->resume.lane = in->resume->lane;
    out->resume.next_sequence = in->resume->next_sequence;
}

static void unpack_chunk_ack(const PbSignal *in, Signal *out)
{
    out->chunk_ack.relation_oid = in->chunk_ack->relation_oid;
    out->chunk_ack.chunk = in->chunk_ack->chunk;
    out->chunk_ack.attempt = in->chunk_ack->attempt;
    out->chunk_ack.next_sequence = in->chunk_ack->next_sequence;
    out->chunk_ack.done = in->chunk_ack->done;
}

static const struct {
    Walferry__Change__Signal__SignalCase wire;
    Frame *(*pack)(const Signal *, PbSignal *);
    void (*unpack)(const PbSignal *, Signal *);
} SIGNALS[] = {
    [SIGNAL_CREDIT] = {WALFERRY__CHANGE__SIGNAL__SIGNAL_CREDIT, pack_credit, unpack_credit},
    [SIGNAL_ACK] = {WALFERRY__CHANGE__SIGNAL__SIGNAL_ACK, pack_ack, unpack_ack},
    [SIGNAL_RESUME] = {WALFERRY__CHANGE__SIGNAL__SIGNAL_RESUME, pack_resume, unpack_resume},
    [SIGNAL_CHUNK_ACK] = {WALFERRY__CHANGE__SIGNAL__SIGNAL_CHUNK_ACK, pack_chunk_ack,
                          unpack_chunk_ack},
};

Frame *codec_pack_signal(const Signal *signal)
{
    PbSignal out = WALFERRY__CHANGE__SIGNAL__INIT;

    out.version = WIRE_VERSION;
    return SIGNALS[signal->kind].pack(signal, &out);
}

static void free_signal(PbSignal **signal)
{
    if (*signal)
        walferry__change__signal__free_unpacked(*signal, NULL);
}

bool codec_unpack_signal(Str frame, Signal *out, Error *err)
{
    if (frame.len > SIGNAL_MAX_BYTES)
        return error_set(err, ERROR_PROTOCOL, "signal of %zu bytes is too large", frame.len);

    CLEANUP(free_signal)
    PbSignal *in = walferry__change__signal__unpack(NULL, frame.len, (const uint8_t *)frame.data);
    if (!in)
        return error_set(err, ERROR_PROTOCOL, "signal cannot be read");
    if (in->version != WIRE_VERSION)
        return error_set(err, ERROR_PROTOCOL, "signal has version %u, this program reads %d",
                         in->version, WIRE_VERSION);
    for (size_t kind = 0; kind < COUNT_OF(SIGNALS); kind++) {
        if (SIGNALS[kind].wire == in->signal_case) {
            *out = (Signal){.kind = (SignalKind)kind};
            SIGNALS[kind].unpack(in, out);
            return true;
        }
    }
    return error_set(err, ERROR_PROTOCOL, "signal of an unknown kind");
}
