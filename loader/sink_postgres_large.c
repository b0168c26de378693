/*
 * A large row that goes by itself. As parameters of a statement it would be copied whole into
 * libpq's buffer, whose rest libpq moves to the front after each write to the socket: with hundreds
 * of megabytes that takes minutes. COPY takes it in slices.
 */
#include "loader/sink_postgres.h"

#include "loader/row_name.h"

enum { LARGE_BYTES = 8 * 1024 * 1024, BITS = 64, WORDS = 1664 / BITS + 1 };

/* A set of one row. */
typedef struct Single {
    FoldSet set;
    FoldEntry entry;
    FoldEntry *entries[1];
    uint64_t unchanged[WORDS];
    size_t bytes;
    bool has_text, has_binary;
} Single;

static void note_value(Single *single, const Value *value)
{
    single->bytes += value->bytes.len;
    single->has_text |= value->form == VALUE_TEXT;
    single->has_binary |= value->form == VALUE_BINARY;
}

static bool same(const Value *a, const Value *b)
{
    return a->form == b->form && str_equal(a->bytes, b->bytes);
}

static void note_column(Single *single, const DestTable *table, uint32_t column)
{
    const FoldEntry *entry = &single->entry;
    bool finds = entry->origin && statement_finds(table, column);

    if (finds)
        note_value(single, &entry->origin[column]);
    if (!entry->values)
        return;
    if (entry->values[column].form == VALUE_UNCHANGED)
        single->unchanged[column / BITS] |= UINT64_C(1) << column % BITS;
    else
        note_value(single, &entry->values[column]);
    if (finds && entry->values[column].form != VALUE_UNCHANGED &&
        !same(&entry->origin[column], &entry->values[column]))
        single->set.moves = true;
}

static FoldForm form_of(const Single *single)
{
    return !single->has_text ? FOLD_BINARY : !single->has_binary ? FOLD_TEXT : FOLD_MIXED;
}

static void fill(Single *single, const DestTable *table, Value *origin, Value *values)
{
    single->entry = (FoldEntry){.origin = origin, .values = values};
    single->entries[0] = &single->entry;
    for (uint32_t i = 0; i < table->column_count; i++)
        note_column(single, table, i);
    single->set.verb = !origin ? FOLD_INSERT : !values ? FOLD_DELETE : FOLD_UPDATE;
    single->set.form = form_of(single);
    single->set.unchanged = single->unchanged;
    single->set.entries = single->entries;
    single->set.count = 1;
}

/* Too small a row costs more this way than it gains. */
static bool is_large(const DestTable *table, const Value *origin, const Value *values)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < table->column_count; i++) {
        bytes += origin && statement_finds(table, i) ? origin[i].bytes.len : 0;
        bytes += values ? values[i].bytes.len : 0;
    }
    return bytes >= LARGE_BYTES;
}

static bool name_row(const DestTable *table, const FoldEntry *entry, Position position, Error *err)
{
    char text[256];

    if (table->key_count > 0)
        error_key(
            err, "%s",
            row_name(table, entry->origin ? entry->origin : entry->values, text, sizeof text));
    return error_position(err, "%s", position_format(position, text));
}

bool sink_postgres_apply_large(SinkPostgres *sink, DestTable *table, Value *origin, Value *values,
                               Position position, bool *done, Error *err)
{
    Single single = {0};

    *done = false;
    if (!is_large(table, origin, values))
        return true;
    fill(&single, table, origin, values);
    if (!sink_postgres_can_be_set(table, &single.set))
        return true;
    *done = true;
    return sink_postgres_apply_set(sink, table, &single.set, err) ||
           name_row(table, &single.entry, position, err);
}
