#include "simulator/load_headers.h"

#include "common/compiler.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool load_refuse(Error *err, const char *format, ...)
{
    char text[900];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(err, ERROR_DATA, "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = %s",
                     text);
}

const char *load_header(const LoadRequest *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

/* What the real one knows and the simulator does not: never taken for granted. */
static bool refuse_unreached(const LoadRequest *request, Error *err)
{
    static const char *const UNREACHED[] = {
        "where",       "partitions",    "temporary_partitions",  "negative",
        "jsonpaths",   "json_root",     "strip_outer_array",     "read_json_by_line",
        "fuzzy_parse", "num_as_string", "load_to_single_tablet",
    };

    for (size_t i = 0; i < COUNT_OF(UNREACHED); i++)
        if (load_header(request, UNREACHED[i]))
            return load_refuse(err, "the simulator does not do this: header %s", UNREACHED[i]);
    return true;
}

static bool read_format(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    static const char *const KNOWN[] = {"json", "parquet", "orc", "arrow", "hive_text", "wal"};
    const char *format = load_header(request, "format");
    const char *skip = load_header(request, "skip_lines");
    char *end = NULL;

    if (skip) {
        long count = strtol(skip, &end, 10);

        if (*end || end == skip || count < 0)
            return error_set(err, ERROR_DATA, "[INVALID_ARGUMENT]Invalid skip_lines: %s", skip);
        plan->csv.skip_lines = (size_t)count;
    }
    if (!format || strcasecmp(format, "csv") == 0)
        return true;
    if (strcasecmp(format, "csv_with_names") == 0 ||
        strcasecmp(format, "csv_with_names_and_types") == 0) {
        plan->csv.skip_lines = strcasecmp(format, "csv_with_names") == 0 ? 1 : 2;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++)
        if (strcasecmp(format, KNOWN[i]) == 0)
            return load_refuse(err, "the simulator does not do this: format %s", format);
    return error_set(err, ERROR_DATA, "[DATA_FILE_TYPE_ERROR]unknown data format, format=%s",
                     format);
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* [FE] analysis/Separator.java: \x0102, and \n \t \r \\ \' \" as two characters. */
static bool separator(const char *text, Arena *arena, Str *out, Error *err)
{
    static const char FROM[] = "ntr\\'\"", TO[] = "\n\t\r\\'\"";
    size_t len = strlen(text), to = 0;
    char *bytes = arena_alloc(arena, len + 1);

    if (len >= 2 && (strncasecmp(text, "\\x", 2) == 0)) {
        if (len == 2 || len % 2 != 0 || strspn(text + 2, "0123456789abcdefABCDEF") != len - 2)
            return load_refuse(err, "Invalid separator '%s': bad hex", text);
        for (size_t i = 2; i < len; i += 2)
            bytes[to++] = (char)(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
    } else {
        for (size_t i = 0; i < len; i++) {
            const char *found = text[i] == '\\' && text[i + 1] ? strchr(FROM, text[i + 1]) : NULL;

            bytes[to++] = found ? TO[found - FROM] : text[i];
            i += found != NULL;
        }
    }
    *out = (Str){bytes, to};
    return to > 0 || load_refuse(err, "Invalid separator: empty");
}

static bool single_char(const LoadRequest *request, const char *name, char *out, Error *err)
{
    const char *text = load_header(request, name);

    if (!text)
        return true;
    if (strlen(text) != 1)
        return error_set(err, ERROR_DATA,
                         "[INVALID_ARGUMENT]%s must be single-char, actually is %s", name, text);
    *out = text[0];
    return true;
}

static bool is_true(const LoadRequest *request, const char *name)
{
    const char *text = load_header(request, name);

    return text && strcasecmp(text, "true") == 0;
}

static bool read_csv(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *column = load_header(request, "column_separator");
    const char *line = load_header(request, "line_delimiter");
    Profile profile = plan->tables->profile;

    plan->csv.trim_double_quotes = is_true(request, "trim_double_quotes");
    plan->csv.empty_as_null = is_true(request, "empty_field_as_null");
    plan->csv.trims_enclose = profile_trims_enclose(profile);
    plan->csv.doubled_quotes = profile_doubled_quotes(profile);
    return separator(column ? column : "\t", &plan->arena, &plan->csv.separator, err) &&
           separator(line ? line : "\n", &plan->arena, &plan->csv.delimiter, err) &&
           single_char(request, "enclose", &plan->csv.enclose, err) &&
           single_char(request, "escape", &plan->csv.escape, err);
}

static bool read_strict(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *text = load_header(request, "strict_mode");

    plan->strict = text && strcasecmp(text, "true") == 0;
    return !text || plan->strict || strcasecmp(text, "false") == 0 ||
           error_set(err, ERROR_DATA,
                     "[INVALID_ARGUMENT]Invalid strict mode format. Must be bool type");
}

static bool read_ratio(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *text = load_header(request, "max_filter_ratio");
    char *end;

    if (!text)
        return true;
    plan->max_filter_ratio = strtod(text, &end);
    if (*end || end == text || plan->max_filter_ratio < 0 || plan->max_filter_ratio > 1)
        return load_refuse(err, "Invalid max_filter_ratio: %s", text);
    return true;
}

static bool read_zone(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    const char *text = load_header(request, "timezone");

    if (!text)
        text = load_header(request, "time_zone");
    if (!text)
        text = "Asia/Shanghai"; /* of the server */
    return cast_zone_minutes(str_of(text), &plan->zone_minutes) ||
           load_refuse(err, "the simulator does not know the time zone %s", text);
}

bool load_headers_read(const LoadRequest *request, LoadPlan *plan, Error *err)
{
    return refuse_unreached(request, err) && read_format(request, plan, err) &&
           read_csv(request, plan, err) && read_strict(request, plan, err) &&
           read_ratio(request, plan, err) && read_zone(request, plan, err);
}

static const char *blank_end(const char *start, const char *end)
{
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    return end;
}

/* One name up to a comma outside back-quotes. */
static bool take_name(const char **text, Arena *arena, const char **out, Error *err)
{
    const char *at = *text + strspn(*text, " \t\r\n"), *end;
    char *name = arena_alloc(arena, strlen(at) + 1);
    size_t len = 0;

    if (*at == '`') {
        for (at++; *at && (*at != '`' || at[1] == '`'); at++) {
            at += *at == '`';
            name[len++] = *at;
        }
        if (*at != '`')
            return load_refuse(err, "columns: a back-quote is not closed");
        at++;
        end = at + strcspn(at, ",");
        if (blank_end(at, end) != at)
            return load_refuse(err, "the simulator does not do this: an expression in columns");
    } else {
        end = at + strcspn(at, ",");
        len = (size_t)(blank_end(at, end) - at);
        memcpy(name, at, len);
        if (memchr(name, '=', len) || memchr(name, '(', len))
            return load_refuse(err, "the simulator does not do this: an expression in columns");
    }
    name[len] = '\0';
    *out = name;
    *text = end;
    return len > 0 || load_refuse(err, "columns: a name is empty");
}

bool load_headers_names(const char *text, Arena *arena, const char ***out, size_t *count,
                        Error *err)
{
    size_t most = 1;

    for (const char *at = text; *at; at++)
        most += *at == ',';
    *out = ARENA_ARRAY(arena, const char *, most);
    *count = 0;
    for (;; text++) {
        if (!take_name(&text, arena, &(*out)[(*count)++], err))
            return false;
        if (*text != ',')
            return true;
    }
}
