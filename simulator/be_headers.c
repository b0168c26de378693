#include "simulator/be_headers.h"

#include "simulator/label_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct Lookup {
    HeaderLookup *get;
    void *context;
    Profile profile;
} Lookup;

static const char *get(const Lookup *lookup, const char *name)
{
    const char *value = lookup->get(lookup->context, name);

    return value && *value ? value : NULL;
}

static bool is_one_of(const char *value, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(value, *list) == 0)
            return true;
    return false;
}

/* parquet and the others are formats, but none that the simulator reads. */
static bool read_format(const Lookup *lookup, BeHeaders *out, Error *err)
{
    static const char *const csv[] = {"csv", "csv_with_names", "csv_with_names_and_types", NULL};
    static const char *const others[] = {"json", "parquet",   "orc", "arrow",
                                         "wal",  "hive_text", NULL};
    static const char *const types[] = {"LZO",  "BZ2",          "LZ4",     "LZ4FRAME", "LZ4_BLOCK",
                                        "LZOP", "SNAPPY_BLOCK", "DEFLATE", NULL};
    const char *format = get(lookup, "format");
    const char *type = get(lookup, "compress_type");

    if (format && is_one_of(format, others))
        return error_set(err, ERROR_DATA, "[NOT_IMPLEMENTED_ERROR]format=%s is not simulated",
                         format);
    if (type && is_one_of(type, types))
        return error_set(err, ERROR_DATA,
                         "[NOT_IMPLEMENTED_ERROR]compress_type=%s is not simulated", type);
    out->gzip = type && strcasecmp(type, "GZ") == 0;
    /* load_util.cpp knows pairs only: csv with an unknown compression is an unknown format. */
    if ((format && !is_one_of(format, csv)) || (type && !out->gzip))
        return error_set(err, ERROR_DATA, "[DATA_FILE_TYPE_ERROR]unknown data format, format=%s",
                         format ? format : "");
    return true;
}

static bool parse_number(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    /* std::stoi takes what stands in front and leaves the rest */
    return errno == 0 && end != text && *out <= INT32_MAX && *out >= INT32_MIN;
}

/* regression suite load_p0/stream_load/test_load_with_transfer_encoding */
static bool read_framing(const Lookup *lookup, BeHeaders *out, Error *err)
{
    static const long long max_mb = 102400; /* streaming_load_max_mb */
    const char *length = get(lookup, "Content-Length");
    const char *encoding = get(lookup, "Transfer-Encoding");
    bool chunked = encoding && strcasestr(encoding, "chunked");

    if (length && chunked)
        return error_set(err, ERROR_DATA,
                         "[INVALID_ARGUMENT]please do not set both "
                         "content_length and transfer-encoding");
    if (!length && !chunked)
        return error_set(err, ERROR_DATA,
                         "[INVALID_ARGUMENT]content_length is empty and "
                         "transfer-encoding!=chunked, please set content_length or "
                         "transfer-encoding=chunked");
    out->content_length = length ? strtoll(length, NULL, 10) : -1;
    if (out->content_length > max_mb * 1024 * 1024)
        return error_set(err, ERROR_DATA,
                         "[EXCEEDED_LIMIT]body size %lld exceed BE's conf "
                         "`streaming_load_max_mb` %lld, increase it if you are sure this load is "
                         "reasonable",
                         (long long)out->content_length, max_mb * 1024 * 1024);
    return true;
}

/* regression suite load_p0/stream_load/test_stream_load_illegal_timeout */
static bool read_timeout(const Lookup *lookup, BeHeaders *out, Error *err)
{
    static const int64_t max = 259200;
    const char *timeout = get(lookup, "timeout");

    out->timeout_s = max; /* stream_load_default_timeout_second */
    if (!timeout)
        return true;
    if (!parse_number(timeout, &out->timeout_s))
        return error_set(err, ERROR_DATA,
                         "[INVALID_ARGUMENT]Invalid format of 'timeout': '%s', "
                         "stoi",
                         timeout);
    if (out->timeout_s < 1 || out->timeout_s > max)
        return error_set(err, ERROR_DATA,
                         "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Invalid timeout. "
                         "Timeout should between 1 and 259200 seconds");
    return true;
}

/* fe FeNameFormat.java: checkLabel */
static bool read_label(const Lookup *lookup, BeHeaders *out, Error *err)
{
    out->label = get(lookup, "label");
    if (out->label && !label_is_valid(out->label))
        return error_set(err, ERROR_DATA,
                         "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = Label format "
                         "error. regex: ^[\\-_A-Za-z0-9:]{1,128}$, label: %s",
                         out->label);
    return true;
}

/* Other ways to load, none of which is what the simulator would do without them. What concerns the
 * rows is refused by their plan (load_headers.c). */
static bool refuse_unknown(const Lookup *lookup, BeHeaders *out, Error *err)
{
    static const char *const unknown[] = {"sql",           "token",           "txn_id",
                                          "txn_operation", "redirect-policy", NULL};
    const char *commit = get(lookup, "two_phase_commit");
    const char *group = get(lookup, "group_commit");
    const char *mode = get(lookup, "unique_key_update_mode");

    (void)out;
    if (commit && strcmp(commit, "true") == 0)
        return error_set(
            err, ERROR_DATA, "[NOT_IMPLEMENTED_ERROR]two_phase_commit is not simulated%s",
            profile_is_cloud(lookup->profile) ? ": stream load 2pc is unsupported for mow table"
                                              : "");
    if (group && strcasecmp(group, "off_mode") != 0)
        return error_set(err, ERROR_DATA, "[NOT_IMPLEMENTED_ERROR]group_commit is not simulated");
    if (mode && strcasecmp(mode, "UPDATE_FLEXIBLE_COLUMNS") == 0)
        return error_set(err, ERROR_DATA,
                         "[NOT_IMPLEMENTED_ERROR]flexible partial update is not simulated");
    for (const char *const *name = unknown; *name; name++)
        if (get(lookup, *name))
            return error_set(err, ERROR_DATA, "[NOT_IMPLEMENTED_ERROR]header %s is not simulated",
                             *name);
    return true;
}

bool be_headers_read(HeaderLookup *lookup, void *context, Profile profile, BeHeaders *out,
                     Error *err)
{
    Lookup all = {lookup, context, profile};
    const char *comment = get(&all, "comment");

    *out = (BeHeaders){.comment = comment ? comment : ""};
    return read_format(&all, out, err) && read_framing(&all, out, err) &&
           refuse_unknown(&all, out, err) && read_timeout(&all, out, err) &&
           read_label(&all, out, err);
}
