/* Reservoirs: which change goes where, and when they are cut. */
#include "loader/sink_selectdb.h"

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/mem.h"

#include <stdlib.h>

static bool no_model(const Relation *relation, Error *err)
{
    error_set(err, ERROR_CONFIG, "a change of a table that the task did not plan for");
    error_object(err, "%.*s.%.*s", STR_ARGS(relation->schema), STR_ARGS(relation->table));
    return error_hint(err, "a table that is made while the task runs is not copied yet: leave it "
                           "out, or start the task anew");
}

static void note_position(SinkSelectdb *sink, Reservoir *table)
{
    Position stored = loads_position(sink->loads, table->oid);

    if (position_compare(table->durable, stored) < 0)
        table->durable = stored;
    table->taken = table->durable;
    table->has_open = loads_open_cut(sink->loads, table->oid, &table->open) &&
                      position_compare(table->open.last, table->durable) > 0;
}

static bool add_table(SinkSelectdb *sink, const Relation *relation, Reservoir **out, Error *err)
{
    const Walferry__Model__ModelTable *model = model_index_find(&sink->index, relation->oid);

    if (!model || !model->selectdb)
        return no_model(relation, err);
    Reservoir *table = ARENA_NEW(&sink->arena, Reservoir);
    table->oid = table->table.oid = relation->oid;
    table->table.model = model;
    table->table.name = arena_printf(&sink->arena, "%s.%s", model->schema, model->name);
    table->end = &table->first;
    if (!csv_plan_open(&table->table.plan, relation, model->selectdb, err))
        return false;
    note_position(sink, table);
    HASH_ADD(hh, sink->tables, oid, sizeof table->oid, table);
    *out = table;
    return true;
}

static bool other_columns(const Reservoir *table, Error *err)
{
    error_set(err, ERROR_CONFIG, "the table's columns are not what they were");
    error_object(err, "%s", table->table.name);
    return error_hint(err, "changes of tables are not carried over to SelectDB yet: change the "
                           "table there too, release the task and start it anew");
}

bool selectdb_table_for(SinkSelectdb *sink, const Relation *relation, Reservoir **out, Error *err)
{
    Reservoir *table;

    HASH_FIND(hh, sink->tables, &relation->oid, sizeof relation->oid, table);
    if (!table)
        return add_table(sink, relation, out, err);
    if (!csv_plan_fits(table->table.plan, relation))
        return other_columns(table, err);
    *out = table;
    return true;
}

static void forget_waiting(SinkSelectdb *sink, Reservoir *table)
{
    Item **at = &table->first;

    while (*at) {
        Item *item = *at;

        if (item->state == ITEM_WAITING) {
            *at = item->next;
            selectdb_item_free(sink, item);
        } else {
            table->taken = item->cut->last;
            at = &item->next;
        }
    }
    table->end = at;
}

void selectdb_tables_restart(SinkSelectdb *sink)
{
    for (Reservoir *table = sink->tables; table; table = table->hh.next) {
        cut_close(&table->filling, &sink->window);
        note_position(sink, table);
        forget_waiting(sink, table);
    }
}

void selectdb_tables_free(SinkSelectdb *sink)
{
    Reservoir *table, *following;

    HASH_ITER(hh, sink->tables, table, following)
    {
        HASH_DEL(sink->tables, table);
        cut_close(&table->filling, &sink->window);
        while (table->first) {
            Item *item = table->first;
            table->first = item->next;
            selectdb_item_free(sink, item);
        }
        csv_plan_close(&table->table.plan);
    }
}

/* --- cutting --- */

static void queue(Reservoir *table, Item item)
{
    Item *copy = MEM_NEW(Item);

    *copy = item;
    *table->end = copy;
    table->end = &copy->next;
}

bool selectdb_seal(SinkSelectdb *sink, Reservoir *table, Error *err)
{
    Cut *cut = table->filling;

    if (!cut)
        return true;
    if (FAILPOINT("selectdb.cut"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    table->filling = NULL;
    table->has_open = false;
    sink->cuts++;
    queue(table, (Item){.kind = ITEM_ROWS, .cut = cut});
    return cut_finish(cut, err);
}

bool selectdb_seal_all(SinkSelectdb *sink, Error *err)
{
    for (Reservoir *table = sink->tables; table; table = table->hh.next) {
        if (!table->has_open && !selectdb_seal(sink, table, err))
            return false;
    }
    return true;
}

/* --- changes --- */

/* A change that is under way: its batch is not durable before it is. */
static void hold_for_what_is_under_way(Reservoir *table, LaneBatch *batch, Position at)
{
    for (Item *item = table->first; item; item = item->next) {
        if (position_compare(at, item->cut->last) > 0)
            continue;
        cut_hold(item->cut, batch);
        return;
    }
}

static bool not_the_open_one(const Reservoir *table, Position at, Error *err)
{
    char text[POSITION_TEXT_MAX], open[POSITION_TEXT_MAX];

    error_set(err, ERROR_DATA, "an open load begins with the change at %s, the stream with %s",
              position_format(table->open.first, open), position_format(at, text));
    error_object(err, "%s", table->table.name);
    error_position(err, "%s", open);
    return error_hint(err, "whether its rows are at the destination cannot be told: copy the table "
                           "again");
}

static Cut *filling_for(Reservoir *table)
{
    if (!table->filling) {
        table->filling = cut_open(&table->table);
        table->filling->level.since_ms = clock_ms();
    }
    return table->filling;
}

/* A row to be read back stands alone: all before it must be at the destination. */
static bool queue_read_back(SinkSelectdb *sink, Reservoir *table, LaneBatch *batch,
                            const Change *change, Error *err)
{
    if (table->filling && table->filling->level.changes > 0 && !selectdb_seal(sink, table, err))
        return false;
    Cut *cut = filling_for(table);
    table->filling = NULL;
    cut_add_read_back(cut, batch, change);
    queue(table, (Item){.kind = ITEM_READ_BACK, .cut = cut, .batch = batch, .change = change});
    table->has_open = false;
    sink->read_backs++;
    return true;
}

static void measure(Cut *cut, const LaneBatch *batch, size_t bytes)
{
    uint32_t changes = batch->batch->header.change_count;

    cut->level.bytes += bytes;
    cut->level.memory += batch->bytes / (changes ? changes : 1);
}

static size_t bytes_of(const Tuple *tuple)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < tuple->count; i++)
        bytes += tuple->values[i].bytes.len;
    return bytes;
}

static bool fill_reservoir(SinkSelectdb *sink, Reservoir *table, LaneBatch *batch,
                           const Change *change, Position at, Error *err)
{
    Cut *cut = filling_for(table);
    bool read_back;

    if (table->has_open && cut->level.changes == 0 && position_compare(at, table->open.first) != 0)
        return not_the_open_one(table, at, err);
    if (!cut_add(cut, batch, change, &read_back, err))
        return false;
    if (read_back)
        return queue_read_back(sink, table, batch, change, err);
    measure(cut, batch, bytes_of(&change->new_tuple) + bytes_of(&change->old_tuple));
    bool whole = table->has_open ? position_compare(at, table->open.last) >= 0
                                 : reservoir_is_full(&cut->level, &sink->limits);
    return !whole || selectdb_seal(sink, table, err);
}

static bool add_truncate(SinkSelectdb *sink, Reservoir *table, LaneBatch *batch, Position at,
                         Error *err)
{
    if (!selectdb_seal(sink, table, err))
        return false;
    Cut *cut = cut_open(&table->table);
    cut->first = cut->last = at;
    cut_hold(cut, batch);
    queue(table, (Item){.kind = ITEM_TRUNCATE, .cut = cut});
    sink->truncates++;
    return true;
}

static bool add_to(SinkSelectdb *sink, const Relation *relation, LaneBatch *batch,
                   const Change *change, Error *err)
{
    Position at = change_position(batch->batch, change);
    Reservoir *table;

    if (!selectdb_table_for(sink, relation, &table, err))
        return false;
    if (position_compare(at, table->taken) <= 0) {
        if (position_compare(at, table->durable) > 0)
            hold_for_what_is_under_way(table, batch, at);
        return true;
    }
    sink->changes_applied++;
    if (change->kind == CHANGE_TRUNCATE)
        return add_truncate(sink, table, batch, at, err);
    return fill_reservoir(sink, table, batch, change, at, err);
}

bool selectdb_add(SinkSelectdb *sink, LaneBatch *batch, const Change *change, Error *err)
{
    const Relation *relations = batch->batch->header.relations;

    if (change->kind != CHANGE_TRUNCATE)
        return add_to(sink, &relations[change->relation], batch, change, err);
    for (uint32_t i = 0; i < change->truncated_count; i++) {
        if (!add_to(sink, &relations[change->truncated[i]], batch, change, err))
            return false;
    }
    return true;
}
