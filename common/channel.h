/*
 * channel - a ZeroMQ socket: multipart messages of frames, to and from named peers.
 *
 * The only header that stands for ZeroMQ. Nothing here blocks: no room and nothing to read are
 * answers. A listener is a ROUTER (mandatory): it names the peer it sends to, and is told when that
 * peer is gone. A dialer is a DEALER with an identity of its own. A message that was sent is not
 * yet safe, only an acknowledgement makes it so. Endpoints: ipc:// paths in a private directory
 * (inproc:// in tests).
 *
 * A message is at most CHANNEL_PARTS frames. On a listener the peer's identity is no frame of it.
 */
#pragma once

#include "common/error.h"
#include "common/frame.h"

typedef struct Channel Channel;

enum {
    CHANNEL_PARTS = 2,
    CHANNEL_IDENTITY_MAX = 64,
    CHANNEL_ENDPOINT_MAX = 128,         /* a Unix socket's path is shorter still */
    CHANNEL_CONTROL_HIGH_WATER = 10000, /* control messages are small and must not be lost */
};

typedef struct ChannelMessage {
    char peer[CHANNEL_IDENTITY_MAX]; /* listener: from or to whom; dialer: empty */
    Frame *parts[CHANNEL_PARTS];
    int count;
} ChannelMessage;

typedef enum ChannelResult { CHANNEL_OK, CHANNEL_AGAIN, CHANNEL_NO_PEER } ChannelResult;

/* high_water: messages a peer's queue holds in each direction. */
NODISCARD bool channel_listen(Channel **out, const char *endpoint, int high_water, Error *err);
NODISCARD bool channel_dial(Channel **out, const char *endpoint, const char *identity,
                            int high_water, Error *err);
void channel_close(Channel **channel);

/*
 * A dialer to the supervisor: roomy, tells when its connection was made anew, and can be closed
 * without losing what was just sent.
 */
NODISCARD bool channel_dial_control(Channel **out, const char *endpoint, const char *identity,
                                    Error *err);

/* True once after the peer went away and somebody is there again. */
bool channel_was_reconnected(Channel *channel);

/* Closes a control dialer when all is sent, or linger_ms are over. */
void channel_close_after(Channel **channel, int linger_ms);

/* CHANNEL_AGAIN: nothing there. On CHANNEL_OK the caller owns the frames (channel_message_done). */
ChannelResult channel_receive(Channel *channel, ChannelMessage *out);

/*
 * Sends all parts or nothing. Takes a reference of its own on each frame, so the message stays the
 * caller's. CHANNEL_AGAIN: its queue is full. CHANNEL_NO_PEER: a listener does not know that peer.
 */
ChannelResult channel_send(Channel *channel, const ChannelMessage *message);

void channel_message_done(ChannelMessage *message);

/* A fresh random identity for a process: "loader-6f1c20d4b7e3". */
void channel_make_identity(const char *role, char out[CHANNEL_IDENTITY_MAX]);

/* Something to wait for: a channel (may be read, or written) or a plain descriptor. */
typedef struct WaitItem {
    Channel *channel; /* or NULL, then fd */
    int fd;
    bool read, write; /* in: wait for these */
    bool ready;       /* out */
} WaitItem;

/* Waits until an item is ready or the time is over (-1: for ever). False: only on our own bug. */
bool channel_wait(WaitItem *items, size_t count, int timeout_ms, Error *err);
