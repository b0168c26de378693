#include "loader/label.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { UUID_DIGITS = 12 };

static void short_uuid(const char *uuid, char out[UUID_DIGITS + 1])
{
    size_t length = 0;

    for (; *uuid && length < UUID_DIGITS; uuid++) {
        if (*uuid != '-')
            out[length++] = *uuid;
    }
    out[length] = '\0';
}

/* Long enough for what can be: an ordinal or a row of more than 48 bits cannot. */
static void check_length(int length)
{
    assert(length > 0 && length <= LABEL_MAX);
    (void)length;
}

void label_stream(char out[LABEL_MAX + 1], const char *uuid, uint32_t oid, uint32_t lane,
                  Position first, Position last, LabelRows rows)
{
    char task[UUID_DIGITS + 1];

    short_uuid(uuid, task);
    check_length(snprintf(out, LABEL_MAX + 1,
                          "w_%s_%" PRIu32 "_%" PRIu32 "_%" PRIX64 "-%" PRIx64 "_%" PRIX64
                          "-%" PRIx64 "_%" PRIx64 "-%" PRIx64 "_%" PRIx32,
                          task, oid, lane, first.commit_lsn, first.ordinal, last.commit_lsn,
                          last.ordinal, rows.first_row, rows.rows, rows.attempt));
}

void label_copy(char out[LABEL_MAX + 1], const char *uuid, uint32_t oid, uint32_t chunk,
                uint64_t grant, LabelRows rows)
{
    char task[UUID_DIGITS + 1];

    short_uuid(uuid, task);
    check_length(snprintf(out, LABEL_MAX + 1,
                          "w_%s_%" PRIu32 "_c%" PRIu32 "-%" PRIx64 "_%" PRIx64 "-%" PRIx64
                          "_%" PRIx32,
                          task, oid, chunk, grant, rows.first_row, rows.rows, rows.attempt));
}
