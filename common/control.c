#include "common/control.h"

#include <stdlib.h>

Frame *control_pack(const ControlMessage *message)
{
    Frame *frame = frame_new(walferry__control__control_message__get_packed_size(message));

    walferry__control__control_message__pack(message, (uint8_t *)frame->data);
    return frame;
}

bool control_unpack(Str frame, ControlMessage **out, Error *err)
{
    if (frame.len > CONTROL_MAX_BYTES)
        return error_set(err, ERROR_PROTOCOL, "control message of %zu bytes is too large",
                         frame.len);

    CLEANUP(control_free)
    ControlMessage *message =
        walferry__control__control_message__unpack(NULL, frame.len, (const uint8_t *)frame.data);
    if (!message)
        return error_set(err, ERROR_PROTOCOL, "control message cannot be read");
    if (message->version != CONTROL_VERSION)
        return error_set(err, ERROR_PROTOCOL,
                         "control message has version %u, this program speaks %d", message->version,
                         CONTROL_VERSION);
    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE__NOT_SET)
        return error_set(err, ERROR_PROTOCOL, "control message of an unknown kind");

    *out = message;
    message = NULL; /* handed over */
    return true;
}

void control_free(ControlMessage **message)
{
    if (*message)
        walferry__control__control_message__free_unpacked(*message, NULL);
    *message = NULL;
}
