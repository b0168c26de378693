#include "capture/heartbeat.h"

void heartbeat_start(Heartbeat *heartbeat, int64_t every_ms, int64_t now_ms)
{
    *heartbeat = (Heartbeat){
        .every_ms = every_ms,
        .number = 1, /* 0 says in the stream's counters that none came yet */
        .next_ms = now_ms,
        .first_sent_ms = -1,
        .latency_ms = -1,
    };
}

bool heartbeat_due(const Heartbeat *heartbeat, int64_t now_ms)
{
    return now_ms >= heartbeat->next_ms;
}

void heartbeat_sent(Heartbeat *heartbeat, int64_t now_ms)
{
    if (heartbeat->first_sent_ms < 0)
        heartbeat->first_sent_ms = now_ms;
    heartbeat->next_ms = now_ms + heartbeat->every_ms;
}

void heartbeat_written(Heartbeat *heartbeat, uint64_t number)
{
    if (number > heartbeat->number)
        heartbeat->number = number;
}

void heartbeat_seen(Heartbeat *heartbeat, uint64_t number, int64_t now_ms)
{
    if (number != heartbeat->number || heartbeat->first_sent_ms < 0)
        return;
    heartbeat->latency_ms = now_ms - heartbeat->first_sent_ms;
    heartbeat->number++;
    heartbeat->first_sent_ms = -1;
}
