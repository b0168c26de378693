#include "common/channel.h"

#include "common/codec.h"
#include "common/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

enum {
    COPIED_BYTES = 2048, /* below it a copy is cheaper than a reference, in and out */
    WAIT_ITEMS_MAX = 128,
    DISCARDS_MAX = 64, /* malformed messages passed over in one receive */
};

struct Channel {
    void *socket;
    void *monitor; /* of channel_dial_control: tells of reconnections */
    void *context; /* its own, or NULL for the process's */
    bool listener;
    bool connected_before;
};

/* A frame that ZeroMQ received and that goes on living in its message. */
typedef struct ReceivedFrame {
    Frame frame;
    zmq_msg_t message;
} ReceivedFrame;

/*
 * One context, made at the first socket and left to the end of the process: its I/O thread holds
 * nothing that an exit must wait for, since LINGER is 0.
 */
static void *process_context(void)
{
    static void *context;
    static pid_t owner; /* a forked process has the context's memory but not its thread */

    if (owner != getpid()) {
        context = zmq_ctx_new();
        owner = getpid();
    }
    return context;
}

static const char *path_of_endpoint(const char *endpoint)
{
    return strncmp(endpoint, "ipc://", 6) == 0 ? endpoint + 6 : NULL;
}

static bool endpoint_is_usable(const char *endpoint, Error *err)
{
    const char *path = path_of_endpoint(endpoint);
    size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

    if (path && strlen(path) > most) {
        error_set(err, ERROR_CONFIG, "the path of a socket is longer than the %zu bytes allowed",
                  most);
        error_object(err, "%s", path);
        return error_hint(err, "use a state directory with a shorter path");
    }
    return true;
}

static void set_int(void *socket, int option, int value)
{
    (void)zmq_setsockopt(socket, option, &value, sizeof value);
}

static void set_options(void *socket, int high_water)
{
    int64_t largest = FRAME_MAX_BYTES;

    set_int(socket, ZMQ_LINGER, 0);
    set_int(socket, ZMQ_SNDHWM, high_water);
    set_int(socket, ZMQ_RCVHWM, high_water);
    set_int(socket, ZMQ_RECONNECT_IVL, 50);
    set_int(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
    (void)zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
}

static bool socket_failed(const char *what, const char *endpoint, Error *err)
{
    ErrorKind kind =
        errno == EINVAL || errno == EACCES || errno == ENOENT ? ERROR_CONFIG : ERROR_TRANSIENT;

    error_set(err, kind, "cannot %s: %s", what, zmq_strerror(errno));
    return error_object(err, "%s", endpoint);
}

static bool open_socket(Channel *channel, int type, const char *endpoint, int high_water,
                        Error *err)
{
    void *context = channel->context ? channel->context : process_context();

    if (!endpoint_is_usable(endpoint, err))
        return false;
    if (!context || !(channel->socket = zmq_socket(context, type)))
        return socket_failed("open a socket", endpoint, err);
    set_options(channel->socket, high_water);
    return true;
}

bool channel_listen(Channel **out, const char *endpoint, int high_water, Error *err)
{
    CLEANUP(channel_close) Channel *channel = MEM_NEW(Channel);

    channel->listener = true;
    if (!open_socket(channel, ZMQ_ROUTER, endpoint, high_water, err))
        return false;
    set_int(channel->socket, ZMQ_ROUTER_MANDATORY, 1);
    set_int(channel->socket, ZMQ_ROUTER_HANDOVER, 1);
    if (zmq_bind(channel->socket, endpoint) != 0)
        return socket_failed("listen", endpoint, err);

    *out = channel;
    channel = NULL; /* handed over */
    return true;
}

static bool connect_as(Channel *channel, const char *endpoint, const char *identity, Error *err)
{
    (void)zmq_setsockopt(channel->socket, ZMQ_ROUTING_ID, identity, strlen(identity));
    return zmq_connect(channel->socket, endpoint) == 0 || socket_failed("dial", endpoint, err);
}

bool channel_dial(Channel **out, const char *endpoint, const char *identity, int high_water,
                  Error *err)
{
    CLEANUP(channel_close) Channel *channel = MEM_NEW(Channel);

    if (!open_socket(channel, ZMQ_DEALER, endpoint, high_water, err) ||
        !connect_as(channel, endpoint, identity, err))
        return false;

    *out = channel;
    channel = NULL; /* handed over */
    return true;
}

/* The monitor's own socket pair lives in the channel's context, so its name need not be unique. */
static bool watch_connection(Channel *channel, Error *err)
{
    static const char endpoint[] = "inproc://monitor";

    channel->monitor = zmq_socket(channel->context, ZMQ_PAIR);
    if (!channel->monitor ||
        zmq_socket_monitor(channel->socket, endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0)
        return socket_failed("watch", endpoint, err);
    set_int(channel->monitor, ZMQ_LINGER, 0);
    return zmq_connect(channel->monitor, endpoint) == 0 || socket_failed("watch", endpoint, err);
}

bool channel_dial_control(Channel **out, const char *endpoint, const char *identity, Error *err)
{
    CLEANUP(channel_close) Channel *channel = MEM_NEW(Channel);

    channel->context = zmq_ctx_new();
    if (!channel->context)
        return socket_failed("open a context", endpoint, err);
    if (!open_socket(channel, ZMQ_DEALER, endpoint, CHANNEL_CONTROL_HIGH_WATER, err) ||
        !watch_connection(channel, err) || !connect_as(channel, endpoint, identity, err))
        return false;

    *out = channel;
    channel = NULL; /* handed over */
    return true;
}

static void close_socket(void **socket)
{
    if (*socket)
        zmq_close(*socket);
    *socket = NULL;
}

void channel_close(Channel **channel)
{
    if (!*channel)
        return;
    if ((*channel)->monitor)
        (void)zmq_socket_monitor((*channel)->socket, NULL, 0);
    close_socket(&(*channel)->monitor);
    close_socket(&(*channel)->socket);
    if ((*channel)->context)
        (void)zmq_ctx_term((*channel)->context); /* waits for what lingers, not longer */
    free(*channel);
    *channel = NULL;
}

void channel_close_after(Channel **channel, int linger_ms)
{
    if (*channel)
        set_int((*channel)->socket, ZMQ_LINGER, linger_ms);
    channel_close(channel);
}

/* A monitor event is two frames; all that matters here is that there was one. */
static bool read_monitor_event(void *monitor)
{
    char frame[256];

    if (zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT) < 0)
        return false;
    (void)zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT);
    return true;
}

bool channel_was_reconnected(Channel *channel)
{
    bool again = false;

    while (channel->monitor && read_monitor_event(channel->monitor)) {
        again = channel->connected_before;
        channel->connected_before = true;
    }
    return again;
}

static void release_received(Frame *frame)
{
    ReceivedFrame *received = (ReceivedFrame *)frame;

    zmq_msg_close(&received->message);
    free(received);
}

/* Takes the message. A large one stays where it is; a small one would pin a buffer of 8 KiB. */
static Frame *frame_of_message(zmq_msg_t *message)
{
    size_t len = zmq_msg_size(message);

    if (len <= COPIED_BYTES) {
        Frame *copy = frame_copy((Str){zmq_msg_data(message), len});
        zmq_msg_close(message);
        return copy;
    }
    ReceivedFrame *received = MEM_NEW(ReceivedFrame);
    zmq_msg_init(&received->message);
    zmq_msg_move(&received->message, message);
    zmq_msg_close(message);
    atomic_init(&received->frame.references, 1);
    received->frame.release = release_received;
    received->frame.data = zmq_msg_data(&received->message);
    received->frame.len = len;
    return &received->frame;
}

/* A peer names itself in text; who does not is nobody we could answer. */
static bool take_peer(zmq_msg_t *message, char *peer)
{
    size_t len = zmq_msg_size(message);
    const char *name = zmq_msg_data(message);
    bool ok = len > 0 && len < CHANNEL_IDENTITY_MAX && !memchr(name, '\0', len);

    if (ok) {
        memcpy(peer, name, len);
        peer[len] = '\0';
    }
    zmq_msg_close(message);
    return ok;
}

/*
 * Reads one whole message, whatever its number of parts. False: nothing there. ZeroMQ gives all
 * parts or none, so only the first read can find nothing.
 */
static bool read_message(Channel *channel, ChannelMessage *out, bool *well_formed)
{
    bool expect_peer = channel->listener, more = true;

    *well_formed = true;
    for (bool first = true; more; first = false) {
        zmq_msg_t message;

        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, channel->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&message);
            *well_formed = false;
            return !first;
        }
        more = zmq_msg_more(&message);
        if (expect_peer) {
            *well_formed = take_peer(&message, out->peer);
            expect_peer = false;
        } else if (out->count < CHANNEL_PARTS) {
            out->parts[out->count++] = frame_of_message(&message);
        } else {
            zmq_msg_close(&message);
            *well_formed = false;
        }
    }
    return true;
}

ChannelResult channel_receive(Channel *channel, ChannelMessage *out)
{
    for (int i = 0; i < DISCARDS_MAX; i++) {
        ChannelMessage message = {0};
        bool well_formed;

        if (!read_message(channel, &message, &well_formed))
            return CHANNEL_AGAIN;
        if (well_formed && message.count > 0) {
            *out = message;
            return CHANNEL_OK;
        }
        channel_message_done(&message);
    }
    return CHANNEL_AGAIN;
}

static void unref_frame(void *data, void *hint)
{
    Frame *frame = hint;

    (void)data;
    frame_unref(&frame);
}

static void message_of_frame(zmq_msg_t *message, Frame *frame)
{
    if (frame->len > COPIED_BYTES) {
        (void)zmq_msg_init_data(message, frame->data, frame->len, unref_frame, frame_ref(frame));
        return;
    }
    (void)zmq_msg_init_size(message, frame->len);
    if (frame->len > 0)
        memcpy(zmq_msg_data(message), frame->data, frame->len);
}

static ChannelResult result_of_errno(void)
{
    return errno == EHOSTUNREACH ? CHANNEL_NO_PEER : CHANNEL_AGAIN;
}

/* ZeroMQ decides at the first part whether there is room; the rest of a message then follows. */
ChannelResult channel_send(Channel *channel, const ChannelMessage *message)
{
    if (channel->listener && zmq_send(channel->socket, message->peer, strlen(message->peer),
                                      ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return result_of_errno();

    for (int i = 0; i < message->count; i++) {
        int more = i + 1 < message->count ? ZMQ_SNDMORE : 0;
        zmq_msg_t part;

        message_of_frame(&part, message->parts[i]);
        if (zmq_msg_send(&part, channel->socket, ZMQ_DONTWAIT | more) < 0) {
            ChannelResult result = result_of_errno();

            zmq_msg_close(&part);
            return result;
        }
    }
    return CHANNEL_OK;
}

void channel_message_done(ChannelMessage *message)
{
    for (int i = 0; i < message->count; i++)
        frame_unref(&message->parts[i]);
    *message = (ChannelMessage){0};
}

void channel_make_identity(const char *role, char out[CHANNEL_IDENTITY_MAX])
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        abort(); /* cannot be: this few bytes are never cut short */
    snprintf(out, CHANNEL_IDENTITY_MAX, "%s-%012" PRIx64, role, random & 0xffffffffffff);
}

bool channel_wait(WaitItem *items, size_t count, int timeout_ms, Error *err)
{
    zmq_pollitem_t polled[WAIT_ITEMS_MAX];

    if (count > WAIT_ITEMS_MAX)
        return error_set(err, ERROR_CONFIG, "cannot wait for %zu sockets at once", count);
    for (size_t i = 0; i < count; i++) {
        int events = (items[i].read ? ZMQ_POLLIN : 0) | (items[i].write ? ZMQ_POLLOUT : 0);

        polled[i] = (zmq_pollitem_t){
            .socket = items[i].channel ? items[i].channel->socket : NULL,
            .fd = items[i].fd,
            .events = (short)events,
        };
    }
    int ready = zmq_poll(polled, (int)count, timeout_ms);
    if (ready < 0 && errno != EINTR)
        return error_set(err, ERROR_TRANSIENT, "cannot wait: %s", zmq_strerror(errno));
    for (size_t i = 0; i < count; i++)
        items[i].ready = ready > 0 && polled[i].revents != 0;
    return true;
}
