#include "loader/admission.h"

void admission_start(Admission *admission, LaneProgress taken_over, Lsn granted)
{
    *admission = (Admission){.taken_over = taken_over, .granted = granted};
}

static bool hole(Error *err, Position before, Position after)
{
    char from[POSITION_TEXT_MAX], to[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA, "hole in the stream: after position %s comes what follows %s",
              position_format(before, from), position_format(after, to));
    error_position(err, "%s", from);
    return error_hint(err, "changes in between have not arrived; copy the tables again");
}

/*
 * The first part since the takeover. It may begin below our position, where a predecessor has been
 * already, but not above; and the stream itself may not have been started above what is known to be
 * applied.
 */
static bool check_start(const Admission *admission, const BatchHeader *header,
                        const Transaction *part, Error *err)
{
    const LaneProgress *own = &admission->taken_over;
    Lsn may_start = own->resume_lsn > admission->granted ? own->resume_lsn : admission->granted;
    char start[LSN_TEXT_MAX], resume[LSN_TEXT_MAX];

    if (position_compare(part->predecessor, own->position) > 0)
        return hole(err, own->position, part->predecessor);
    if (header->sequence > 1 || header->stream_start <= may_start)
        return true;
    error_set(err, ERROR_DATA, "hole in the stream: it starts at %s, the destination is at %s",
              lsn_format(header->stream_start, start), lsn_format(may_start, resume));
    error_position(err, "%s", resume);
    return error_hint(err, "changes in between have not arrived; copy the tables again");
}

static bool check_order(Admission *admission, const BatchHeader *header, Error *err)
{
    for (uint32_t i = 0; i < header->transaction_count; i++) {
        const Transaction *part = &header->transactions[i];

        if (!admission->in_sequence && !check_start(admission, header, part, err))
            return false;
        if (admission->in_sequence && position_compare(part->predecessor, admission->seen) != 0)
            return hole(err, admission->seen, part->predecessor);
        admission->seen = (Position){part->commit_lsn, part->last_ordinal};
        admission->in_sequence = true;
    }
    return true;
}

static bool is_new(const Admission *admission, const BatchHeader *header, const Change *change)
{
    Position at = {header->transactions[change->transaction].commit_lsn, change->ordinal};

    return position_compare(at, admission->taken_over.position) > 0;
}

bool admission_check(Admission *admission, const Batch *batch, uint32_t *first, Error *err)
{
    const BatchHeader *header = &batch->header;
    uint32_t at = 0;

    if (!check_order(admission, header, err))
        return false;
    while (at < header->change_count && !is_new(admission, header, &batch->changes[at]))
        at++;
    *first = at;
    return true;
}
