/*
 * control - messages of the control plane (proto/control.proto) to frames and back.
 *
 * The generated structs are used as they are. A message is built on the stack around one of them:
 *
 *     Walferry__Control__Drained drained = WALFERRY__CONTROL__DRAINED__INIT;
 *     stage_say(stage, &CONTROL_MESSAGE(DRAINED, drained, &drained));
 */
#pragma once

#include "common/error.h"
#include "common/frame.h"
#include "control.pb-c.h"

typedef Walferry__Control__ControlMessage ControlMessage;

enum {
    CONTROL_VERSION = 1,
    CONTROL_MAX_BYTES = 256 * 1024 * 1024, /* a model of very many tables */
};

/* case_name as in the generated enum, member as in the union. Borrows what pointer points to. */
#define CONTROL_MESSAGE(case_name, member, pointer)                                                \
    ((ControlMessage){PROTOBUF_C_MESSAGE_INIT(&walferry__control__control_message__descriptor),    \
                      CONTROL_VERSION,                                                             \
                      WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_##case_name,                     \
                      {.member = (pointer)}})

Frame *control_pack(const ControlMessage *message);

/* Refuses another version and a message of no known kind: PROTOCOL. The caller owns *out. */
NODISCARD bool control_unpack(Str frame, ControlMessage **out, Error *err);
void control_free(ControlMessage **message);
