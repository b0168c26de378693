#include "supervisor/plan.h"

#include "common/model_index.h"

static Str pack(const ProtobufCMessage *message, Arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_alloc(arena, size + 1);

    return (Str){(const char *)data, protobuf_c_message_pack(message, data)};
}

static void merge_tables(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
                         Arena *arena, Walferry__Model__Model *out)
{
    size_t most = fresh->n_tables + (known ? known->n_tables : 0);
    ModelIndex replaced = model_index_of(arena, fresh);

    out->tables = ARENA_ARRAY(arena, Walferry__Model__ModelTable *, most + 1);
    out->n_tables = 0;
    for (size_t i = 0; known && i < known->n_tables; i++) {
        if (!model_index_find(&replaced, known->tables[i]->oid))
            out->tables[out->n_tables++] = known->tables[i];
    }
    for (size_t i = 0; i < fresh->n_tables; i++)
        out->tables[out->n_tables++] = fresh->tables[i];
}

static Str merged_model(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
                        Arena *arena)
{
    Walferry__Model__Model out = *fresh;

    merge_tables(known, fresh, arena, &out);
    out.n_chunks = 0;
    return pack(&out.base, arena);
}

static StoreRelation *relations_of(const Walferry__Model__Model *fresh, Arena *arena)
{
    StoreRelation *out = ARENA_ARRAY(arena, StoreRelation, fresh->n_tables + 1);

    for (size_t i = 0; i < fresh->n_tables; i++) {
        const Walferry__Model__ModelTable *table = fresh->tables[i];

        out[i] = (StoreRelation){
            .oid = table->oid,
            .schema = table->schema,
            .name = table->name,
            .estimated_rows = table->estimated_rows > 0 ? (uint64_t)table->estimated_rows : 0,
            .estimated_bytes = table->bytes,
        };
    }
    return out;
}

static StoreChunk *chunks_of(const Walferry__Model__Model *fresh, Arena *arena)
{
    StoreChunk *out = ARENA_ARRAY(arena, StoreChunk, fresh->n_chunks + 1);

    for (size_t i = 0; i < fresh->n_chunks; i++) {
        const Walferry__Model__ModelChunk *chunk = fresh->chunks[i];

        out[i] = (StoreChunk){
            .oid = chunk->relation_oid,
            .chunk = chunk->chunk,
            .first_block = chunk->first_block,
            .end_block = chunk->end_block,
        };
    }
    return out;
}

void plan_make(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
               const Walferry__Model__Snapshot *snapshot, Arena *arena, StorePlan *out)
{
    *out = (StorePlan){
        .model = merged_model(known, fresh, arena),
        .gate = pack(&snapshot->base, arena),
        .snapshot_lsn = snapshot->lsn,
        .relations = relations_of(fresh, arena),
        .relation_count = fresh->n_tables,
        .chunks = chunks_of(fresh, arena),
        .chunk_count = fresh->n_chunks,
    };
}
