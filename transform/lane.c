#include "transform/lane.h"

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash_bytes(uint64_t hash, Str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (uint8_t)bytes.data[i]) * FNV_PRIME;
    return hash;
}

/* Byte by byte from the lowest, so that the machine's byte order plays no part. */
static uint64_t hash_u32(uint64_t hash, uint32_t value)
{
    for (int shift = 0; shift < 32; shift += 8)
        hash = (hash ^ (value >> shift & 0xff)) * FNV_PRIME;
    return hash;
}

/* FNV's low bits hang on the low bits of the last bytes alone; MurmurHash3's finalizer mixes. */
static uint32_t lane_of_hash(uint64_t hash, uint32_t lanes)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)((hash ^ hash >> 33) % lanes);
}

uint32_t lane_of_relation(const Relation *relation, uint32_t lanes)
{
    return lane_of_hash(hash_u32(FNV_OFFSET, relation->oid), lanes);
}

/* The length keeps ("a", "bc") apart from ("ab", "c"), the form NULL from an empty text. */
static uint64_t hash_value(uint64_t hash, const Value *value)
{
    hash = hash_u32(hash, (uint32_t)value->form);
    hash = hash_u32(hash, (uint32_t)value->bytes.len);
    return hash_bytes(hash, value->bytes);
}

bool lane_of_row(const Relation *relation, const Tuple *tuple, const Tuple *old, uint32_t lanes,
                 uint32_t *out)
{
    uint64_t hash = hash_u32(FNV_OFFSET, relation->oid);

    for (uint32_t i = 0; i < relation->column_count; i++) {
        const Value *value = &tuple->values[i];

        if (!relation->columns[i].key)
            continue;
        if (value->form == VALUE_UNCHANGED && !old->values)
            return false;
        hash = hash_value(hash, value->form == VALUE_UNCHANGED ? &old->values[i] : value);
    }
    *out = lane_of_hash(hash, lanes);
    return true;
}
