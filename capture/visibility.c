#include "capture/visibility.h"

#include <stdlib.h>

/* Of the 64-bit numbers that end in xid the one nearest to xmax. */
static uint64_t full_xid(uint64_t near, uint32_t xid)
{
    return near + (uint64_t)(int64_t)(int32_t)(xid - (uint32_t)near);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* pg_snapshot's list of running transactions is sorted. */
bool visibility_sees(const Walferry__Model__Snapshot *snapshot, uint32_t xid, Lsn commit_lsn)
{
    if (commit_lsn >= snapshot->lsn)
        return false;

    uint64_t full = full_xid(snapshot->xmax, xid);

    if (full < snapshot->xmin)
        return true;
    if (full >= snapshot->xmax)
        return false;
    return !bsearch(&full, snapshot->xip, snapshot->n_xip, sizeof full, compare);
}
