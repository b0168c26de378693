/*
 * task_internal - a task's state, shared by its own files only:
 *
 *     task.c         opening, commands, ends, the tick that ties all together
 *     task_start.c   task file and store to a task
 *     task_attach.c  Hello: who may take which place
 *     task_stages.c  places: Assignment, Topology, restarts
 *     task_phases.c  jobs, snapshot, from phase to phase
 *     task_copy.c    chunks granted and done
 *     task_stream.c  epochs, positions, confirmation
 *     task_intents.c loads into a destination that keeps no position of ours
 *     task_status.c  what status shows
 */
#pragma once

#include "common/clock.h"
#include "common/task_file.h"
#include "model.pb-c.h"
#include "supervisor/phases.h"
#include "supervisor/place.h"
#include "supervisor/position.h"
#include "supervisor/snapshot_holder.h"
#include "supervisor/source_probe.h"
#include "supervisor/task.h"

#define ROLE(name) WALFERRY__CONTROL__ROLE__ROLE_##name
#define JOB(name) WALFERRY__CONTROL__JOB_KIND__JOB_##name

typedef Walferry__Model__Model Model;

enum {
    EXTRA_TRANSFORMS_MAX = 16,
    PLACES_MAX = 2 + 3 * STAGES_MAX + EXTRA_TRANSFORMS_MAX, /* capture, schema, the others */
    WARNINGS_MAX = 32,
    LEFTOVERS_MAX = 64,
    DOUBTS_MAX = 8,
    TASK_DOUBT_MAX = 384,
};

/* What a task is to become; RUN is the ordinary life. */
typedef enum Goal { GOAL_RUN, GOAL_PAUSE, GOAL_END, GOAL_FAIL, GOAL_RELEASE } Goal;

/* How far its stages have been brought down for that. */
typedef enum Halt {
    HALT_NONE,   /* they run */
    HALT_DRAIN,  /* capture brings home what it has sent */
    HALT_SETTLE, /* the loaders' last reports come in */
    HALT_STAGES, /* they end */
    HALT_DONE,   /* none is left */
} Halt;

typedef struct Copy {
    Arena arena;
    StoreChunk *chunks; /* in the order to copy them */
    bool *granted;
    size_t *first_of; /* by chunk: its table's first one */
    size_t *open;     /* by a table's first chunk: how many of its chunks are not done */
    size_t count, done, first_open; /* all before first_open are done or granted */
    uint64_t next_attempt, attempts_below;
    int64_t started_ms, told_ms;
    uint64_t rows, bytes, bytes_at_start, estimated_bytes;
    size_t tables, tables_copied;
    bool indexing_early;   /* the index job that runs is one for copied tables */
    size_t tables_indexed; /* copied when the last such job began */
    uint64_t bytes_indexed;
} Copy;

typedef struct Stream {
    uint64_t epoch;
    bool requested; /* capture waits for its grant */
    bool granted;
    Positions positions;
    bool unsaved;
    int64_t saved_ms, counters_ms;
    Lsn confirmed; /* sent to capture */
    bool drained;
} Stream;

struct Task {
    Host *host;
    Arena arena; /* what lives as long as the task */
    const char *name;
    const char *path;
    Str text; /* of the task file; may hold secrets, so it is never stored */
    TaskFile file;
    PgTarget source;
    RetryLimits limits;

    char uuid[40];
    int64_t created_ms;
    uint32_t lanes;
    char system_identifier[32];
    uint32_t timeline;
    Lsn slot_lsn, snapshot_lsn;
    bool consistent;

    Phase phase;
    Goal goal;
    Halt halt;
    int64_t halt_ms;
    bool paused, failed, gone, releasing;
    Error error;                      /* why it failed */
    char asker[CHANNEL_IDENTITY_MAX]; /* gets a Reply when the goal is reached; "": nobody */

    Place places[PLACES_MAX];
    size_t place_count;
    bool topology_changed;

    Walferry__Control__JobKind job; /* being done, or NONE */
    bool phase_begun;
    bool fresh_loaders; /* they must be other processes than now before the phase goes on */
    char waiting_for[256];
    int64_t notice_ms;

    SnapshotHolder *holder;
    bool snapshot_ready;
    Retry holder_retry;
    int64_t holder_due_ms;
    bool holder_failing;
    Error holder_error;
    SourceProbe *probe;

    Model *model; /* NULL: not planned yet */
    Walferry__Model__TableGate **gates;
    size_t gate_count;

    Copy copy;
    Stream stream;

    StoreCounters past; /* of processes that have ended, and of earlier supervisors */
    StoreCounters saved;
    char *warnings[WARNINGS_MAX];
    size_t warning_count;
    char waits[STAGES_MAX][96]; /* loaders that the destination lets wait */
    char doubts[DOUBTS_MAX][TASK_DOUBT_MAX];
    const char *shown_warnings[WARNINGS_MAX + STAGES_MAX + DOUBTS_MAX];
    StatusStage shown[PLACES_MAX];
    StatusSource shown_source;
};

/* task.c */
void task_fail(Task *task, const Error *err, int64_t now_ms);
bool task_stored(Task *task, bool ok, const Error *err);
void task_send(Task *task, const Place *place, const ControlMessage *message);
void task_reply(Task *task, const char *json, const Error *err);

/* task_start.c */
NODISCARD bool task_load_model(Task *task, Error *err);
NODISCARD bool task_load_copy(Task *task, Error *err);

/* task_stages.c */
bool task_wants(const Task *task, const Place *place);
void task_assign(Task *task, const Place *place);
Place *task_place(Task *task, Walferry__Control__Role role, uint32_t number);
Place *task_place_of(Task *task, const char *peer);
bool task_loaders_are_ready(Task *task);
void task_tick_places(Task *task, int64_t now_ms);
bool task_is_empty(Task *task); /* no process is left */
void task_send_topology(Task *task);
void task_hear_ready(Task *task, Place *place, const Walferry__Control__Ready *ready,
                     int64_t now_ms);

/* task_phases.c */
void task_tick_phase(Task *task, int64_t now_ms);
void task_enter(Task *task, Phase phase, int64_t now_ms);
void task_drop_snapshot(Task *task);
void task_lose_snapshot(Task *task, const Error *err, int64_t now_ms);
void task_start_job(Task *task, Walferry__Control__JobKind job);
void task_hear_job_result(Task *task, Place *place, const Walferry__Control__JobResult *result,
                          int64_t now_ms);
void task_hear_job_notice(Task *task, const Walferry__Control__JobNotice *notice, int64_t now_ms);

/* task_copy.c */
void task_count_open_chunks(Copy *copy);
void task_tick_copy(Task *task, int64_t now_ms);
void task_take_back_chunk(Task *task, Place *place);
void task_hear_chunk_result(Task *task, Place *place, const Walferry__Control__ChunkResult *result,
                            int64_t now_ms);
bool task_copy_is_done(const Task *task);
/* The store has it as done: what is counted and granted follows. */
void task_chunk_finished(Task *task, uint32_t oid, uint32_t chunk, uint64_t rows, uint64_t bytes);

/* task_stream.c */
void task_hear_epoch_request(Task *task, Place *place, int64_t now_ms);
void task_lane_is_ready(Task *task, Place *place, const Walferry__Control__Ready *ready,
                        int64_t now_ms);
void task_hear_progress(Task *task, Place *place, const Walferry__Control__Progress *progress);
void task_hear_idle(Task *task, const Walferry__Control__IdlePosition *message);
void task_capture_left(Task *task);
/* Store first, then confirm; at most every so often unless at_once. */
void task_save_positions(Task *task, bool at_once, int64_t now_ms);

/* task_intents.c */
bool task_loads_by_http(const Task *task);
/* Of the task: above those of an older one, below those of its stream. */
uint64_t task_first_record_id(const Task *task);
/* For a new process of the lane, which from now on is the only one that may load; NULL: the store
 * cannot be written. */
Walferry__Control__LaneState *task_lane_state(Task *task, uint32_t number, Arena *arena);
void task_hear_intent_write(Task *task, Place *place, const Walferry__Control__IntentWrite *write,
                            int64_t now_ms);
size_t task_doubts(Task *task, char lines[][TASK_DOUBT_MAX], size_t most);

/* task_status.c */
StoreCounters task_counters(const Task *task);
void task_count_past(Task *task, const Place *place);
