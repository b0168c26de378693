/*
 * queue_view - what the stages of a task have in hand, as text for people. Pure.
 *
 * {"stages": [{"role", "instance", "identity", "counters": {name: number, ...}}, ...]}: the
 * counters are whatever a stage says in its heartbeats, shown as they are named.
 */
#pragma once

#include "cli/json_value.h"
#include "common/bytes.h"

void queue_view(const JsonValue *stats, Bytes *out);
