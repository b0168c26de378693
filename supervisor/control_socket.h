/*
 * control_socket - the supervisor's end of the control plane: messages from and to named peers.
 *
 * What cannot be read is dropped with a warning in the log: a peer that speaks another version must
 * not end the supervisor.
 */
#pragma once

#include "common/channel.h"
#include "common/control.h"

typedef struct ControlSocket ControlSocket;

NODISCARD bool control_socket_open(ControlSocket **out, const char *endpoint, Error *err);
void control_socket_close(ControlSocket **socket);

const char *control_socket_endpoint(const ControlSocket *socket);
Channel *control_socket_channel(ControlSocket *socket);

/* NULL: nothing there. Peer and message stay valid until the next call. */
const ControlMessage *control_socket_receive(ControlSocket *socket, const char **peer);

/*
 * A peer that does not read is not told: its silence is noticed anyway. False: it is not connected,
 * or no longer.
 */
bool control_socket_send(ControlSocket *socket, const char *peer, const ControlMessage *message);
