#include "loader/chunk_order.h"
#include "tests/support/cmocka_all.h"

static ChunkOffer offer(ChunkOrder *order, uint64_t sequence)
{
    Frame *body = frame_copy((Str)STR("rows"));
    ChunkOffer offered = chunk_order_offer(order, sequence, (ChunkPart){body, sequence, false});

    frame_unref(&body);
    return offered;
}

/* The rows of the front batch say which one it is. */
static uint64_t take(ChunkOrder *order)
{
    const ChunkPart *front = chunk_order_front(order);
    uint64_t rows = front ? front->rows : 0;

    if (front)
        chunk_order_pop(order);
    return rows;
}

static void batches_come_out_in_order_whatever_the_order_they_came_in(void **state)
{
    static const uint64_t arrivals[] = {3, 1, 5, 2, 4};
    ChunkOrder order = {0};
    (void)state;

    chunk_order_start(&order);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(offer(&order, arrivals[i]), CHUNK_HELD);

    for (uint64_t sequence = 1; sequence <= 5; sequence++)
        assert_int_equal(take(&order), sequence);
    assert_null(chunk_order_front(&order));
    chunk_order_start(&order);
}

static void nothing_passes_a_batch_that_is_missing(void **state)
{
    ChunkOrder order = {0};
    (void)state;

    chunk_order_start(&order);
    offer(&order, 2);
    offer(&order, 3);
    assert_int_equal(take(&order), 0);
    offer(&order, 1);

    assert_int_equal(take(&order), 1);
    assert_int_equal(take(&order), 2);
    assert_int_equal(take(&order), 3);
}

static void what_was_held_or_taken_before_is_a_duplicate(void **state)
{
    ChunkOrder order = {0};
    (void)state;

    chunk_order_start(&order);
    offer(&order, 1);
    offer(&order, 2);
    take(&order);

    assert_int_equal(offer(&order, 1), CHUNK_DUPLICATE);
    assert_int_equal(offer(&order, 2), CHUNK_DUPLICATE);
    chunk_order_start(&order);
}

static void what_is_too_far_ahead_is_refused_until_there_is_room(void **state)
{
    ChunkOrder order = {0};
    (void)state;

    chunk_order_start(&order);
    assert_int_equal(offer(&order, CHUNK_AHEAD + 1), CHUNK_TOO_FAR);
    assert_int_equal(offer(&order, UINT64_MAX), CHUNK_TOO_FAR);
    offer(&order, 1);
    take(&order);

    assert_int_equal(offer(&order, CHUNK_AHEAD + 1), CHUNK_HELD);
    chunk_order_start(&order);
}

static void a_new_start_forgets_what_was_held(void **state)
{
    ChunkOrder order = {0};
    (void)state;

    chunk_order_start(&order);
    offer(&order, 1);
    take(&order);
    offer(&order, 3);
    chunk_order_start(&order);

    assert_int_equal(order.next, 1);
    assert_int_equal(offer(&order, 3), CHUNK_HELD);
    chunk_order_start(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_out_in_order_whatever_the_order_they_came_in),
        cmocka_unit_test(nothing_passes_a_batch_that_is_missing),
        cmocka_unit_test(what_was_held_or_taken_before_is_a_duplicate),
        cmocka_unit_test(what_is_too_far_ahead_is_refused_until_there_is_room),
        cmocka_unit_test(a_new_start_forgets_what_was_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
