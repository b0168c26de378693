/* A set of rows by one statement: COPY into the table, or into a temporary one that is joined. */
#include "loader/sink_postgres.h"

#include "common/sql_text.h"
#include "loader/copy_format.h"

#include <inttypes.h>

enum { TABLE_COLUMNS_MAX = 1600 }; /* PostgreSQL's MaxHeapAttributeNumber */

/*
 * Below so many rows, single statements in a pipeline are faster; but libpq keeps the memory that a
 * large row took there, and COPY sends it in slices.
 */
enum {
    SET_ROWS = 50,
    HEAVY_BYTES = 256 * 1024,
    SLICE_BYTES = 64 * 1024,
    KEPT_BYTES = 4 * 1024 * 1024
};

static bool is_heavy(const DestTable *table, const FoldSet *set)
{
    size_t bytes = 0;

    for (size_t row = 0; row < set->count && set->verb != FOLD_DELETE; row++) {
        for (uint32_t i = 0; i < table->column_count; i++)
            bytes += set->entries[row]->values[i].bytes.len;
    }
    return bytes > HEAVY_BYTES;
}

static bool has_temporary(const DestTable *table)
{
    uint32_t finding = table->by_all_columns ? table->column_count : table->key_count;

    return table->column_count + finding <= TABLE_COLUMNS_MAX;
}

bool sink_postgres_can_be_set(const DestTable *table, const FoldSet *set)
{
    if (set->form == FOLD_MIXED || (set->verb != FOLD_INSERT && !has_temporary(table)))
        return false;
    return set->verb != FOLD_UPDATE || statement_can_update_sets(table, set->unchanged, set->moves);
}

bool sink_postgres_is_for_set(const DestTable *table, const FoldSet *set)
{
    return (set->count >= SET_ROWS || is_heavy(table, set)) && sink_postgres_can_be_set(table, set);
}

/* The columns of a row as it is sent: those of its origin, then those of its values. */
typedef struct Layout {
    uint32_t columns[2 * 1664];
    uint32_t origin_count, count;
    bool binary;
} Layout;

static void lay_out(Layout *layout, const DestTable *table, const FoldSet *set)
{
    layout->count = 0;
    layout->binary = set->form == FOLD_BINARY;
    for (uint32_t i = 0; set->verb != FOLD_INSERT && i < table->column_count; i++) {
        if (statement_finds(table, i))
            layout->columns[layout->count++] = i;
    }
    layout->origin_count = layout->count;
    for (uint32_t i = 0; set->verb != FOLD_DELETE && i < table->column_count; i++) {
        if (set->verb == FOLD_INSERT || statement_sets(table, set->unchanged, set->moves, i))
            layout->columns[layout->count++] = i;
    }
}

/* The binary form of one type is not that of another, and need not be refused. */
static bool check_types(const DestTable *table, const Layout *layout, Error *err)
{
    for (uint32_t i = 0; layout->binary && i < layout->count; i++) {
        const DestColumn *column = &table->columns[layout->columns[i]];

        if (!column->other_type)
            continue;
        error_set(err, ERROR_CONFIG, "column %s has another type than at the source", column->name);
        return error_object(err, "%s", table->object);
    }
    return true;
}

/* A large value leaves in slices from where it lies, or it would be in memory twice. */
static bool send_value(SinkPostgres *sink, bool binary, const Value *value, Error *err)
{
    Str rest = value->bytes;

    if (rest.len <= SLICE_BYTES) {
        copy_format_value(&sink->copy, binary, value);
        return true;
    }
    copy_format_value_start(&sink->copy, binary, rest.len);
    while (rest.len > 0) {
        Str slice = {rest.data, rest.len < SLICE_BYTES ? rest.len : SLICE_BYTES};

        copy_format_slice(&sink->copy, binary, slice);
        if (!sink_postgres_copy_send(sink, err))
            return false;
        rest = (Str){rest.data + slice.len, rest.len - slice.len};
    }
    copy_format_value_end(&sink->copy, binary);
    return true;
}

static bool send_row(SinkPostgres *sink, const FoldEntry *entry, const Layout *layout, Error *err)
{
    bool binary = layout->binary;

    copy_format_row(&sink->copy, binary, layout->count);
    for (uint32_t i = 0; i < layout->count; i++) {
        const Value *tuple = i < layout->origin_count ? entry->origin : entry->values;

        if (!send_value(sink, binary, &tuple[layout->columns[i]], err))
            return false;
    }
    copy_format_row_end(&sink->copy, binary);
    return sink_postgres_copy_send(sink, err);
}

static bool send_rows(SinkPostgres *sink, const FoldSet *set, const Layout *layout, Error *err)
{
    copy_format_begin(&sink->copy, layout->binary);
    for (size_t row = 0; row < set->count; row++) {
        if (!send_row(sink, set->entries[row], layout, err))
            return false;
    }
    copy_format_end(&sink->copy, layout->binary);
    return true;
}

static bool copy_rows(SinkPostgres *sink, const char *sql, const FoldSet *set, const Layout *layout,
                      Error *err)
{
    uint64_t count = 0;

    if (!sink_postgres_copy_begin(sink, sql, err) || !send_rows(sink, set, layout, err) ||
        !sink_postgres_copy_end(sink, &count, err))
        return false;
    if (sink->copy.capacity > KEPT_BYTES)
        bytes_done(&sink->copy);
    return count == set->count ||
           error_set(err, ERROR_DATA, "the server took %" PRIu64 " of %zu rows", count, set->count);
}

/* There and empty: it is emptied by each commit, so only a second use needs a TRUNCATE. */
static bool prepare_temporary(SinkPostgres *sink, DestTable *table, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (table->temporary_made_in == 0) {
        statement_temporary(&sql, table);
        table->temporary_made_in = sink->transaction;
        sink->temporaries++;
    } else if (table->temporary_used_in == sink->transaction) {
        statement_empty_temporary(&sql, table);
    }
    table->temporary_used_in = sink->transaction;
    return sql.len == 0 || pg_exec(sink->pg, sql_text(&sql), NULL, err);
}

/* Every row is hit, and none twice. */
static bool join(SinkPostgres *sink, const DestTable *table, const FoldSet *set, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    uint64_t count = 0;

    if (set->verb == FOLD_INSERT)
        statement_upsert_set(&sql, table);
    else if (set->verb == FOLD_DELETE)
        statement_delete_set(&sql, table);
    else
        statement_update_set(&sql, table, set->unchanged, set->moves);
    if (!sink_postgres_exec(sink, sql_text(&sql), &count, err))
        return false;
    if (count == set->count)
        return true;
    error_set(err, ERROR_DATA, "drift: %" PRIu64 " of %zu rows are at the destination", count,
              set->count);
    return error_hint(
        err, "somebody else has changed the destination; compare, then copy the table anew");
}

static bool apply(SinkPostgres *sink, DestTable *table, const FoldSet *set, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    Layout layout;

    lay_out(&layout, table, set);
    if (!check_types(table, &layout, err))
        return false;
    if (set->verb == FOLD_INSERT && !table->overwrites) {
        statement_copy(&sql, table, layout.binary);
        return copy_rows(sink, sql_text(&sql), set, &layout, err);
    }
    if (set->verb == FOLD_INSERT)
        statement_copy_values(&sql, table, layout.binary);
    else
        statement_copy_temporary(&sql, table, set->unchanged, set->moves, set->verb == FOLD_UPDATE,
                                 layout.binary);
    return prepare_temporary(sink, table, err) &&
           copy_rows(sink, sql_text(&sql), set, &layout, err) && join(sink, table, set, err);
}

bool sink_postgres_apply_set(SinkPostgres *sink, DestTable *table, const FoldSet *set, Error *err)
{
    if (!pipeline_finish(sink, err))
        return false;
    return apply(sink, table, set, err) || error_object(err, "%s", table->object);
}
