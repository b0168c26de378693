/*
 * csv_reader - the body of a load to rows of fields, as [BE] csv_reader.cpp and
 * new_plain_text_line_reader.cpp read it. It is fed in pieces of any size and holds the line that
 * is not complete yet. Pure.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"

typedef struct CsvOptions {
    Str separator;
    Str delimiter;
    char enclose; /* 0: none */
    char escape;  /* 0: none */
    bool trim_double_quotes;
    bool empty_as_null;
    bool trims_enclose;  /* the version trims the enclosing quotes unasked */
    bool doubled_quotes; /* the version takes "" inside quotes for one " */
    size_t skip_lines;
    size_t max_line; /* 0: 256 MiB; a real BE takes about 4 GB */
} CsvOptions;

typedef struct CsvField {
    bool null;
    Str text;
} CsvField;

typedef struct CsvLine {
    bool utf8; /* else there are no fields */
    Str raw;   /* fields that were unescaped have changed it */
    const CsvField *fields;
    size_t count;
} CsvLine;

/* False ends the reading with *err. What it is given lives until it returns. */
typedef bool CsvTake(void *context, const CsvLine *line, Error *err);

typedef struct CsvReader CsvReader;

/* The options' texts are borrowed. */
CsvReader *csv_open(const CsvOptions *options, CsvTake *take, void *context);
void csv_close(CsvReader **reader);

bool csv_feed(CsvReader *reader, const void *data, size_t len, Error *err);
/* The end of the body ends the last line. */
bool csv_finish(CsvReader *reader, Error *err);
