/*
 * codec - batches and signals, plain structs to protobuf and back (proto/change.proto).
 *
 * A batch travels as two frames, header and body. The body is packed change by change while the
 * batch is built, so that no list of changes is kept. Decoding checks everything once: version,
 * sizes, indexes, the number of changes, the form of each value; whoever has a Batch may trust it.
 * Errors are of kind PROTOCOL.
 *
 * What a sender must keep: header.task is set, relations have oid and name,
 * columns attnum and name, transactions a commit_lsn, a change's ordinal is from 1 to its
 * transaction's last_ordinal, UNCHANGED stands in an UPDATE's new tuple only, and a kind has its
 * tuples: INSERT a new one, UPDATE a new and perhaps an old one, DELETE an old one, TRUNCATE its
 * list of relations.
 *
 * Decoded structs live in the arena, their bytes too.
 */
#pragma once

#include "common/arena.h"
#include "common/bytes.h"
#include "common/change.h"
#include "common/error.h"
#include "common/frame.h"

enum {
    WIRE_VERSION = 1,
    FRAME_MAX_BYTES = 1100 * 1024 * 1024, /* a row of 1 GB travels alone */
    HEADER_MAX_BYTES = 64 * 1024 * 1024,
};

/* Appends one change to a body. Borrows everything only during the call. */
void codec_pack_change(Bytes *body, const Change *change);

/* How many bytes codec_pack_change() would add, about. */
size_t codec_change_size(const Change *change);

Frame *codec_pack_header(const BatchHeader *header);
NODISCARD bool codec_unpack_header(Str frame, Arena *arena, BatchHeader *out, Error *err);

/* The changes of a body whose header was decoded before. Checks count and indexes against it. */
NODISCARD bool codec_unpack_changes(Str frame, const BatchHeader *header, Arena *arena,
                                    Change **out, Error *err);

/* What travels beside the batches. */
typedef enum SignalKind { SIGNAL_CREDIT, SIGNAL_ACK, SIGNAL_RESUME, SIGNAL_CHUNK_ACK } SignalKind;

typedef struct Signal {
    SignalKind kind;
    union {
        struct {
            uint32_t capacity; /* batches that this worker holds at most before they are taken */
        } credit;
        struct {
            uint64_t epoch;
            uint32_t lane;
            uint64_t next_sequence;    /* all before are taken */
            uint64_t durable_sequence; /* all up to it are durable */
            Position durable;
            bool attach; /* a new loader asks for the sequence behind `durable` */
        } ack;
        struct {
            uint64_t epoch;
            uint32_t lane;
            uint64_t next_sequence;
        } resume;
        struct {
            uint32_t relation_oid;
            uint32_t chunk;
            uint64_t attempt;
            uint64_t next_sequence;
            bool done;
        } chunk_ack;
    };
} Signal;

Frame *codec_pack_signal(const Signal *signal);
NODISCARD bool codec_unpack_signal(Str frame, Signal *out, Error *err);
