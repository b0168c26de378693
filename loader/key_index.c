#include "loader/key_index.h"

#include "common/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64, KEPT_CAPACITY = 4096 };

static void put(KeyIndex *index, uint64_t hash, uint32_t entry)
{
    size_t mask = index->capacity - 1, at = (size_t)hash & mask;

    while (index->slots[at].entry != 0)
        at = (at + 1) & mask;
    index->slots[at] = (KeySlot){.hash = hash, .entry = entry + 1};
    index->used++;
}

/* At most half full; removed slots are left behind. */
static void grow(KeyIndex *index)
{
    KeyIndex larger = {.capacity = index->capacity ? index->capacity * 2 : FIRST_CAPACITY};

    larger.slots = mem_alloc(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].entry != 0 && !index->slots[i].removed)
            put(&larger, index->slots[i].hash, index->slots[i].entry - 1);
    }
    free(index->slots);
    *index = larger;
}

bool key_index_next(const KeyIndex *index, uint64_t hash, size_t *at, uint32_t *entry)
{
    size_t mask = index->capacity - 1;

    if (index->capacity == 0)
        return false;
    for (size_t slot = *at ? *at : (size_t)hash & mask;; slot++) {
        const KeySlot *found = &index->slots[slot & mask];

        if (found->entry == 0)
            return false;
        if (found->hash == hash && !found->removed) {
            *entry = found->entry - 1;
            *at = slot + 1;
            return true;
        }
    }
}

void key_index_add(KeyIndex *index, uint64_t hash, uint32_t entry)
{
    if ((index->used + 1) * 2 > index->capacity)
        grow(index);
    put(index, hash, entry);
}

void key_index_remove(KeyIndex *index, uint64_t hash, uint32_t entry)
{
    size_t mask = index->capacity - 1;

    if (index->capacity == 0)
        return;
    for (size_t at = (size_t)hash & mask; index->slots[at].entry != 0; at = (at + 1) & mask) {
        if (index->slots[at].hash == hash && index->slots[at].entry == entry + 1)
            index->slots[at].removed = true;
    }
}

/* A large table that was hardly used would cost its clearing each time. */
void key_index_clear(KeyIndex *index)
{
    if (index->capacity > KEPT_CAPACITY && index->used < index->capacity / 8) {
        key_index_done(index);
        return;
    }
    if (index->used > 0)
        memset(index->slots, 0, index->capacity * sizeof *index->slots);
    index->used = 0;
}

void key_index_done(KeyIndex *index)
{
    free(index->slots);
    *index = (KeyIndex){0};
}

__extension__ typedef unsigned __int128 Wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    Wide product = (Wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t key_hash_add(uint64_t hash, const char *data, size_t len)
{
    uint64_t word;

    hash = mix(hash ^ len, UINT64_C(0xa0761d6478bd642f));
    for (; len >= sizeof word; data += sizeof word, len -= sizeof word) {
        memcpy(&word, data, sizeof word);
        hash = mix(hash ^ word, UINT64_C(0xe7037ed1a0b428db));
    }
    word = 0;
    if (len > 0)
        memcpy(&word, data, len);
    return mix(hash ^ word, UINT64_C(0x8ebc6af09c88c6e3));
}

uint64_t key_hash_finish(uint64_t hash)
{
    return mix(hash, UINT64_C(0x589965cc75374cc3));
}
