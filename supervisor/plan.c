#include "supervisor/plan.h"

static Str pack(const ProtobufCMessage *message, Arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_alloc(arena, size + 1);

    return (Str){(const char *)data, protobuf_c_message_pack(message, data)};
}

static bool has_table(const Walferry__Model__Model *model, uint32_t oid)
{
    for (size_t i = 0; i < model->n_tables; i++) {
        if (model->tables[i]->oid == oid)
            return true;
    }
    return false;
}

static void merge_tables(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
                         Arena *arena, Walferry__Model__Model *out)
{
    size_t most = fresh->n_tables + (known ? known->n_tables : 0);

    out->tables = ARENA_ARRAY(arena, Walferry__Model__ModelTable *, most + 1);
    out->n_tables = 0;
    for (size_t i = 0; known && i < known->n_tables; i++) {
        if (!has_table(fresh, known->tables[i]->oid))
            out->tables[out->n_tables++] = known->tables[i];
    }
    for (size_t i = 0; i < fresh->n_tables; i++)
        out->tables[out->n_tables++] = fresh->tables[i];
}

typedef struct Statements {
    Walferry__Model__ModelStatement **list;
    size_t count;
} Statements;

static bool has_object(Statements statements, const char *object)
{
    for (size_t i = 0; i < statements.count; i++) {
        if (strcmp(statements.list[i]->object, object) == 0)
            return true;
    }
    return false;
}

/* Those of tables that are not planned now stay; an object that both name is the fresh one's. */
static Statements merge_statements(Statements known, Statements fresh, Arena *arena)
{
    Statements out = {
        ARENA_ARRAY(arena, Walferry__Model__ModelStatement *, known.count + fresh.count + 1), 0};

    for (size_t i = 0; i < known.count; i++) {
        if (!has_object(fresh, known.list[i]->object))
            out.list[out.count++] = known.list[i];
    }
    for (size_t i = 0; i < fresh.count; i++)
        out.list[out.count++] = fresh.list[i];
    return out;
}

static Str merged_model(const Walferry__Model__Model *known, const Walferry__Model__Model *fresh,
                        Arena *arena)
{
    Walferry__Model__Model out = *fresh;
    Statements indexes = {fresh->indexes, fresh->n_indexes};
    Statements keys = {fresh->foreign_keys, fresh->n_foreign_keys};

    merge_tables(known, fresh, arena, &out);
    out.n_chunks = 0;
    if (known) {
        indexes = merge_statements((Statements){known->indexes, known->n_indexes}, indexes, arena);
        keys =
            merge_statements((Statements){known->foreign_keys, known->n_foreign_keys}, keys, arena);
        out.binary = known->binary && fresh->binary;
        if (out.publication_digest == 0)
            out.publication_digest = known->publication_digest;
    }
    out.indexes = indexes.list;
    out.n_indexes = indexes.count;
    out.foreign_keys = keys.list;
    out.n_foreign_keys = keys.count;
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
