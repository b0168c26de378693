#include "loader/chunk_order.h"

static ChunkPart *place_of(ChunkOrder *order, uint64_t sequence)
{
    return &order->parts[sequence % CHUNK_AHEAD];
}

void chunk_order_start(ChunkOrder *order)
{
    for (size_t i = 0; i < CHUNK_AHEAD; i++)
        frame_unref(&order->parts[i].body);
    order->next = 1;
}

ChunkOffer chunk_order_offer(ChunkOrder *order, uint64_t sequence, ChunkPart part)
{
    if (sequence < order->next)
        return CHUNK_DUPLICATE;
    if (sequence - order->next >= CHUNK_AHEAD)
        return CHUNK_TOO_FAR;

    ChunkPart *place = place_of(order, sequence);
    if (place->body)
        return CHUNK_DUPLICATE;
    *place = part;
    frame_ref(place->body);
    return CHUNK_HELD;
}

const ChunkPart *chunk_order_front(const ChunkOrder *order)
{
    const ChunkPart *front = &order->parts[order->next % CHUNK_AHEAD];

    return front->body ? front : NULL;
}

void chunk_order_pop(ChunkOrder *order)
{
    frame_unref(&place_of(order, order->next)->body);
    order->next++;
}
