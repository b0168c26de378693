#include "simulator/csv_reader.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "simulator/csv_field.h"

#include <stdlib.h>

enum { DEFAULT_MAX_LINE = 256 * 1024 * 1024 };

/* EncloseCsvLineReaderCtx; without enclose a line is always NORMAL. */
typedef enum ScanState { SCAN_START, SCAN_NORMAL, SCAN_QUOTED } ScanState;

struct CsvReader {
    CsvOptions options;
    CsvTake *take;
    void *context;
    Bytes buffer;
    size_t line; /* where the line at hand begins in the buffer */
    size_t at;   /* what is before it has been looked at */
    ScanState state;
    bool escaped;
    bool quote_seen;
    Bytes separators; /* size_t each, from the line's start */
    Bytes fields;
    size_t lines_skipped;
    bool bom_looked_for;
};

CsvReader *csv_open(const CsvOptions *options, CsvTake *take, void *context)
{
    CsvReader *reader = MEM_NEW(CsvReader);

    reader->options = *options;
    reader->take = take;
    reader->context = context;
    reader->buffer.limit = options->max_line ? options->max_line : DEFAULT_MAX_LINE;
    return reader;
}

void csv_close(CsvReader **reader)
{
    if (!*reader)
        return;
    bytes_done(&(*reader)->buffer);
    bytes_done(&(*reader)->separators);
    bytes_done(&(*reader)->fields);
    free(*reader);
    *reader = NULL;
}

static bool starts_with(const CsvReader *reader, size_t at, Str wanted)
{
    return reader->buffer.len - at >= wanted.len &&
           memcmp(reader->buffer.data + at, wanted.data, wanted.len) == 0;
}

/* The quotes of _on_pre_match_enclose: true when the field's quotes are closed. */
static bool scan_quoted(CsvReader *reader)
{
    char enclose = reader->options.enclose, escape = reader->options.escape;

    for (; reader->at < reader->buffer.len; reader->at++) {
        char c = reader->buffer.data[reader->at];

        if (c == escape) {
            reader->escaped = !reader->escaped;
        } else if (reader->escaped) {
            reader->escaped = false;
        } else if (reader->quote_seen) {
            reader->quote_seen = false;
            if (c != enclose)
                return true;
        } else if (c == enclose) {
            if (!reader->options.doubled_quotes) {
                reader->at++;
                return true;
            }
            reader->quote_seen = true;
        }
    }
    return false;
}

typedef enum Found { FOUND_NOTHING, FOUND_SEPARATOR, FOUND_DELIMITER } Found;

/* Outside quotes: stops behind a separator or at a delimiter. */
static Found scan_normal(CsvReader *reader)
{
    Str separator = reader->options.separator, delimiter = reader->options.delimiter;
    const char *data = reader->buffer.data;
    size_t longest = separator.len > delimiter.len ? separator.len : delimiter.len;

    for (size_t at = reader->at; at < reader->buffer.len; at++) {
        if (data[at] == separator.data[0] && starts_with(reader, at, separator)) {
            size_t place = at - reader->line;

            bytes_add(&reader->separators, &place, sizeof place);
            reader->at = at + separator.len;
            return FOUND_SEPARATOR;
        }
        if (data[at] == delimiter.data[0] && starts_with(reader, at, delimiter)) {
            reader->at = at;
            return FOUND_DELIMITER;
        }
    }
    /* what has come may end with the first bytes of one that is longer */
    if (reader->buffer.len - reader->at >= longest)
        reader->at = reader->buffer.len - longest + 1;
    return FOUND_NOTHING;
}

/* True: `at` stands at the delimiter that ends the line. */
static bool scan_line(CsvReader *reader)
{
    while (reader->at < reader->buffer.len) {
        Found found;

        if (reader->state == SCAN_START) {
            bool quoted = reader->options.enclose &&
                          reader->buffer.data[reader->at] == reader->options.enclose;

            reader->state = quoted ? SCAN_QUOTED : SCAN_NORMAL;
            reader->at += quoted;
        }
        if (reader->state == SCAN_QUOTED) {
            if (!scan_quoted(reader))
                return false;
            reader->state = SCAN_NORMAL;
        }
        found = scan_normal(reader);
        if (found != FOUND_SEPARATOR)
            return found == FOUND_DELIMITER;
        reader->state = SCAN_START;
    }
    return false;
}

static void split(CsvReader *reader, char *line, size_t len)
{
    size_t count = reader->separators.len / sizeof(size_t), start = 0;
    const size_t *places = (const size_t *)(const void *)reader->separators.data;

    bytes_clear(&reader->fields);
    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? places[i] : len;
        CsvField field = csv_field(&reader->options, line + start, end - start);

        bytes_add(&reader->fields, &field, sizeof field);
        start = end + reader->options.separator.len;
    }
}

/* A mark of byte order goes with the first line; the places of separators move with it. */
static size_t bom_length(CsvReader *reader, const char *line, size_t len)
{
    size_t *places = (size_t *)(void *)reader->separators.data;

    if (reader->bom_looked_for)
        return 0;
    reader->bom_looked_for = true;
    if (len < 3 || memcmp(line, "\xEF\xBB\xBF", 3) != 0)
        return 0;
    for (size_t i = 0; i < reader->separators.len / sizeof *places; i++)
        places[i] -= 3;
    return 3;
}

static bool take_line(CsvReader *reader, size_t len, Error *err)
{
    char *line = reader->buffer.data + reader->line;
    CsvLine out = {0};
    size_t bom;

    if (reader->lines_skipped < reader->options.skip_lines) {
        reader->lines_skipped++;
        reader->bom_looked_for = true;
        return true;
    }
    bom = bom_length(reader, line, len);
    line += bom;
    len -= bom;
    if (len == 0)
        return true;
    out.raw = (Str){line, len};
    out.utf8 = csv_is_utf8(out.raw);
    if (out.utf8) {
        split(reader, line, len);
        out.fields = (const CsvField *)(const void *)reader->fields.data;
        out.count = reader->fields.len / sizeof *out.fields;
    }
    return reader->take(reader->context, &out, err);
}

static void next_line(CsvReader *reader, size_t begins)
{
    reader->line = reader->at = begins;
    reader->state = SCAN_START;
    reader->escaped = reader->quote_seen = false;
    bytes_clear(&reader->separators);
}

/* Keeps only what belongs to the line that is not complete. */
static void compact(CsvReader *reader)
{
    size_t rest = reader->buffer.len - reader->line;

    if (reader->line == 0)
        return;
    memmove(reader->buffer.data, reader->buffer.data + reader->line, rest);
    reader->buffer.len = rest;
    reader->at -= reader->line;
    reader->line = 0;
}

static bool read_lines(CsvReader *reader, Error *err)
{
    Str delimiter = reader->options.delimiter;

    while (scan_line(reader)) {
        size_t len = reader->at - reader->line, begins = reader->at + delimiter.len;

        if (len > 0 && str_equal(delimiter, str_of("\n")) &&
            reader->buffer.data[reader->at - 1] == '\r')
            len--;
        if (!take_line(reader, len, err))
            return false;
        next_line(reader, begins);
    }
    compact(reader);
    return true;
}

bool csv_feed(CsvReader *reader, const void *data, size_t len, Error *err)
{
    enum { PIECE = 1 << 20 };
    const char *at = data;

    for (size_t n; len > 0; at += n, len -= n) {
        n = len < PIECE ? len : PIECE;
        bytes_add(&reader->buffer, at, n);
        if (reader->buffer.overflowed)
            return error_set(err, ERROR_DATA,
                             "[INTERNAL_ERROR]the simulator does not read lines over %zu bytes",
                             reader->buffer.limit);
        if (!read_lines(reader, err))
            return false;
    }
    return true;
}

bool csv_finish(CsvReader *reader, Error *err)
{
    size_t len = reader->buffer.len - reader->line;

    return len == 0 || take_line(reader, len, err);
}
