/*
 * utf8 - is text well-formed UTF-8 (RFC 3629)? What we write as JSON must be, and a server without
 * an encoding, or a buffer that was too small, gives text that is not. Pure.
 */
#pragma once

#include "common/str.h"

bool utf8_is_valid(Str text);

/* In place: a character that was cut off at the end goes; any other byte out of place becomes '?'.
 */
void utf8_mend(char *text);
