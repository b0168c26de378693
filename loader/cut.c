#include "loader/cut.h"

#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { MICROSECONDS = 1000 * 1000 };

Cut *cut_open(const CutTable *table)
{
    Cut *cut = MEM_NEW(Cut);

    cut->body.verbs = &CUT_BODY_VERBS;
    cut->table = table;
    upsert_start(&cut->rows, table->plan);
    return cut;
}

void cut_close(Cut **self, LaneWindow *window)
{
    Cut *cut = *self;

    if (!cut)
        return;
    for (size_t i = 0; i < cut->batch_count; i++)
        lane_window_release(window, cut->batches[i]);
    free(cut->batches);
    upsert_done(&cut->rows);
    bytes_done(&cut->spill);
    arena_done(&cut->arena);
    free(cut);
    *self = NULL;
}

/* Batches come one after the other: looking at the last one is enough. */
void cut_hold(Cut *cut, LaneBatch *batch)
{
    if (cut->batch_count > 0 && cut->batches[cut->batch_count - 1] == batch)
        return;
    if (cut->batch_count == cut->batch_capacity) {
        cut->batch_capacity = cut->batch_capacity ? cut->batch_capacity * 2 : 16;
        cut->batches = mem_resize(cut->batches, cut->batch_capacity, sizeof(LaneBatch *));
    }
    cut->batches[cut->batch_count++] = batch;
    lane_batch_hold(batch);
}

Position change_position(const Batch *batch, const Change *change)
{
    return (Position){batch->header.transactions[change->transaction].commit_lsn, change->ordinal};
}

uint64_t change_record_id(const Batch *batch, const Change *change)
{
    return batch->header.transactions[change->transaction].first_record_id + change->ordinal - 1;
}

static bool bad_change(const Cut *cut, const Batch *batch, const Change *change, const char *what,
                       const char *hint, Error *err)
{
    char position[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA, "%s", what);
    error_object(err, "%s", cut->table->name);
    error_position(err, "%s", position_format(change_position(batch, change), position));
    return error_hint(err, "%s", hint);
}

static bool not_whole(const Cut *cut, const Batch *batch, const Change *change, Error *err)
{
    return bad_change(cut, batch, change, "the row of a change does not come whole",
                      "a duplicate table needs REPLICA IDENTITY FULL at the source", err);
}

/* Unchanged values stand in the old row, if that comes whole. */
static bool complete_row(const Relation *relation, const Change *change)
{
    Value *values = change->new_tuple.values, *old = change->old_tuple.values;

    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (values[i].form != VALUE_UNCHANGED)
            continue;
        if (!old || !relation->full_identity)
            return false;
        values[i] = old[i];
    }
    return true;
}

static bool add_duplicate(Cut *cut, const Batch *batch, const Change *change, Error *err)
{
    const Relation *relation = &batch->header.relations[change->relation];
    bool gone = change->kind == CHANGE_DELETE;
    CsvRow row = {
        .values = gone ? change->old_tuple.values : change->new_tuple.values,
        .deleted = gone,
        .record_id = change_record_id(batch, change),
        .version = batch->header.transactions[change->transaction].commit_time_us / MICROSECONDS,
    };

    if (gone ? !relation->full_identity : !complete_row(relation, change))
        return not_whole(cut, batch, change, err);
    upsert_append(&cut->rows, row);
    return true;
}

static void note(Cut *cut, LaneBatch *batch, const Change *change)
{
    Position position = change_position(batch->batch, change);

    if (cut->level.changes++ == 0)
        cut->first = position;
    cut->last = position;
    cut_hold(cut, batch);
}

bool cut_add(Cut *cut, LaneBatch *batch, const Change *change, bool *read_back, Error *err)
{
    const Batch *made = batch->batch;
    UpsertVerdict verdict = UPSERT_TAKEN;

    *read_back = false;
    if (!cut->table->model->selectdb->unique) {
        if (!add_duplicate(cut, made, change, err))
            return false;
    } else {
        verdict =
            upsert_add(&cut->rows, change, made->header.relations[change->relation].full_identity,
                       change_record_id(made, change));
    }
    if (verdict == UPSERT_NO_KEY)
        return bad_change(cut, made, change, "a change without the key of its row",
                          "copy the table again", err);
    *read_back = verdict == UPSERT_READ_BACK;
    if (!*read_back)
        note(cut, batch, change);
    return true;
}

/* The new row first: should the destination refuse it, the old one is still there. */
void cut_add_read_back(Cut *cut, LaneBatch *batch, const Change *change)
{
    CsvRow row = {.values = change->new_tuple.values,
                  .record_id = change_record_id(batch->batch, change)};

    upsert_append(&cut->rows, row);
    row.values = change->old_tuple.values;
    row.deleted = true;
    upsert_append(&cut->rows, row);
    note(cut, batch, change);
}

/* --- errors --- */

static void add_key(const Cut *cut, const Value *values, char *out, size_t size)
{
    uint32_t count;
    const uint32_t *keys = csv_plan_keys(cut->table->plan, &count);
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < count && used < size; i++) {
        int n = snprintf(out + used, size - used, "%s%s=%.*s", i > 0 ? ", " : "",
                         csv_plan_name(cut->table->plan, keys[i]), STR_ARGS(values[keys[i]].bytes));
        used += n > 0 ? (size_t)n : 0;
    }
}

static bool find_position(const Cut *cut, uint64_t record_id, Position *out)
{
    for (size_t i = 0; i < cut->batch_count; i++) {
        const BatchHeader *header = &cut->batches[i]->batch->header;

        for (uint32_t j = 0; j < header->transaction_count; j++) {
            const Transaction *part = &header->transactions[j];

            *out = (Position){part->commit_lsn, record_id - part->first_record_id + 1};
            if (record_id >= part->first_record_id && out->ordinal <= part->last_ordinal)
                return true;
        }
    }
    return false;
}

bool cut_error_row(const Cut *cut, uint64_t number, Error *err)
{
    const CsvRow *row = &cut->rows.rows[number];
    char key[sizeof err->key], text[POSITION_TEXT_MAX];
    Position position;

    error_object(err, "%s", cut->table->name);
    add_key(cut, row->values, key, sizeof key);
    error_key(err, "%s", key);
    if (find_position(cut, row->record_id, &position))
        error_position(err, "%s", position_format(position, text));
    return false;
}

static bool unfit_row(const Cut *cut, uint32_t number, const CsvUnfit *unfit, Error *err)
{
    error_set(err, ERROR_DATA, "a value of column %s does not fit into %s: %s",
              csv_plan_name(cut->table->plan, unfit->column), unfit->type, unfit->why);
    cut_error_row(cut, number, err);
    return error_hint(err, "change the row or the column's type (objects, columns, type), or have "
                           "such values made NULL: destination.unfit");
}

static bool check_values(Cut *cut, Error *err)
{
    bool unique = cut->table->model->selectdb->unique;
    CsvUnfit unfit;

    for (uint32_t i = 0; i < cut->rows.count; i++) {
        CsvRow *row = &cut->rows.rows[i];

        /* Values are ours to change: they stand in tuples of batches that we hold. */
        if (!csv_row_check(cut->table->plan, (Value *)(uintptr_t)row->values,
                           unique && row->deleted, &unfit))
            return unfit_row(cut, i, &unfit, err);
    }
    return true;
}

/* --- parts --- */

static const char *columns_of(Cut *cut, const uint64_t *unchanged)
{
    CLEANUP(bytes_done) Bytes columns = {0};

    csv_columns(cut->table->plan, unchanged, &columns);
    return arena_strdup(&cut->arena, columns.data);
}

static void make_parts(Cut *cut)
{
    cut->parts = ARENA_ARRAY(&cut->arena, LoadPart, cut->sets.count);
    for (size_t i = 0; i < cut->sets.count; i++) {
        const RowSet *set = &cut->sets.sets[i];

        if (set->rows == 0)
            continue;
        cut->parts[cut->part_count++] = (LoadPart){
            .first_row = set->first_row,
            .rows = set->rows,
            .column_set = (uint32_t)i,
            .columns = columns_of(cut, set->unchanged),
            .partial = set->unchanged != NULL,
        };
    }
}

bool cut_finish(Cut *cut, Error *err)
{
    upsert_finish(&cut->rows, &cut->arena, &cut->sets);
    if (!check_values(cut, err))
        return false;
    make_parts(cut);
    return true;
}

LoadCut cut_load(Cut *cut)
{
    return (LoadCut){
        .table = cut->table->model->selectdb,
        .relation_oid = cut->table->oid,
        .name = cut->table->name,
        .first = cut->first,
        .last = cut->last,
        .parts = cut->parts,
        .part_count = cut->part_count,
        .body = &cut->body,
    };
}
