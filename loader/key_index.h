/*
 * key_index - which entry of a table has this key: 64-bit hashes of keys to entry numbers.
 *
 * An open-addressing table of 16-byte slots; the caller compares the keys themselves. uthash would
 * need the key's columns copied into one piece and 56 bytes an entry; here every change of the
 * stream passes by. A zeroed KeyIndex is ready for use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct KeySlot {
    uint64_t hash;
    uint32_t entry; /* + 1; 0: never used */
    bool removed;
} KeySlot;

typedef struct KeyIndex {
    KeySlot *slots;
    size_t capacity; /* a power of two */
    size_t used;     /* slots that were ever used, removed ones included */
} KeyIndex;

/* Walks the entries with this hash: at starts as 0. False: there is no other one. */
bool key_index_next(const KeyIndex *index, uint64_t hash, size_t *at, uint32_t *entry);

void key_index_add(KeyIndex *index, uint64_t hash, uint32_t entry);
void key_index_remove(KeyIndex *index, uint64_t hash, uint32_t entry);

/* Empties it; memory is kept when the last use was worth it. */
void key_index_clear(KeyIndex *index);
void key_index_done(KeyIndex *index);

/* Hashing: start with KEY_HASH_SEED, add piece by piece, finish. */
#define KEY_HASH_SEED UINT64_C(0x9e3779b97f4a7c15)
uint64_t key_hash_add(uint64_t hash, const char *data, size_t len);
uint64_t key_hash_finish(uint64_t hash);
