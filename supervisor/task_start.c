#include "supervisor/task_internal.h"

#include "common/mem.h"
#include "supervisor/console.h"
#include "supervisor/task_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { MINUTE_MS = 60 * 1000 };

/* Version 4: 122 random bits. */
static void make_uuid(char out[static 37])
{
    uint8_t b[16];

    if (getrandom(b, sizeof b, 0) != sizeof b)
        abort(); /* cannot be: so few bytes are never cut short */
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    for (size_t i = 0, at = 0; i < sizeof b; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;

        at += (size_t)snprintf(out + at, 37 - at, "%s%02x", dash ? "-" : "", b[i]);
    }
}

static bool read_file(Task *task, const char *path, Str text, Error *err)
{
    Str own = {0};

    task->path = arena_strdup(&task->arena, path);
    if (text.len > 0) {
        own = arena_copy(&task->arena, text);
        if (!task_file_parse(task->path, own, &task->arena, &task->file, err))
            return false;
    } else if (!task_file_load(path, &task->arena, &task->file, &own, err)) {
        return false;
    }
    task->text = own;
    task->name = task->file.name;
    return true;
}

static bool check_phases(const Task *task, Error *err)
{
    const TaskFile *file = &task->file;

    if (file->phase_schema && file->phase_copy && file->phase_stream)
        return true;
    error_set(err, ERROR_CONFIG, "phases: fewer than schema, copy and stream is not supported yet");
    error_object(err, "%s", task->path);
    return error_hint(err, "leave the key out");
}

static void apply_file(Task *task)
{
    task->source = (PgTarget){.side = "source",
                              .conninfo = task->file.source.conninfo,
                              .password_file = task->file.source.password_file};
    task->limits = (RetryLimits){
        .connection_ms = task->file.retry.connection_minutes * MINUTE_MS,
        .other_ms = task->file.retry.other_minutes * MINUTE_MS,
    };
}

static bool make_known(Task *task, const char *settings, Error *err)
{
    StoreTask row = {
        .name = task->name,
        .uuid = task->uuid,
        .tag = task->file.tag,
        .file = task->path,
        .settings = settings,
        .state = "running",
        .phase = phase_name(PHASE_CHECK),
        .created_ms = task->created_ms,
        .lanes = task->lanes,
    };
    return store_add_task(task->host->store, &row, err);
}

static bool begin_new(Task *task, const char *settings, Error *err)
{
    make_uuid(task->uuid);
    task->created_ms = clock_wall_us() / 1000;
    task->lanes = (uint32_t)task->file.stages.loader;
    task->phase = PHASE_CHECK;
    task->stream.positions.count = task->lanes;
    return make_known(task, settings, err);
}

static void take_row(Task *task, const StoreTask *row)
{
    snprintf(task->uuid, sizeof task->uuid, "%s", row->uuid);
    snprintf(task->system_identifier, sizeof task->system_identifier, "%s", row->system_identifier);
    task->created_ms = row->created_ms;
    task->lanes = row->lanes;
    task->timeline = row->timeline;
    task->slot_lsn = row->slot_lsn;
    task->snapshot_lsn = row->snapshot_lsn;
    task->consistent = row->consistent;
    task->stream.epoch = row->epoch;
    task->past = task->saved = row->counters;
    task->copy.next_attempt = task->copy.attempts_below = row->attempts;
    task->paused = strcmp(row->state, "paused") == 0;
    task->releasing = strcmp(row->state, "releasing") == 0;
}

static bool bad_gate(const char *table, Error *err)
{
    return error_set(err, ERROR_PROTOCOL, "the store's snapshot of table %s cannot be read", table);
}

static bool load_gates(Task *task, Error *err)
{
    CLEANUP(arena_done) Arena scratch = {0};
    StoreRelation *relations;
    size_t count;

    if (!store_relations(task->host->store, task->name, &scratch, &relations, &count, err))
        return false;
    task->gates = mem_resize(task->gates, count ? count : 1, sizeof *task->gates);
    for (size_t i = 0; i < task->gate_count; i++)
        walferry__model__table_gate__free_unpacked(task->gates[i], NULL);
    task->gate_count = 0;
    for (size_t i = 0; i < count; i++) {
        Walferry__Model__Snapshot *snapshot = walferry__model__snapshot__unpack(
            NULL, relations[i].gate.len, (const uint8_t *)relations[i].gate.data);
        if (!snapshot)
            return bad_gate(relations[i].name, err);
        Walferry__Model__TableGate *gate = mem_alloc(sizeof *gate);
        walferry__model__table_gate__init(gate);
        gate->relation_oid = relations[i].oid;
        gate->snapshot = snapshot;
        task->gates[task->gate_count++] = gate;
    }
    return true;
}

/* Model and gates, as stored by the last plan; none before the first one. */
bool task_load_model(Task *task, Error *err)
{
    CLEANUP(arena_done) Arena scratch = {0};
    Str packed;

    if (!store_model(task->host->store, task->name, &scratch, &packed, err))
        return false;
    if (task->model)
        walferry__model__model__free_unpacked(task->model, NULL);
    task->model = NULL;
    if (packed.len == 0)
        return true;
    task->model = walferry__model__model__unpack(NULL, packed.len, (const uint8_t *)packed.data);
    if (!task->model)
        return error_set(err, ERROR_PROTOCOL, "the store's model of task %s cannot be read",
                         task->name);
    return load_gates(task, err);
}

static void sum_relations(Copy *copy, const StoreRelation *relations, size_t count)
{
    copy->rows = copy->bytes = copy->estimated_bytes = copy->tables_copied = 0;
    copy->tables = count;
    for (size_t i = 0; i < count; i++) {
        copy->rows += relations[i].rows;
        copy->bytes += relations[i].bytes;
        copy->estimated_bytes += relations[i].estimated_bytes;
        copy->tables_copied += relations[i].state >= RELATION_COPIED;
    }
    copy->bytes_at_start = copy->bytes;
    copy->tables_indexed = copy->bytes_indexed = 0;
}

bool task_load_copy(Task *task, Error *err)
{
    Copy *copy = &task->copy;
    Store *store = task->host->store;
    StoreRelation *relations;
    size_t count;

    arena_reset(&copy->arena);
    if (!store_chunks(store, task->name, &copy->arena, &copy->chunks, &copy->count, err) ||
        !store_relations(store, task->name, &copy->arena, &relations, &count, err))
        return false;
    copy->granted = ARENA_ARRAY(&copy->arena, bool, copy->count + 1);
    copy->done = copy->first_open = 0;
    for (size_t i = 0; i < copy->count; i++)
        copy->done += copy->chunks[i].done;
    task_count_open_chunks(copy);
    sum_relations(copy, relations, count);
    copy->started_ms = clock_ms();
    return true;
}

/* The snapshot went with the supervisor that held it. */
static bool go_on_from(Task *task, const char *phase, Error *err)
{
    if (!phase_of(phase, &task->phase))
        return error_set(err, ERROR_CONFIG, "task %s is in a phase '%s' that is not known here",
                         task->name, phase);
    bool copied = task->phase == PHASE_COPY && task_copy_is_done(task);
    Phase next = copied ? PHASE_INDEX : phase_after(task->phase, PHASE_SNAPSHOT_LOST);
    if (!copied && !phase_holds_snapshot(task->phase))
        return true;
    task->phase = next;
    return store_set_phase(task->host->store, task->name, phase_name(next), err);
}

static bool go_on(Task *task, const StoreTask *row, const char *settings, Error *err)
{
    Stream *stream = &task->stream;
    Store *store = task->host->store;

    if (!task_settings_check(row->settings, settings, row->name, err))
        return false;
    take_row(task, row);
    if (!store_set_file(store, task->name, task->path, task->file.tag, err) ||
        !store_lanes(store, task->name, stream->positions.lanes, &stream->positions.count, err) ||
        !task_load_model(task, err) || !task_load_copy(task, err) ||
        !go_on_from(task, row->phase, err))
        return false;
    stream->confirmed = positions_least(&stream->positions).resume_lsn;
    if (task->paused || task->releasing)
        return true;
    return store_set_state(store, task->name, "running", NULL, err);
}

static void add_places(Task *task, Walferry__Control__Role role, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        task->places[task->place_count++] =
            (Place){.task = task->name,
                    .role = role,
                    .number = (uint32_t)i,
                    .external = (task->host->external & 1u << role) != 0};
}

static void make_places(Task *task)
{
    add_places(task, ROLE(SCHEMA), 1);
    add_places(task, ROLE(LOADER), task->lanes);
    add_places(task, ROLE(TRANSFORM), task->file.stages.transform);
    add_places(task, ROLE(COPY), task->file.stages.copy);
    add_places(task, ROLE(CAPTURE), 1);
}

static bool begin(Task *task, Error *err)
{
    const char *settings = task_settings_text(&task->file, &task->arena);
    CLEANUP(arena_done) Arena scratch = {0};
    StoreTask *row;

    if (!store_find_task(task->host->store, task->name, &scratch, &row, err))
        return false;
    return row ? go_on(task, row, settings, err) : begin_new(task, settings, err);
}

bool task_open(Task **out, Host *host, const char *path, Str text, Error *err)
{
    CLEANUP(task_close) Task *task = MEM_NEW(Task);

    task->host = host;
    if (!read_file(task, path, text, err) || !check_phases(task, err) || !begin(task, err))
        return false;
    apply_file(task);
    make_places(task);
    task->probe = source_probe_new(&task->source, task->name);
    task->halt = task->paused ? HALT_DONE : HALT_NONE;
    task->goal = task->paused ? GOAL_PAUSE : task->releasing ? GOAL_RELEASE : GOAL_RUN;
    if (task->paused)
        console_say(task->name, "paused; `walferry resume %s` goes on", task->name);

    *out = task;
    task = NULL; /* handed over */
    return true;
}

void task_close(Task **out)
{
    Task *task = *out;

    if (!task)
        return;
    snapshot_holder_close(&task->holder);
    source_probe_free(&task->probe);
    if (task->model)
        walferry__model__model__free_unpacked(task->model, NULL);
    for (size_t i = 0; i < task->gate_count; i++)
        walferry__model__table_gate__free_unpacked(task->gates[i], NULL);
    free(task->gates);
    for (size_t i = 0; i < task->warning_count; i++)
        free(task->warnings[i]);
    arena_done(&task->copy.arena);
    arena_done(&task->arena);
    free(task);
    *out = NULL;
}
