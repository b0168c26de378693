#include "loader/sink.h"

void sink_close(Sink **sink)
{
    if (!*sink)
        return;
    (*sink)->verbs->close(*sink);
    *sink = NULL;
}

bool sink_take_over(Sink *sink, uint64_t epoch, const int *own_pids, size_t pid_count,
                    LaneProgress *out, Error *err)
{
    return sink->verbs->take_over(sink, epoch, own_pids, pid_count, out, err);
}

bool sink_apply(Sink *sink, const Fold *fold, Error *err)
{
    return sink->verbs->apply(sink, fold, err);
}

bool sink_truncate(Sink *sink, const Batch *batch, const Change *change, Error *err)
{
    return sink->verbs->truncate(sink, batch, change, err);
}

bool sink_commit(Sink *sink, const LaneProgress *progress, bool durable, Error *err)
{
    return sink->verbs->commit(sink, progress, durable, err);
}

bool sink_roll_back(Sink *sink, Error *err)
{
    return sink->verbs->roll_back(sink, err);
}

int64_t sink_generation(const Sink *sink)
{
    return sink->verbs->generation(sink);
}

SinkCounters sink_counters(const Sink *sink)
{
    return sink->verbs->counters(sink);
}
