/*
 * control - /sim/..., by which tests turn the simulator: faults, nodes, labels, settings, journal.
 * Answered by every port, since the FE may be down; to anybody, since it is no part of SelectDB.
 * docs/simulator.md is its reference.
 */
#pragma once

#include "simulator/sim.h"

bool control_is_path(const char *path);
HttpNext control_reply(Node *node, HttpRequest *request, Str body);
