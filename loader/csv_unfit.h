/*
 * csv_unfit - values of PostgreSQL that a column of SelectDB cannot hold, found before they are
 * sent: there many of them would be rounded, cut or made NULL. Texts are what PostgreSQL's output
 * functions give. Pure.
 */
#pragma once

#include "common/doris_type.h"

/* NULL: it fits; else why not, in words that follow "the value does not fit: ". */
typedef const char *CsvUnfitCheck(DorisType type, Str text);

/* The check for values of a source type in such a column; NULL: all of them fit. */
CsvUnfitCheck *csv_unfit_check(DorisType type, uint32_t source_type_oid);

/* No value that fits has a quote or a backslash in it. */
bool csv_unfit_is_plain(DorisKind kind);
