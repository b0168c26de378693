#include "supervisor/position.h"

static bool raise_lsn(uint64_t *what, uint64_t to)
{
    bool higher = to > *what;

    if (higher)
        *what = to;
    return higher;
}

static void raise_time(int64_t *what, int64_t to)
{
    if (to > *what)
        *what = to;
}

bool positions_report(Positions *positions, uint32_t lane, const StoreLane *report)
{
    StoreLane *known = &positions->lanes[lane];
    bool raised = position_compare(report->position, known->position) > 0;

    if (raised)
        known->position = report->position;
    raise_time(&known->commit_time_us, report->commit_time_us);
    raised |= raise_lsn(&known->resume_lsn, report->resume_lsn);
    raised |= raise_lsn(&known->next_record_id, report->next_record_id);
    return raised;
}

static uint64_t highest_record_id(const Positions *positions)
{
    uint64_t highest = 0;

    for (uint32_t i = 0; i < positions->count; i++)
        raise_lsn(&highest, positions->lanes[i].next_record_id);
    return highest;
}

/*
 * A loader's report of the last transaction may still be on its way. Raising resume_lsn without the
 * record id that belongs to it would, after a crash, give numbers a second time.
 */
bool positions_idle(Positions *positions, const StoreLane *idle)
{
    uint64_t id = idle->next_record_id ? idle->next_record_id : highest_record_id(positions);
    bool raised = false;

    for (uint32_t i = 0; i < positions->count; i++) {
        StoreLane *lane = &positions->lanes[i];

        raised |= raise_lsn(&lane->resume_lsn, idle->resume_lsn);
        raised |= raise_lsn(&lane->next_record_id, id);
        raise_time(&lane->commit_time_us, idle->commit_time_us);
    }
    return raised;
}

static void lower_to(StoreLane *least, const StoreLane *lane)
{
    if (position_compare(lane->position, least->position) < 0)
        least->position = lane->position;
    if (lane->resume_lsn < least->resume_lsn)
        least->resume_lsn = lane->resume_lsn;
    if (lane->next_record_id < least->next_record_id)
        least->next_record_id = lane->next_record_id;
    if (lane->commit_time_us < least->commit_time_us)
        least->commit_time_us = lane->commit_time_us;
}

StoreLane positions_least(const Positions *positions)
{
    StoreLane least = positions->count > 0 ? positions->lanes[0] : (StoreLane){0};

    for (uint32_t i = 1; i < positions->count; i++)
        lower_to(&least, &positions->lanes[i]);
    return least;
}
