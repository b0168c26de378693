#include "supervisor/plan.h"
#include "tests/support/cmocka_all.h"

typedef Walferry__Model__Model Model;
typedef Walferry__Model__ModelTable Table;
typedef Walferry__Model__ModelChunk Chunk;

static Arena arena;

static int forget_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static Model *model_of(const uint32_t *oids, size_t count, uint32_t filenode)
{
    Model *model = ARENA_NEW(&arena, Model);

    walferry__model__model__init(model);
    model->tables = ARENA_ARRAY(&arena, Table *, count);
    model->chunks = ARENA_ARRAY(&arena, Chunk *, count);
    for (size_t i = 0; i < count; i++) {
        Table *table = model->tables[model->n_tables++] = ARENA_NEW(&arena, Table);
        Chunk *chunk = model->chunks[model->n_chunks++] = ARENA_NEW(&arena, Chunk);

        walferry__model__model_table__init(table);
        walferry__model__model_chunk__init(chunk);
        table->oid = chunk->relation_oid = oids[i];
        table->filenode = filenode;
        table->schema = arena_strdup(&arena, "public");
        table->name = arena_printf(&arena, "t%u", oids[i]);
        table->estimated_rows = -1; /* as pg_class says before the first ANALYZE */
    }
    return model;
}

static Model *unpack(Str packed)
{
    Model *model = walferry__model__model__unpack(NULL, packed.len, (const uint8_t *)packed.data);

    assert_non_null(model);
    return model;
}

static const uint32_t ALL[] = {1, 2, 3}, SOME[] = {2};
static const Walferry__Model__Snapshot SNAPSHOT = {
    .base = PROTOBUF_C_MESSAGE_INIT(&walferry__model__snapshot__descriptor), .xmin = 7, .lsn = 9};

static void the_first_plan_is_of_all_tables(void **state)
{
    (void)state;
    StorePlan plan;

    plan_make(NULL, model_of(ALL, 3, 10), &SNAPSHOT, &arena, &plan);

    assert_int_equal(plan.relation_count, 3);
    assert_int_equal(plan.chunk_count, 3);
    assert_int_equal(plan.snapshot_lsn, 9);
    assert_int_equal(plan.relations[0].estimated_rows, 0);
    Model *kept = unpack(plan.model);
    assert_int_equal(kept->n_tables, 3);
    assert_int_equal(kept->n_chunks, 0);
    walferry__model__model__free_unpacked(kept, NULL);
}

static void a_later_plan_replaces_only_its_tables(void **state)
{
    (void)state;
    StorePlan plan;

    plan_make(model_of(ALL, 3, 10), model_of(SOME, 1, 20), &SNAPSHOT, &arena, &plan);

    assert_int_equal(plan.relation_count, 1);
    assert_int_equal(plan.relations[0].oid, 2);
    assert_int_equal(plan.chunk_count, 1);
    Model *kept = unpack(plan.model);
    assert_int_equal(kept->n_tables, 3);
    for (size_t i = 0; i < kept->n_tables; i++)
        assert_int_equal(kept->tables[i]->filenode, kept->tables[i]->oid == 2 ? 20 : 10);
    walferry__model__model__free_unpacked(kept, NULL);
}

static void the_gate_is_the_snapshot(void **state)
{
    (void)state;
    StorePlan plan;

    plan_make(NULL, model_of(ALL, 3, 10), &SNAPSHOT, &arena, &plan);

    Walferry__Model__Snapshot *gate =
        walferry__model__snapshot__unpack(NULL, plan.gate.len, (const uint8_t *)plan.gate.data);
    assert_non_null(gate);
    assert_int_equal(gate->xmin, 7);
    assert_int_equal(gate->lsn, 9);
    walferry__model__snapshot__free_unpacked(gate, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_first_plan_is_of_all_tables, forget_arena),
        cmocka_unit_test_teardown(a_later_plan_replaces_only_its_tables, forget_arena),
        cmocka_unit_test_teardown(the_gate_is_the_snapshot, forget_arena),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
