/*
 * location - the address in the FE's redirect: with user and password in clear, and a '?' behind
 * the path in any case (fe RestBaseController.java: redirectTo). Pure.
 */
#pragma once

#include "common/arena.h"
#include "simulator/auth.h"

typedef struct LocationParts {
    bool tls;
    const Credentials *credentials; /* NULL: none */
    const char *authority;          /* host:port */
    const char *path;
    const char *query; /* without '?' */
} LocationParts;

const char *location_write(Arena *arena, const LocationParts *parts);
