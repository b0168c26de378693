#include "loader/group.h"

void group_start(Group *group, LaneProgress taken_over, bool may_split)
{
    *group = (Group){
        .taken_over = taken_over,
        .may_split = may_split,
        .reached = taken_over,
        .committed = taken_over,
        .durable = taken_over,
        .piece_only_inserts = true,
    };
}

void group_resume(Group *group, uint64_t next)
{
    if (group->sequence < next - 1)
        group->sequence = next - 1;
    if (group->durable_sequence < next - 1)
        group->durable_sequence = next - 1;
}

static Position end_of(const Transaction *part)
{
    return (Position){part->commit_lsn, part->last_ordinal};
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * The position moves at ends of transactions, and of parts that are flushed by one of several
 * lanes; never back. Where the stream may be resumed moves at ends of transactions only.
 */
static void reach(Group *group, const Transaction *part)
{
    LaneProgress *reached = &group->reached;

    if (position_compare(end_of(part), group->taken_over.position) <= 0)
        return;
    group->inside = !part->ends;
    if (!part->ends && group->flush && group->may_split) /* asked for now, or not done yet */
        reached->position = end_of(part);
    if (!part->ends)
        return;
    *reached = (LaneProgress){
        .position = end_of(part),
        .resume_lsn = greater(reached->resume_lsn, part->end_lsn),
        .next_record_id =
            greater(reached->next_record_id, part->first_record_id + part->last_ordinal),
        .commit_time_us = part->commit_time_us,
    };
}

static bool has_moved(const Group *group)
{
    return position_compare(group->reached.position, group->committed.position) != 0 ||
           group->reached.resume_lsn != group->committed.resume_lsn;
}

/* A batch that left nothing to do is durable as it is. */
static void settle(Group *group)
{
    if (group->open || group->inside || group->undurable || has_moved(group))
        return;
    group->durable_sequence = group->sequence;
    group->flush = false;
}

void group_admit(Group *group, const BatchHeader *header)
{
    group->flush |= header->flush;
    for (uint32_t i = 0; i < header->transaction_count; i++)
        reach(group, &header->transactions[i]);
    group->sequence = header->sequence;
    settle(group);
}

void group_gathered(Group *group, uint64_t changes, size_t bytes, size_t tables, bool only_inserts,
                    int64_t now_ms)
{
    if (changes == 0)
        return;
    group->piece_changes += changes;
    group->piece_bytes += bytes;
    group->piece_tables = tables;
    group->piece_only_inserts &= only_inserts;
    if (!group->open)
        group->opened_ms = now_ms;
    group->open = true;
}

static bool piece_is_large(const Group *group)
{
    return group->piece_changes >= PIECE_CHANGES || group->piece_bytes >= PIECE_BYTES ||
           group->piece_tables >= GROUP_TABLES ||
           (group->piece_only_inserts && group->piece_bytes >= PIECE_INSERT_BYTES);
}

static bool group_is_large(const Group *group)
{
    return group->changes + group->piece_changes >= GROUP_CHANGES ||
           group->bytes + group->piece_bytes >= GROUP_BYTES ||
           group->tables + group->piece_tables >= GROUP_TABLES;
}

/* When a commit without changes is due: to move a bare position, or to make others durable. */
static int64_t empty_due_ms(const Group *group)
{
    int64_t due = INT64_MAX;

    if (has_moved(group))
        due = group->flush ? 0 : group->last_commit_ms + EMPTY_MS;
    if (group->undurable) {
        int64_t idle = group->last_commit_ms + IDLE_MS,
                oldest = group->undurable_since_ms + DURABLE_MS;
        int64_t durable = group->flush ? 0 : idle < oldest ? idle : oldest;
        due = durable < due ? durable : due;
    }
    return due;
}

/* Here a commit leaves the destination in a state that it may be seen in. */
static bool may_commit(const Group *group)
{
    return !group->inside || (group->flush && group->may_split);
}

GroupStep group_step(const Group *group, bool waiting, int64_t now_ms)
{
    bool ended = may_commit(group);

    if (ended && group->open &&
        (!waiting || group->flush || group_is_large(group) ||
         now_ms - group->opened_ms >= GROUP_AGE_MS))
        return GROUP_COMMIT;
    if (ended && !group->open && !waiting && now_ms >= empty_due_ms(group))
        return GROUP_COMMIT;
    return piece_is_large(group) ? GROUP_APPLY : GROUP_GATHER;
}

bool group_must_be_durable(const Group *group, int64_t now_ms)
{
    return group->flush || !group->open ||
           (group->undurable && now_ms - group->undurable_since_ms >= DURABLE_MS);
}

void group_applied(Group *group)
{
    group->changes += group->piece_changes;
    group->bytes += group->piece_bytes;
    group->piece_changes = 0;
    group->piece_bytes = 0;
    group->tables += group->piece_tables;
    group->piece_tables = 0;
    group->piece_only_inserts = true;
}

void group_committed(Group *group, bool durable, int64_t now_ms)
{
    group->committed = group->reached;
    group->changes = 0;
    group->bytes = 0;
    group->tables = 0;
    group->open = false;
    if (durable) {
        group->durable = group->committed;
        group->durable_sequence = group->sequence;
        group->flush = false;
    }
    if (!durable && !group->undurable)
        group->undurable_since_ms = now_ms;
    group->undurable = !durable;
    group->last_commit_ms = now_ms;
}

int group_timeout_ms(const Group *group, int64_t now_ms)
{
    int64_t due = group->open || !may_commit(group) ? INT64_MAX : empty_due_ms(group);

    if (due == INT64_MAX)
        return -1;
    return due <= now_ms ? 0 : due - now_ms > EMPTY_MS ? EMPTY_MS : (int)(due - now_ms);
}
