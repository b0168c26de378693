/*
 * sequences - the values of the task's sequences on both sides, for the cut-over: those that
 * columns of the task's tables own, are made of (identity) or use in a default.
 *
 * Logical replication does not carry them. Nothing sets them while the task runs; --apply does.
 */
#pragma once

#include "common/error.h"
#include "common/task_file.h"
#include "schema/sequence_value.h"

typedef struct SequencesRequest {
    bool apply;
    int64_t margin; /* steps beyond the source's value */
} SequencesRequest;

typedef enum SequenceState {
    SEQUENCE_OK,     /* no less far than the source's */
    SEQUENCE_BEHIND, /* it would give values that the source has given */
    SEQUENCE_SET,    /* was behind, or within the margin: has been set */
    SEQUENCE_MISSING /* the destination has none */
} SequenceState;

typedef struct SequenceItem {
    const char *schema, *name; /* at the source */
    const char *there;         /* schema.name at the destination; "" if MISSING */
    SequenceState state;
    SequenceValue source, destination; /* destination: as it is now */
} SequenceItem;

/* Its texts live until it returns. */
typedef void SequencesSink(void *self, const SequenceItem *item);

/*
 * Whether all may be read and set is looked at before the first is set: one that may not is a
 * CONFIG error with the GRANT. setval() is not undone by a ROLLBACK; a second run sets the rest.
 */
NODISCARD bool sequences_task(const TaskFile *task, const SequencesRequest *request,
                              SequencesSink *sink, void *self, Error *err);
