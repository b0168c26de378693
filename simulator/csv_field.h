/* csv_field - one field of a line: its quotes, NULL and escapes, in this order. Pure. */
#pragma once

#include "simulator/csv_reader.h"

/* Works in place: the text is a part of `data`, maybe moved together. */
CsvField csv_field(const CsvOptions *options, char *data, size_t len);

bool csv_is_utf8(Str text);
