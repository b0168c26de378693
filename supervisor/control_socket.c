#include "supervisor/control_socket.h"

#include "common/log.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct ControlSocket {
    Channel *channel;
    char *endpoint;
    ChannelMessage received;
    ControlMessage *message;
};

bool control_socket_open(ControlSocket **out, const char *endpoint, Error *err)
{
    CLEANUP(control_socket_close) ControlSocket *socket = MEM_NEW(ControlSocket);

    socket->endpoint = mem_strdup(endpoint);
    if (!channel_listen(&socket->channel, endpoint, CHANNEL_CONTROL_HIGH_WATER, err))
        return error_wrap(err, "control socket");
    *out = socket;
    socket = NULL; /* handed over */
    return true;
}

static void forget_received(ControlSocket *socket)
{
    control_free(&socket->message);
    channel_message_done(&socket->received);
}

void control_socket_close(ControlSocket **socket)
{
    if (!*socket)
        return;
    forget_received(*socket);
    channel_close(&(*socket)->channel);
    free((*socket)->endpoint);
    free(*socket);
    *socket = NULL;
}

const char *control_socket_endpoint(const ControlSocket *socket)
{
    return socket->endpoint;
}

Channel *control_socket_channel(ControlSocket *socket)
{
    return socket->channel;
}

const ControlMessage *control_socket_receive(ControlSocket *socket, const char **peer)
{
    Error err = {0};

    for (;;) {
        forget_received(socket);
        if (channel_receive(socket->channel, &socket->received) != CHANNEL_OK)
            return NULL;
        if (control_unpack(frame_str(socket->received.parts[0]), &socket->message, &err))
            break;
        log_warn("control", "peer=%s %s", socket->received.peer, err.message);
    }
    *peer = socket->received.peer;
    return socket->message;
}

bool control_socket_send(ControlSocket *socket, const char *peer, const ControlMessage *message)
{
    ChannelMessage out = {.count = 1};

    snprintf(out.peer, sizeof out.peer, "%s", peer);
    out.parts[0] = control_pack(message);
    bool connected = channel_send(socket->channel, &out) != CHANNEL_NO_PEER;
    channel_message_done(&out);
    return connected;
}
