/*
 * json_text - JSON written piece by piece, the way that RapidJSON and Jackson write it; a library
 * could not write the same member twice, nor break off in the middle, and real servers do. Pure.
 */
#pragma once

#include "common/bytes.h"

/* The text in quotes. Bytes that are no UTF-8 go through as they are. */
void json_add_string(Bytes *out, Str text);
void json_add_number(Bytes *out, int64_t number);
void json_add_text(Bytes *out, const char *literal);
