/*
 * binary_text - the binary form of types that make keys, as people read them: what the server's
 * output functions give with our session settings. Only for messages. Pure.
 */
#pragma once

#include "common/bytes.h"

/* False, and nothing added: a type that is not known here, or bytes that are none of its. */
bool binary_text(uint32_t type_oid, Str bytes, Bytes *out);
