/* The few statements of the stream: TRUNCATE, and a row that is read back. */
#include "loader/sink_selectdb.h"

static void add_name(Bytes *sql, const char *name)
{
    bytes_add_u8(sql, '`');
    for (; *name; name++) {
        if (*name == '`')
            bytes_add_u8(sql, '`');
        bytes_add_u8(sql, (uint8_t)*name);
    }
    bytes_add_u8(sql, '`');
}

/* Backslashes mean something there, and quotes may be doubled. */
static void add_literal(Bytes *sql, Str text)
{
    bytes_add_u8(sql, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\')
            bytes_add_u8(sql, '\\');
        bytes_add_u8(sql, (uint8_t)text.data[i]);
    }
    bytes_add_u8(sql, '\'');
}

static SelectdbCall *run(SinkSelectdb *sink, const Reservoir *table, Bytes *sql)
{
    bytes_add_u8(sql, 0);
    return selectdb_sql(sink->db, table->table.model->selectdb->database, sql->data);
}

SelectdbCall *selectdb_truncate(SinkSelectdb *sink, const Reservoir *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    bytes_add_str(&sql, str_of("TRUNCATE TABLE "));
    add_name(&sql, table->table.model->selectdb->table);
    return run(sink, table, &sql);
}

static void add_key(const Reservoir *table, const Value *key, Bytes *sql)
{
    uint32_t count;
    const uint32_t *keys = csv_plan_keys(table->table.plan, &count);

    for (uint32_t i = 0; i < count; i++) {
        CLEANUP(bytes_done) Bytes text = {0};
        bytes_add_str(sql, str_of(i > 0 ? " AND " : " WHERE "));
        add_name(sql, csv_plan_name(table->table.plan, keys[i]));
        bytes_add_str(sql, str_of(" = "));
        csv_value_text(table->table.plan, keys[i], &key[keys[i]], &text);
        add_literal(sql, bytes_str(&text));
    }
}

SelectdbCall *selectdb_read_row(SinkSelectdb *sink, const Reservoir *table, const Change *change)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    bool first = true;

    bytes_add_str(&sql, str_of("SELECT "));
    for (uint32_t i = 0; i < change->new_tuple.count; i++) {
        if (change->new_tuple.values[i].form != VALUE_UNCHANGED)
            continue;
        if (!first)
            bytes_add_u8(&sql, ',');
        add_name(&sql, csv_plan_name(table->table.plan, i));
        first = false;
    }
    bytes_add_str(&sql, str_of(" FROM "));
    add_name(&sql, table->table.model->selectdb->table);
    add_key(table, change->old_tuple.values, &sql);
    return run(sink, table, &sql);
}

static bool not_there(const Item *item, Error *err)
{
    error_set(err, ERROR_DATA, "a row that changes its key is not at the destination");
    cut_error_row(item->cut, item->cut->rows.count - 1, err);
    return error_hint(err, "somebody else has changed the table there: copy it again");
}

bool selectdb_fill_row(const Reservoir *table, Item *item, Error *err)
{
    const SelectdbRows *rows = selectdb_rows(item->call);
    Tuple *tuple = (Tuple *)(uintptr_t)&item->change->new_tuple;

    if (rows->row_count != 1)
        return not_there(item, err);
    for (uint32_t i = 0; i < tuple->count; i++) {
        Value *value = &tuple->values[i];

        if (value->form != VALUE_UNCHANGED)
            continue;
        SelectdbValue read = selectdb_value(rows, 0, csv_plan_name(table->table.plan, i));
        *value = (Value){.form = read.null ? VALUE_NULL : VALUE_TEXT};
        if (!read.null)
            value->bytes = arena_copy(&item->cut->arena, read.text);
    }
    return true;
}
