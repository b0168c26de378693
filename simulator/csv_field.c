#include "simulator/csv_field.h"

#include <stdint.h>

static bool trim(CsvField *field, char quote)
{
    const char *data = field->text.data;
    size_t len = field->text.len;

    if (len < 2 || data[0] != quote || data[len - 1] != quote)
        return false;
    field->text = (Str){data + 1, len - 2};
    return true;
}

/*
 * escape_string and escape_string_for_csv of [BE] vec/data_types/serde/data_type_string_serde.h: an
 * escape goes, the character behind it stays; where the version has it a quote before a quote is
 * an escape too.
 */
static size_t unescape(const CsvOptions *options, char *data, size_t len)
{
    size_t to = 0;
    bool escaped = false;

    for (size_t at = 0; at < len; at++) {
        char c = data[at];
        bool doubled = options->doubled_quotes && at + 1 < len && c == options->enclose &&
                       data[at + 1] == options->enclose;

        escaped = (doubled || c == options->escape) && !escaped;
        if (!escaped)
            data[to++] = c;
    }
    return to;
}

static bool needs_unescape(const CsvOptions *options, Str text)
{
    return text.len > 0 && options->escape &&
           (memchr(text.data, options->escape, text.len) ||
            (options->doubled_quotes && memchr(text.data, options->enclose, text.len)));
}

CsvField csv_field(const CsvOptions *options, char *data, size_t len)
{
    CsvField field = {.text = {data, len}};
    bool trimmed;

    if (options->enclose &&
        (options->trims_enclose || (options->trim_double_quotes && options->enclose == '"')))
        trim(&field, options->enclose);
    if (field.text.len == 0 && options->empty_as_null) {
        field.null = true;
        return field;
    }
    /* CsvReader::_deserialize_nullable_string: what this trims is no NULL */
    trimmed = options->trim_double_quotes && trim(&field, '"');
    if (!trimmed && field.text.len == 2 && memcmp(field.text.data, "\\N", 2) == 0) {
        field.null = true;
        return field;
    }
    if (needs_unescape(options, field.text))
        field.text.len = unescape(options, data + (field.text.data - data), field.text.len);
    return field;
}

/* The bytes behind a character's first, or -1; *low and *high bound the first of them. */
static int followers(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF) {
        *low = lead == 0xE0 ? 0xA0 : 0x80;
        *high = lead == 0xED ? 0x9F : 0xBF;
        return 2;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *low = lead == 0xF0 ? 0x90 : 0x80;
        *high = lead == 0xF4 ? 0x8F : 0xBF;
        return 3;
    }
    return -1;
}

static size_t ascii_length(const uint8_t *data, size_t len)
{
    size_t n = 0;

    for (uint64_t word; n + 8 <= len; n += 8) {
        memcpy(&word, data + n, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (n < len && data[n] < 0x80)
        n++;
    return n;
}

bool csv_is_utf8(Str text)
{
    const uint8_t *data = (const uint8_t *)text.data;
    size_t at = 0;

    for (;;) {
        uint8_t low, high;
        int more;

        at += ascii_length(data + at, text.len - at);
        if (at == text.len)
            return true;
        more = followers(data[at++], &low, &high);
        if (more < 0)
            return false;
        for (; more > 0; more--, at++, low = 0x80, high = 0xBF)
            if (at == text.len || data[at] < low || data[at] > high)
                return false;
    }
}
