/*
 * peers - the sockets of a transform worker: one to each producer, which sends it batches, and one
 * to the loader of each lane. They follow the topology that the supervisor tells.
 */
#pragma once

#include "common/channel.h"
#include "common/control.h"
#include "common/error.h"
#include "transform/lane.h"

enum { PRODUCERS_MAX = 32 };

typedef struct Peer {
    char identity[CHANNEL_IDENTITY_MAX];
    Channel *channel;
    int64_t next_credit_ms; /* of a producer: when to tell it again what we can take */
} Peer;

typedef struct Peers {
    const char *identity; /* our own */
    uint32_t lanes;
    Peer producers[PRODUCERS_MAX];
    size_t producer_count;
    Peer loaders[LANES_MAX];        /* by lane; without a channel where there is none */
    ChannelMessage held[LANES_MAX]; /* what the loader's queue has refused so far */
    uint64_t dropped;               /* parts for a loader that is not there any more */
} Peers;

/* Dials who is new, closes who has left and drops what was held for it. */
NODISCARD bool peers_follow(Peers *peers, const Walferry__Control__Topology *topology, Error *err);
void peers_done(Peers *peers);

/* Every lane has its loader. */
bool peers_complete(const Peers *peers);
size_t peers_held(const Peers *peers);
