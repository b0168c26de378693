#include "common/oid_set.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static OidSet sorted(OidSet set)
{
    if (set.count > 0)
        qsort(set.oids, set.count, sizeof *set.oids, by_value);
    return set;
}

OidSet oid_set_of(Arena *arena, const uint32_t *oids, size_t count)
{
    OidSet set = {ARENA_ARRAY(arena, uint32_t, count + 1), count};

    if (count > 0)
        memcpy(set.oids, oids, count * sizeof *oids);
    return sorted(set);
}

static size_t commas(const char *text)
{
    size_t count = 0;

    for (const char *comma = text; (comma = strchr(comma, ',')); comma++)
        count++;
    return count;
}

OidSet oid_set_parse(Arena *arena, const char *text)
{
    OidSet set = {ARENA_ARRAY(arena, uint32_t, commas(text) + 1), 0};
    char *end;

    for (const char *at = text; *at; at = *end ? end + 1 : end) {
        set.oids[set.count] = (uint32_t)strtoul(at, &end, 10);
        if (end == at)
            break;
        set.count++;
    }
    return sorted(set);
}

bool oid_set_has(const OidSet *set, uint32_t oid)
{
    return set->count > 0 && bsearch(&oid, set->oids, set->count, sizeof oid, by_value) != NULL;
}
