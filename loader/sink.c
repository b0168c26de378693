#include "loader/sink.h"

void sink_close(Sink **sink)
{
    if (!*sink)
        return;
    (*sink)->verbs->close(*sink);
    *sink = NULL;
}

bool sink_take_over(Sink *sink, uint64_t epoch, LaneProgress *out, bool *done, Error *err)
{
    return sink->verbs->take_over(sink, epoch, out, done, err);
}

void sink_resume(Sink *sink, uint64_t next)
{
    sink->verbs->resume(sink, next);
}

bool sink_has_room(const Sink *sink)
{
    return sink->verbs->has_room(sink);
}

Arena *sink_arena(Sink *sink)
{
    return sink->verbs->arena(sink);
}

bool sink_take(Sink *sink, const Batch *batch, uint32_t first, size_t bytes, Error *err)
{
    return sink->verbs->take(sink, batch, first, bytes, err);
}

bool sink_step(Sink *sink, bool waiting, bool *busy, Error *err)
{
    return sink->verbs->step(sink, waiting, busy, err);
}

size_t sink_wait_items(const Sink *sink, WaitItem *items, size_t most)
{
    return sink->verbs->wait_items(sink, items, most);
}

int sink_timeout_ms(const Sink *sink, int64_t now_ms)
{
    return sink->verbs->timeout_ms(sink, now_ms);
}

SinkDurable sink_durable(const Sink *sink)
{
    return sink->verbs->durable(sink);
}

void sink_hear(Sink *sink, const ControlMessage *message)
{
    sink->verbs->hear(sink, message);
}

void sink_count(const Sink *sink, Stage *stage)
{
    sink->verbs->count(sink, stage);
}
