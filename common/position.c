#include "common/position.h"

#include <inttypes.h>
#include <stdio.h>

int position_compare(Position a, Position b)
{
    if (a.commit_lsn != b.commit_lsn)
        return a.commit_lsn < b.commit_lsn ? -1 : 1;
    return (a.ordinal > b.ordinal) - (a.ordinal < b.ordinal);
}

const char *position_format(Position position, char *out)
{
    char lsn[LSN_TEXT_MAX];

    snprintf(out, POSITION_TEXT_MAX, "%s:%" PRIu64, lsn_format(position.commit_lsn, lsn),
             position.ordinal);
    return out;
}
