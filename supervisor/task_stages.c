#include "supervisor/task_internal.h"

#include "common/log.h"
#include "common/mem.h"
#include "supervisor/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The generated structs hold char *, and nothing writes through it. */
static char *text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

Place *task_place(Task *task, Walferry__Control__Role role, uint32_t number)
{
    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (place->role == role && place->number == number)
            return place;
    }
    return NULL;
}

Place *task_place_of(Task *task, const char *peer)
{
    for (size_t i = 0; i < task->place_count; i++) {
        if (strcmp(task->places[i].identity, peer) == 0)
            return &task->places[i];
    }
    return NULL;
}

bool task_loaders_are_ready(Task *task)
{
    for (uint32_t lane = 0; lane < task->lanes; lane++) {
        if (!task_place(task, ROLE(LOADER), lane)->ready)
            return false;
    }
    return true;
}

bool task_is_empty(Task *task)
{
    for (size_t i = 0; i < task->place_count; i++) {
        if (!place_is_empty(&task->places[i]))
            return false;
    }
    return true;
}

/* ---- Assignment ---- */

static void put_job(Task *task, Walferry__Control__Job *job, Arena *arena)
{
    StoreRelation *relations;
    size_t count;
    Error err = {0};

    bool copied = task->copy.indexing_early;

    job->kind = task->job;
    if (task->job == JOB(PLAN))
        job->snapshot_name = text(snapshot_holder_name(task->holder));
    if (task->job != JOB(PLAN) && task->job != JOB(RESTART_TABLES) && !copied)
        return;
    if (!task_stored(
            task, store_relations(task->host->store, task->name, arena, &relations, &count, &err),
            &err))
        return;
    job->relation_oids = ARENA_ARRAY(arena, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        if ((relations[i].state >= RELATION_COPIED) == copied)
            job->relation_oids[job->n_relation_oids++] = relations[i].oid;
    }
}

/* A folder of its own for each task: capture empties it when it starts. */
static char *spool_dir(const Task *task)
{
    char *dir = task->file.spool_dir[0]
                    ? mem_printf("%s/%s", task->file.spool_dir, task->name)
                    : mem_printf("%s/spool/%s", task->host->state_dir, task->name);

    (void)mkdir(dir, 0700); /* capture says what is wrong with it */
    return dir;
}

void task_assign(Task *task, const Place *place)
{
    Walferry__Control__Assignment a = WALFERRY__CONTROL__ASSIGNMENT__INIT;
    Walferry__Control__Job job = WALFERRY__CONTROL__JOB__INIT;
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(mem_free) char *spool = spool_dir(task);

    a.task = text(task->name);
    a.task_uuid = task->uuid;
    a.file_name = text(task->path);
    a.file_text = (ProtobufCBinaryData){task->text.len, (uint8_t *)(uintptr_t)task->text.data};
    a.number = place->number;
    a.lanes = task->lanes;
    a.data_dir = arena_printf(&arena, "%s/run", task->host->state_dir);
    a.spool_dir = spool;
    a.epoch = task->stream.epoch;
    a.system_identifier = task->system_identifier;
    a.timeline = task->timeline;
    a.snapshot_lsn = task->snapshot_lsn;
    if (place->role == ROLE(CAPTURE) || place->role == ROLE(COPY) || place->role == ROLE(SCHEMA))
        a.model = task->model;
    if (place->role == ROLE(CAPTURE)) {
        a.gates = task->gates;
        a.n_gates = task->gate_count;
    }
    if (place->role == ROLE(LOADER)) {
        a.resume_lsn = task->stream.positions.lanes[place->number].resume_lsn;
        if (task_loads_by_http(task)) {
            a.model = task->model;
            a.lane = task_lane_state(task, place->number, &arena);
            if (!a.lane)
                return;
        }
    }
    if (place->role == ROLE(SCHEMA)) {
        put_job(task, &job, &arena);
        a.job = &job;
    }
    task_send(task, place, &CONTROL_MESSAGE(ASSIGNMENT, assignment, &a));
}

bool task_wants(const Task *task, const Place *place)
{
    if (place->role == ROLE(SCHEMA))
        return task->job != JOB(NONE) && (task->halt < HALT_STAGES || task->releasing);
    if (task->fresh_loaders && place->role == ROLE(LOADER))
        return false;
    return task->halt < HALT_STAGES && phase_wants(task->phase, place->role);
}

/* The stream has started on another line than the one it was assigned, which holds all we have. */
static void note_timeline(Task *task, uint32_t timeline)
{
    Error err = {0};

    if (timeline == 0 || timeline == task->timeline)
        return;
    if (task_stored(task, store_set_timeline(task->host->store, task->name, timeline, &err), &err))
        task->timeline = timeline;
}

void task_hear_ready(Task *task, Place *place, const Walferry__Control__Ready *ready,
                     int64_t now_ms)
{
    if (!place->ready)
        place->ready_ms = now_ms;
    place->ready = true;
    snprintf(place->endpoint, sizeof place->endpoint, "%s", ready->endpoint);
    task->topology_changed = true;
    if (place->role == ROLE(LOADER))
        task_lane_is_ready(task, place, ready, now_ms);
    if (place->role == ROLE(COPY))
        place_is_at_work(place);
    if (place->role == ROLE(CAPTURE))
        note_timeline(task, ready->timeline);
}

/* ---- Topology ---- */

typedef struct PeerList {
    Walferry__Control__Peer peers[PLACES_MAX];
    Walferry__Control__Peer *list[PLACES_MAX];
    size_t count;
} PeerList;

static void add_peer(PeerList *peers, Place *place)
{
    Walferry__Control__Peer *peer = &peers->peers[peers->count];

    walferry__control__peer__init(peer);
    peer->identity = place->identity;
    peer->endpoint = place->endpoint;
    peer->lane = place->number;
    peer->role = place->role;
    peers->list[peers->count++] = peer;
}

static bool hears_topology(const Place *place)
{
    return place_is_running(place) && place->role != ROLE(SCHEMA);
}

void task_send_topology(Task *task)
{
    Walferry__Control__Topology topology = WALFERRY__CONTROL__TOPOLOGY__INIT;
    PeerList producers = {.count = 0}, transforms = {.count = 0}, loaders = {.count = 0};

    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (!hears_topology(place) || !place->ready)
            continue;
        add_peer(place->role == ROLE(TRANSFORM) ? &transforms
                 : place->role == ROLE(LOADER)  ? &loaders
                                                : &producers,
                 place);
    }
    topology.producers = producers.list;
    topology.n_producers = producers.count;
    topology.transforms = transforms.list;
    topology.n_transforms = transforms.count;
    topology.loaders = loaders.list;
    topology.n_loaders = loaders.count;
    for (size_t i = 0; i < task->place_count; i++) {
        if (hears_topology(&task->places[i]))
            task_send(task, &task->places[i], &CONTROL_MESSAGE(TOPOLOGY, topology, &topology));
    }
    task->topology_changed = false;
}

/* ---- ends and restarts ---- */

void task_forgive_silence(Task *task, int64_t now_ms)
{
    for (size_t i = 0; i < task->place_count; i++)
        place_heard(&task->places[i], now_ms);
}

bool task_reaped(Task *task, pid_t pid, int wait_status, int64_t now_ms)
{
    for (size_t i = 0; i < task->place_count; i++) {
        if (task->places[i].pid != pid)
            continue;
        place_ended(&task->places[i], wait_status, now_ms);
        return true;
    }
    return false;
}

static void a_process_left(Task *task, Place *place)
{
    task_count_past(task, place);
    place->counter_count = 0;
    place->vacated = false;
    task->topology_changed = true;
    if (place->role == ROLE(COPY))
        task_take_back_chunk(task, place);
    if (place->role == ROLE(CAPTURE))
        task_capture_left(task);
}

static void fail_of(Task *task, const Place *place, int64_t now_ms)
{
    Error err = place->error;

    error_object(&err, "%s %u", place_role_name(place->role), place->number);
    task_fail(task, &err, now_ms);
}

static void note_fresh_loaders(Task *task)
{
    for (uint32_t lane = 0; lane < task->lanes; lane++) {
        if (!place_is_empty(task_place(task, ROLE(LOADER), lane)))
            return;
    }
    task->fresh_loaders = false;
}

void task_tick_places(Task *task, int64_t now_ms)
{
    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];
        PlaceFate fate = place_tick(place, task->host, &task->limits, now_ms);

        if (fate == PLACE_GIVES_UP)
            fail_of(task, place, now_ms);
        if (place->vacated)
            a_process_left(task, place);
        bool wanted = task_wants(task, place);
        if (!place->extra || !wanted)
            place_want(place, task->host, wanted, now_ms);
        if (place->vacated)
            a_process_left(task, place);
    }
    if (task->fresh_loaders)
        note_fresh_loaders(task);
}
