#include "schema/model.h"

#include "common/oid_set.h"
#include "schema/chunks.h"
#include "schema/keys.h"

#include <stdlib.h>

typedef Walferry__Model__Model Model;
typedef Walferry__Model__ModelTable ModelTable;
typedef Walferry__Model__ModelColumn ModelColumn;
typedef Walferry__Model__ModelChunk ModelChunk;

/* What the generated structs want as char * but never write. */
static char *text(Arena *arena, const char *constant)
{
    return arena_strdup(arena, constant);
}

static bool is_key(const CatalogIndex *index, uint32_t attnum)
{
    for (size_t i = 0; index && i < index->key_count; i++) {
        if (index->keys[i] == attnum)
            return true;
    }
    return false;
}

static ModelColumn *build_column(Arena *arena, const CatalogColumn *column, const CatalogIndex *key)
{
    ModelColumn *out = ARENA_NEW(arena, ModelColumn);

    walferry__model__model_column__init(out);
    out->attnum = column->attnum;
    out->name = text(arena, column->name);
    out->type_oid = column->type_oid;
    out->type_modifier = column->type_modifier;
    out->base_type_oid = column->base_type_oid;
    out->base_type_modifier = column->base_type_modifier;
    out->type_text = text(arena, column->type_text);
    out->key = is_key(key, column->attnum);
    out->generated = column->generated != '\0';
    out->to = text(arena, column->to);
    out->skip = column->skip;
    return out;
}

static bool is_binary(const CatalogTable *table, TypeEnds ends)
{
    if (table->as_text)
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        const CatalogColumn *column = &table->columns[i];

        if (!column->generated && !types_binary(column->wire_oid, column->element_oid, ends))
            return false;
    }
    return true;
}

static ModelTable *build_table(Arena *arena, const CatalogTable *table, TypeEnds ends)
{
    ModelTable *out = ARENA_NEW(arena, ModelTable);
    bool full = table->identity == 'f';
    const CatalogIndex *key = keys_index(table, full);

    walferry__model__model_table__init(out);
    out->oid = table->oid;
    out->schema = text(arena, table->schema);
    out->name = text(arena, table->name);
    out->to_schema = text(arena, table->to_schema);
    out->to_name = text(arena, table->to_name);
    out->left_out = table->left_out;
    out->full_identity = full;
    /* without all operations, what is in a row's way could be in another lane */
    out->lane_by_key = keys_lane(table, key, full) && !table->left_out;
    out->binary = is_binary(table, ends);
    out->has_rows = catalog_has_rows(table);
    out->filenode = table->filenode;
    out->pages = table->pages;
    out->bytes = table->bytes;
    out->parent = table->parent;
    if (table->partition_bound)
        out->partition_bound = text(arena, table->partition_bound);
    out->estimated_rows = table->estimated_rows;
    out->n_columns = table->column_count;
    out->columns = ARENA_ARRAY(arena, ModelColumn *, table->column_count);
    for (size_t i = 0; i < table->column_count; i++)
        out->columns[i] = build_column(arena, &table->columns[i], key);
    return out;
}

static int by_bytes_descending(const void *a, const void *b)
{
    const ModelTable *left = *(ModelTable *const *)a;
    const ModelTable *right = *(ModelTable *const *)b;

    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    return left->oid < right->oid ? -1 : left->oid > right->oid;
}

static ModelChunk *build_chunk(Arena *arena, const ModelTable *table, size_t count, size_t number)
{
    ModelChunk *out = ARENA_NEW(arena, ModelChunk);
    ChunkRange range = chunks_range(table->pages, count, number);

    walferry__model__model_chunk__init(out);
    out->relation_oid = table->oid;
    out->chunk = (uint32_t)number;
    out->first_block = range.first_block;
    out->end_block = range.end_block;
    return out;
}

static size_t chunks_of(const ModelTable *table, int64_t copies)
{
    return table->has_rows ? chunks_count(table->bytes, table->pages, copies) : 0;
}

static void build_chunks(Arena *arena, Model *model, int64_t copies)
{
    size_t total = 0;

    for (size_t i = 0; i < model->n_tables; i++)
        total += chunks_of(model->tables[i], copies);
    model->chunks = ARENA_ARRAY(arena, ModelChunk *, total);
    for (size_t i = 0; i < model->n_tables; i++) {
        size_t count = chunks_of(model->tables[i], copies);

        for (size_t number = 0; number < count; number++)
            model->chunks[model->n_chunks++] = build_chunk(arena, model->tables[i], count, number);
    }
}

/* One switch for the whole stream, whichever tables are asked for here. */
static bool stream_is_binary(const Catalog *catalog, TypeEnds ends)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (catalog_has_rows(&catalog->tables[i]) && !is_binary(&catalog->tables[i], ends))
            return false;
    }
    return true;
}

Model *model_build(Arena *arena, const Catalog *catalog, TypeEnds ends, const uint32_t *only,
                   size_t only_count, int64_t copies)
{
    Model *model = ARENA_NEW(arena, Model);
    OidSet wanted = oid_set_of(arena, only, only_count);

    walferry__model__model__init(model);
    model->binary = stream_is_binary(catalog, ends);
    model->tables = ARENA_ARRAY(arena, ModelTable *, catalog->table_count);
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (!only || oid_set_has(&wanted, catalog->tables[i].oid))
            model->tables[model->n_tables++] = build_table(arena, &catalog->tables[i], ends);
    }
    if (model->n_tables > 0)
        qsort(model->tables, model->n_tables, sizeof(ModelTable *), by_bytes_descending);
    build_chunks(arena, model, copies);
    return model;
}

void model_sends_generated(Model *model, const Catalog *catalog, TypeEnds ends)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        for (size_t c = 0; c < table->column_count; c++) {
            const CatalogColumn *column = &table->columns[c];

            if (column->generated == 's' &&
                !types_binary(column->type_oid, column->element_oid, ends))
                model->binary = false;
        }
    }
}
