#include "supervisor/task_internal.h"

#include "common/failpoint.h"
#include "supervisor/console.h"

#include <inttypes.h>

enum {
    ATTEMPTS_AT_ONCE = 1000, /* reserved in the store by one write */
    AGAIN_MS = 200,          /* after a chunk that a copy process had to give back */
    TELL_EVERY_MS = 3000,
    EARLY_INDEX_BYTES = 32 * 1024 * 1024, /* copied since the last job: a few, not one a table */
    MEGABYTE = 1000 * 1000,
};

bool task_copy_is_done(const Task *task)
{
    return task->copy.done == task->copy.count;
}

void task_take_back_chunk(Task *task, Place *place)
{
    if (!place->has_grant)
        return;
    place->has_grant = false;
    task->copy.granted[place->chunk] = false;
    if (place->chunk < task->copy.first_open)
        task->copy.first_open = place->chunk;
}

static bool next_chunk(Copy *copy, size_t *out)
{
    for (size_t i = copy->first_open; i < copy->count; i++) {
        if (copy->chunks[i].done || copy->granted[i])
            continue;
        copy->first_open = *out = i;
        return true;
    }
    return false;
}

/* A higher attempt ends a lower one of the same chunk, also one of an earlier supervisor. */
static bool next_attempt(Task *task, uint64_t *out)
{
    Copy *copy = &task->copy;
    uint64_t below = copy->next_attempt + ATTEMPTS_AT_ONCE;
    Error err = {0};

    if (copy->next_attempt >= copy->attempts_below) {
        if (!task_stored(task, store_reserve_attempts(task->host->store, task->name, below, &err),
                         &err))
            return false;
        copy->attempts_below = below;
    }
    *out = ++copy->next_attempt;
    return true;
}

static void grant(Task *task, Place *place, size_t index)
{
    Walferry__Control__ChunkGrant message = WALFERRY__CONTROL__CHUNK_GRANT__INIT;
    Walferry__Model__ModelChunk chunk = WALFERRY__MODEL__MODEL_CHUNK__INIT;
    const StoreChunk *known = &task->copy.chunks[index];

    if (!next_attempt(task, &place->attempt))
        return;
    chunk.relation_oid = known->oid;
    chunk.chunk = known->chunk;
    chunk.first_block = known->first_block;
    chunk.end_block = known->end_block;
    message.chunk = &chunk;
    message.attempt = place->attempt;
    message.lane = (uint32_t)(index % task->lanes);
    message.snapshot_name = (char *)(uintptr_t)snapshot_holder_name(task->holder);
    place->has_grant = true;
    place->chunk = index;
    task->copy.granted[index] = true;
    task_send(task, place, &CONTROL_MESSAGE(CHUNK_GRANT, chunk_grant, &message));
}

static void tell_progress(Task *task, int64_t now_ms)
{
    Copy *copy = &task->copy;

    if (now_ms - copy->told_ms < TELL_EVERY_MS)
        return;
    copy->told_ms = now_ms;
    console_say(task->name,
                "copy: %zu of %zu tables, %zu of %zu chunks, %" PRIu64 " rows, %" PRIu64 " MB",
                copy->tables_copied, copy->tables, copy->done, copy->count, copy->rows,
                copy->bytes / MEGABYTE);
}

/*
 * Keys and indexes of the tables that are complete, while others are copied: else the processors
 * would be idle in turn. The index phase makes what is left, and skips what is there.
 */
static void index_early(Task *task)
{
    Copy *copy = &task->copy;

    if (task->job != JOB(NONE) || copy->tables_copied == copy->tables_indexed ||
        copy->bytes < copy->bytes_indexed + EARLY_INDEX_BYTES)
        return;
    copy->tables_indexed = copy->tables_copied;
    copy->bytes_indexed = copy->bytes;
    task_start_job(task, JOB(INDEXES));
    copy->indexing_early = true;
}

void task_tick_copy(Task *task, int64_t now_ms)
{
    size_t index;

    if (!task->snapshot_ready)
        return;
    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (place->role == ROLE(COPY) && place_is_running(place) && place->ready &&
            !place->has_grant && now_ms >= place->due_ms && next_chunk(&task->copy, &index))
            grant(task, place, index);
    }
    tell_progress(task, now_ms);
    index_early(task);
}

static Place *place_of_grant(Task *task, const Walferry__Control__ChunkResult *result)
{
    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (!place->has_grant || place->attempt != result->attempt)
            continue;
        const StoreChunk *chunk = &task->copy.chunks[place->chunk];
        if (chunk->oid == result->relation_oid && chunk->chunk == result->chunk)
            return place;
    }
    return NULL;
}

/* A table's chunks stand together; the first of them counts those that are open. */
void task_count_open_chunks(Copy *copy)
{
    copy->first_of = ARENA_ARRAY(&copy->arena, size_t, copy->count + 1);
    copy->open = ARENA_ARRAY(&copy->arena, size_t, copy->count + 1);
    for (size_t i = 0; i < copy->count; i++) {
        bool same = i > 0 && copy->chunks[i].oid == copy->chunks[i - 1].oid;

        copy->first_of[i] = same ? copy->first_of[i - 1] : i;
        copy->open[copy->first_of[i]] += !copy->chunks[i].done;
    }
}

static void count_done(Copy *copy, size_t index, uint64_t rows, uint64_t bytes)
{
    copy->chunks[index].done = true;
    copy->granted[index] = false;
    copy->done++;
    copy->rows += rows;
    copy->bytes += bytes;
    copy->tables_copied += --copy->open[copy->first_of[index]] == 0;
}

static void chunk_done(Task *task, Place *copier, const Walferry__Control__ChunkResult *result)
{
    const StoreChunk *chunk = &task->copy.chunks[copier->chunk];
    Error err = {0};

    if (!task_stored(task,
                     store_chunk_done(task->host->store, task->name, chunk, result->rows,
                                      result->kept, result->bytes, &err),
                     &err))
        return;
    (void)FAILPOINT("supervisor.chunk_stored");
    copier->has_grant = false;
    count_done(&task->copy, copier->chunk, result->rows, result->bytes);
    place_made_progress(copier);
}

/* By whoever copies it now: a grant may have been taken back meanwhile. */
void task_chunk_finished(Task *task, uint32_t oid, uint32_t chunk, uint64_t rows, uint64_t bytes)
{
    Copy *copy = &task->copy;
    size_t index = 0;

    while (index < copy->count &&
           (copy->chunks[index].oid != oid || copy->chunks[index].chunk != chunk))
        index++;
    if (index == copy->count || copy->chunks[index].done)
        return;
    count_done(copy, index, rows, bytes);
    for (size_t i = 0; i < task->place_count; i++) {
        Place *copier = &task->places[i];

        if (!copier->has_grant || copier->chunk != index)
            continue;
        copier->has_grant = false;
        place_made_progress(copier);
    }
}

static void chunk_not_done(Task *task, Place *copier, const Walferry__Control__ChunkResult *result,
                           int64_t now_ms)
{
    Error err;

    task_take_back_chunk(task, copier);
    copier->due_ms = now_ms + AGAIN_MS;
    if (!result->restart_table) {
        console_say(task->name, "copy %u: a chunk is copied again: %s", copier->number,
                    result->reason);
        return;
    }
    error_set(&err, ERROR_TRANSIENT, "%s", result->reason);
    task_lose_snapshot(task, &err, now_ms);
}

/* What is done is said by the loader that committed it, what is not by the copy process. */
void task_hear_chunk_result(Task *task, Place *place, const Walferry__Control__ChunkResult *result,
                            int64_t now_ms)
{
    Place *copier = place_of_grant(task, result);

    if (!copier || task->phase != PHASE_COPY)
        return;
    if (result->done) {
        if (place->role == ROLE(LOADER))
            place_made_progress(place);
        chunk_done(task, copier, result);
        task_tick_copy(task, now_ms);
    } else if (place == copier) {
        chunk_not_done(task, copier, result, now_ms);
    }
}
