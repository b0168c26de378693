/*
 * be_headers - what a BE looks at before it asks the FE for a transaction: framing, format,
 * numbers; and what this simulator does not know, which it refuses. Pure.
 *
 * be/src/http/action/stream_load.cpp (_on_header), be/src/util/load_util.cpp. The messages come
 * complete, with the code in front.
 */
#pragma once

#include "common/error.h"
#include "simulator/profile.h"
#include <stdint.h>

/* The value of a header, or NULL. */
typedef const char *HeaderLookup(void *context, const char *name);

typedef struct BeHeaders {
    bool gzip;
    int64_t content_length; /* -1: chunked */
    int64_t timeout_s;
    const char *label;   /* NULL: to be made */
    const char *comment; /* "" if none */
} BeHeaders;

NODISCARD bool be_headers_read(HeaderLookup *lookup, void *context, Profile profile, BeHeaders *out,
                               Error *err);
