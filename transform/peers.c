#include "transform/peers.h"

#include "common/log.h"

#include <stdio.h>

enum {
    /* A producer never sends more than the credit given, a signal is small. */
    PRODUCER_HIGH_WATER = 64,
    /* Batches of about 1 MB; what they do not take waits at the producer, in its window. */
    LOADER_HIGH_WATER = 4,
};

static void hang_up(Peer *peer)
{
    if (peer->channel)
        log_info("peer-left", "peer=%s", peer->identity);
    channel_close(&peer->channel);
    *peer = (Peer){0};
}

static bool dial(Peers *peers, Peer *peer, const Walferry__Control__Peer *entry, int high_water,
                 Error *err)
{
    if (snprintf(peer->identity, sizeof peer->identity, "%s", entry->identity) >=
        (int)sizeof peer->identity)
        return error_set(err, ERROR_PROTOCOL, "the topology has a peer with too long a name");
    if (!channel_dial(&peer->channel, entry->endpoint, peers->identity, high_water, err))
        return error_wrap(err, "%s", peer->identity);
    log_info("peer-joined", "peer=%s", peer->identity);
    return true;
}

static bool is_listed(const Peer *peer, Walferry__Control__Peer *const *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i]->identity, peer->identity) == 0)
            return true;
    }
    return false;
}

static bool is_known(const Peers *peers, const char *identity)
{
    for (size_t i = 0; i < peers->producer_count; i++) {
        if (strcmp(peers->producers[i].identity, identity) == 0)
            return true;
    }
    return false;
}

static void forget_producers(Peers *peers, const Walferry__Control__Topology *topology)
{
    for (size_t i = peers->producer_count; i-- > 0;) {
        if (is_listed(&peers->producers[i], topology->producers, topology->n_producers))
            continue;
        hang_up(&peers->producers[i]);
        peers->producers[i] = peers->producers[--peers->producer_count];
    }
}

static bool add_producers(Peers *peers, const Walferry__Control__Topology *topology, Error *err)
{
    for (size_t i = 0; i < topology->n_producers; i++) {
        if (is_known(peers, topology->producers[i]->identity))
            continue;
        if (peers->producer_count == PRODUCERS_MAX)
            return error_set(err, ERROR_PROTOCOL, "the topology has more than %d producers",
                             PRODUCERS_MAX);
        Peer *peer = &peers->producers[peers->producer_count];
        *peer = (Peer){0};
        if (!dial(peers, peer, topology->producers[i], PRODUCER_HIGH_WATER, err))
            return false;
        peers->producer_count++;
    }
    return true;
}

static void forget_loaders(Peers *peers, const Walferry__Control__Topology *topology)
{
    for (uint32_t lane = 0; lane < peers->lanes; lane++) {
        if (is_listed(&peers->loaders[lane], topology->loaders, topology->n_loaders))
            continue;
        hang_up(&peers->loaders[lane]);
        peers->dropped += peers->held[lane].count > 0;
        channel_message_done(&peers->held[lane]);
    }
}

static bool add_loaders(Peers *peers, const Walferry__Control__Topology *topology, Error *err)
{
    for (size_t i = 0; i < topology->n_loaders; i++) {
        const Walferry__Control__Peer *entry = topology->loaders[i];

        if (entry->lane >= peers->lanes)
            return error_set(err, ERROR_PROTOCOL, "the topology has a loader for lane %u of %u",
                             entry->lane, peers->lanes);
        if (!peers->loaders[entry->lane].channel &&
            !dial(peers, &peers->loaders[entry->lane], entry, LOADER_HIGH_WATER, err))
            return false;
    }
    return true;
}

bool peers_follow(Peers *peers, const Walferry__Control__Topology *topology, Error *err)
{
    forget_producers(peers, topology);
    forget_loaders(peers, topology);
    return add_loaders(peers, topology, err) && add_producers(peers, topology, err);
}

void peers_done(Peers *peers)
{
    for (size_t i = 0; i < peers->producer_count; i++)
        channel_close(&peers->producers[i].channel);
    for (uint32_t lane = 0; lane < peers->lanes; lane++) {
        channel_close(&peers->loaders[lane].channel);
        channel_message_done(&peers->held[lane]);
    }
}

bool peers_complete(const Peers *peers)
{
    for (uint32_t lane = 0; lane < peers->lanes; lane++) {
        if (!peers->loaders[lane].channel)
            return false;
    }
    return true;
}

size_t peers_held(const Peers *peers)
{
    size_t held = 0;

    for (uint32_t lane = 0; lane < peers->lanes; lane++)
        held += peers->held[lane].count > 0;
    return held;
}
