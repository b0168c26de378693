/* What a table has given up, worked off in order. */
#include "loader/sink_selectdb.h"

#include "common/failpoint.h"

#include <stdlib.h>

void selectdb_item_free(SinkSelectdb *sink, Item *item)
{
    selectdb_free(&item->call);
    load_end(&item->load);
    cut_close(&item->cut, &sink->window);
    free(item);
}

static bool start_load(SinkSelectdb *sink, Item *item, Error *err)
{
    LoadCut cut = cut_load(item->cut);

    if (FAILPOINT("selectdb.before_load"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (!loads_start(sink->loads, &cut, &item->load, err))
        return false;
    item->state = ITEM_LOADING;
    return true;
}

static bool begin(SinkSelectdb *sink, Item *item, bool *moved, Error *err)
{
    if (sink->under_way >= LOADS_MAX)
        return true;
    sink->under_way++;
    *moved = true;
    if (item->kind == ITEM_ROWS)
        return start_load(sink, item, err);
    item->state = ITEM_VISIBLE;
    return true;
}

static bool begin_sql(SinkSelectdb *sink, const Reservoir *table, Item *item, bool *moved,
                      Error *err)
{
    if (!loads_visible(sink->loads, table->oid))
        return true;
    if (FAILPOINT("selectdb.before_sql"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    item->call = item->kind == ITEM_TRUNCATE ? selectdb_truncate(sink, table)
                                             : selectdb_read_row(sink, table, item->change);
    item->state = ITEM_SQL;
    *moved = true;
    return true;
}

static bool end_sql(SinkSelectdb *sink, const Reservoir *table, Item *item, bool *moved, Error *err)
{
    if (!selectdb_ended(item->call))
        return true;
    if (!selectdb_result(item->call, err))
        return error_object(err, "%s", table->table.name);
    if (item->kind == ITEM_READ_BACK &&
        (!selectdb_fill_row(table, item, err) || !cut_finish(item->cut, err)))
        return false;
    selectdb_free(&item->call);
    if (FAILPOINT("selectdb.after_sql"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    *moved = true;
    return start_load(sink, item, err);
}

static bool refused(const Item *item, const LoadVerdict *verdict, Error *err)
{
    error_set(err, ERROR_DATA, "SelectDB refuses a row: %s", verdict->reason);
    cut_error_row(item->cut, verdict->row, err);
    return error_hint(err, "change the row at the source or the column's type (objects, columns, "
                           "type), then start the task anew");
}

static bool end_load(SinkSelectdb *sink, Reservoir *table, Item *item, bool *moved, Error *err)
{
    LoadVerdict verdict = load_verdict(item->load);

    if (verdict.state == LOAD_UNDER_WAY)
        return true;
    if (verdict.state == LOAD_REFUSED)
        return refused(item, &verdict, err);
    if (FAILPOINT("selectdb.after_load"))
        return error_set(err, ERROR_TRANSIENT, "failpoint");
    if (item->kind == ITEM_ROWS)
        reservoir_loaded(&table->age, &sink->limits, verdict.versions > 0);
    table->durable = item->cut->last;
    if (position_compare(table->taken, table->durable) < 0)
        table->taken = table->durable;
    table->first = item->next;
    if (!table->first)
        table->end = &table->first;
    sink->under_way--;
    *moved = true;
    selectdb_item_free(sink, item);
    return true;
}

static bool step_item(SinkSelectdb *sink, Reservoir *table, Item *item, bool *moved, Error *err)
{
    switch (item->state) {
    case ITEM_WAITING:
        return begin(sink, item, moved, err);
    case ITEM_VISIBLE:
        return begin_sql(sink, table, item, moved, err);
    case ITEM_SQL:
        return end_sql(sink, table, item, moved, err);
    case ITEM_LOADING:
        return end_load(sink, table, item, moved, err);
    }
    return true;
}

bool selectdb_items_step(SinkSelectdb *sink, Reservoir *table, Error *err)
{
    bool moved = true;

    while (moved && table->first) {
        moved = false;
        if (!step_item(sink, table, table->first, &moved, err))
            return false;
    }
    return true;
}
