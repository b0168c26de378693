#include "loader/producers.h"

#include <stdio.h>

enum { HIGH_WATER = 64 }; /* signals; a lost one is repeated */

static bool is_listed(const Producer *producer, const Walferry__Control__Topology *topology)
{
    for (size_t i = 0; i < topology->n_producers; i++) {
        if (strcmp(topology->producers[i]->identity, producer->identity) == 0)
            return true;
    }
    return false;
}

static Producer *find(Producers *producers, const char *identity)
{
    for (size_t i = 0; i < producers->count; i++) {
        if (strcmp(producers->at[i].identity, identity) == 0)
            return &producers->at[i];
    }
    return NULL;
}

static void forget_absent(Producers *producers, const Walferry__Control__Topology *topology)
{
    for (size_t i = producers->count; i-- > 0;) {
        if (is_listed(&producers->at[i], topology))
            continue;
        channel_close(&producers->at[i].channel);
        producers->at[i] = producers->at[--producers->count];
    }
}

static bool dial(Producers *producers, const Walferry__Control__Peer *peer, Error *err)
{
    Producer *producer = &producers->at[producers->count];

    if (producers->count == PRODUCERS_MAX)
        return error_set(err, ERROR_PROTOCOL, "the topology has more than %d producers",
                         PRODUCERS_MAX);
    *producer = (Producer){.capture = peer->role == WALFERRY__CONTROL__ROLE__ROLE_CAPTURE};
    if ((size_t)snprintf(producer->identity, sizeof producer->identity, "%s", peer->identity) >=
        sizeof producer->identity)
        return error_set(err, ERROR_PROTOCOL, "the topology has a peer with too long a name");
    if (!channel_dial(&producer->channel, peer->endpoint, producers->identity, HIGH_WATER, err))
        return error_wrap(err, "%s", peer->identity);
    producers->count++;
    return true;
}

bool producers_follow(Producers *producers, const Walferry__Control__Topology *topology, Error *err)
{
    forget_absent(producers, topology);
    for (size_t i = 0; i < topology->n_producers; i++) {
        if (!find(producers, topology->producers[i]->identity) &&
            !dial(producers, topology->producers[i], err))
            return false;
    }
    return true;
}

void producers_done(Producers *producers)
{
    for (size_t i = 0; i < producers->count; i++)
        channel_close(&producers->at[i].channel);
    producers->count = 0;
}

static void tell(const Producer *producer, const Signal *signal)
{
    ChannelMessage message = {.parts = {codec_pack_signal(signal)}, .count = 1};

    (void)channel_send(producer->channel, &message);
    channel_message_done(&message);
}

void producers_tell_capture(const Producers *producers, const Signal *signal)
{
    for (size_t i = 0; i < producers->count; i++) {
        if (producers->at[i].capture)
            tell(&producers->at[i], signal);
    }
}

void producers_tell(const Producers *producers, const char *identity, const Signal *signal)
{
    for (size_t i = 0; i < producers->count; i++) {
        if (strcmp(producers->at[i].identity, identity) == 0)
            tell(&producers->at[i], signal);
    }
}

bool producers_hear(const Producers *producers, Signal *out, bool *found, Error *err)
{
    *found = false;
    for (size_t i = 0; i < producers->count; i++) {
        CLEANUP(channel_message_done) ChannelMessage message = {0};

        if (channel_receive(producers->at[i].channel, &message) != CHANNEL_OK)
            continue;
        *found = true;
        return codec_unpack_signal(frame_str(message.parts[0]), out, err) ||
               error_wrap(err, "from %s", producers->at[i].identity);
    }
    return true;
}

size_t producers_copies(const Producers *producers, const char **out)
{
    size_t count = 0;

    for (size_t i = 0; i < producers->count; i++) {
        if (!producers->at[i].capture)
            out[count++] = producers->at[i].identity;
    }
    return count;
}

size_t producers_wait_items(const Producers *producers, WaitItem *items)
{
    for (size_t i = 0; i < producers->count; i++)
        items[i] = (WaitItem){.channel = producers->at[i].channel, .read = true};
    return producers->count;
}
