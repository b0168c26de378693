#include "capture/timeline.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 256 };

/* "1\t0/3000060\tno recovery target specified"; comments and empty lines are not. */
static bool parse_line(Str line, uint32_t *timeline, Lsn *switch_point)
{
    char text[LINE_MAX_BYTES], lsn[LSN_TEXT_MAX];

    snprintf(text, sizeof text, "%.*s", STR_ARGS(line));
    return sscanf(text, "%u %17s", timeline, lsn) == 2 && lsn_parse(lsn, switch_point);
}

static Str next_line(Str *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    Str line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = line.len + (end ? 1 : 0);

    *rest = (Str){rest->data + used, rest->len - used};
    return line;
}

static bool stop(Error *err, Lsn needed, const char *format, const char *detail)
{
    char text[LSN_TEXT_MAX];

    error_set(err, ERROR_CONFIG, "the source is on a timeline that %s%s", format, detail);
    error_position(err, "%s", lsn_format(needed, text));
    return error_hint(err, "it lost changes that are at the destination already: release the task "
                           "and start it anew, or connect to the server that has them");
}

bool timeline_check(Str history, uint32_t ours, Lsn needed, Error *err)
{
    char text[LSN_TEXT_MAX];

    while (history.len > 0) {
        uint32_t timeline;
        Lsn switch_point;

        if (!parse_line(next_line(&history), &timeline, &switch_point) || timeline != ours)
            continue;
        if (switch_point >= needed)
            return true;
        return stop(err, needed, "left ours before what we have read, at ",
                    lsn_format(switch_point, text));
    }
    return stop(err, needed, "does not come from ours", "");
}
