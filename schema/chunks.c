#include "schema/chunks.h"

static const uint64_t SMALL_BYTES = UINT64_C(8) << 20;
static const uint64_t CHUNK_BYTES = UINT64_C(64) << 20;
enum { CHUNKS_FOR_EACH_COPY = 4 };

size_t chunks_count(uint64_t bytes, uint64_t pages, int64_t copies)
{
    uint64_t by_size = (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
    uint64_t by_copies = (uint64_t)copies * CHUNKS_FOR_EACH_COPY;
    uint64_t count = by_size > by_copies ? by_size : by_copies;

    if (bytes <= SMALL_BYTES)
        return 1;
    return count < pages ? count : pages;
}

ChunkRange chunks_range(uint64_t pages, size_t count, size_t number)
{
    uint64_t each = pages / count, more = pages % count; /* the first `more` have one more */
    uint64_t first = number * each + (number < more ? number : more);
    uint64_t next = first + each + (number < more);

    return (ChunkRange){first, number + 1 == count ? 0 : next};
}
