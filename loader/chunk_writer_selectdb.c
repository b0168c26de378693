#include "loader/chunk_writer.h"

#include "common/failpoint.h"
#include "common/mem.h"
#include "loader/chunk_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A chunk goes into SelectDB in pieces of so many bytes, each a load of its own; the last of them
 * finishes the chunk in the supervisor's store. While a piece is loaded no batch is taken. Where a
 * predecessor has loaded some of the chunk the pieces are cut as it cut them.
 */
typedef enum State { GATHERING, LOADING, DONE } State;

typedef struct Writer {
    ChunkWriter base;
    const ChunkTarget *target;
    const Walferry__Model__ModelTable *table;
    CsvPlan *plan;
    ChunkRows *rows;
    Bytes columns; /* the header */
    char name[256];
    State state;
    Error err; /* of the start, said at the next step */
    bool found_done;

    uint32_t chunk;
    uint64_t attempt;
    size_t at;            /* of the front batch, how far it is taken */
    uint64_t piece_first; /* row */
    uint64_t piece_rows;  /* 0: by bytes */
    bool all_taken;
    uint64_t total_rows, total_bytes;
    LoadPart part;
    Load *load;
} Writer;

static void end_chunk(Writer *writer)
{
    load_end(&writer->load);
    chunk_rows_close(&writer->rows);
    csv_plan_close(&writer->plan);
}

static void free_writer(ChunkWriter *base)
{
    Writer *writer = (Writer *)base;

    end_chunk(writer);
    bytes_done(&writer->columns);
    free(writer);
}

/* ---- the start of a chunk ---- */

static const Walferry__Model__ModelTable *find_table(const Walferry__Model__Model *model,
                                                     uint32_t oid)
{
    for (size_t i = 0; model && i < model->n_tables; i++) {
        if (model->tables[i]->oid == oid && model->tables[i]->selectdb)
            return model->tables[i];
    }
    return NULL;
}

static void begin_piece(Writer *writer)
{
    writer->piece_rows = loads_recorded_rows(writer->target->loads, writer->table->oid,
                                             writer->chunk, writer->piece_first);
    chunk_rows_start(writer->rows, writer->piece_first);
    writer->state = GATHERING;
}

static bool open_chunk(Writer *writer, const BatchHeader *header, Error *err)
{
    const Relation *relation = &header->relations[0];
    bool unique;

    writer->table = find_table(writer->target->model, relation->oid);
    if (!writer->table || header->copy.binary)
        return error_set(err, ERROR_PROTOCOL,
                         "copied rows of a table that is not in the model, or in binary");
    unique = writer->table->selectdb->unique;
    snprintf(writer->name, sizeof writer->name, "%s.%s", writer->table->schema,
             writer->table->name);
    if (!csv_plan_open(&writer->plan, relation, writer->table->selectdb, err))
        return false;
    csv_columns(writer->plan, NULL, &writer->columns);
    writer->rows = chunk_rows_open(writer->plan, unique ? writer->target->first_record_id : 0);
    begin_piece(writer);
    return true;
}

static void start(ChunkWriter *base, const BatchHeader *header)
{
    Writer *writer = (Writer *)base;

    end_chunk(writer);
    writer->err = (Error){0};
    writer->chunk = header->copy.chunk;
    writer->attempt = header->copy.attempt;
    writer->at = 0;
    writer->piece_first = writer->total_rows = writer->total_bytes = 0;
    writer->all_taken = writer->found_done = false;
    writer->state = GATHERING;
    (void)FAILPOINT("chunk.http_begin");
    if (!open_chunk(writer, header, &writer->err))
        chunk_rows_close(&writer->rows);
}

/* ---- rows that are refused ---- */

static void name_key(const Writer *writer, const Value *values, char *out, size_t size)
{
    uint32_t count;
    const uint32_t *keys = csv_plan_keys(writer->plan, &count);
    const Walferry__Model__SelectdbTable *table = writer->table->selectdb;

    out[0] = '\0';
    for (uint32_t i = 0; values && i < count; i++) {
        size_t used = strlen(out);

        snprintf(out + used, size - used, "%s%s=%.*s", i ? ", " : "", table->columns[i]->name,
                 STR_ARGS(values[keys[i]].bytes));
    }
}

static bool refused(Writer *writer, uint64_t row, Error *err)
{
    char key[sizeof err->key];

    name_key(writer, chunk_rows_values(writer->rows, row), key, sizeof key);
    error_wrap(err, "row %" PRIu64 " of chunk %" PRIu32 " of the copy", row + 1, writer->chunk);
    error_object(err, "%s", writer->name);
    if (key[0])
        error_key(err, "%s", key);
    return error_position(err, "chunk %" PRIu32 " of the copy", writer->chunk);
}

static const char *column_name(const Writer *writer, const CsvUnfit *unfit)
{
    uint32_t at = 0;

    for (size_t i = 0; i < writer->table->n_columns; i++) {
        const Walferry__Model__ModelColumn *column = writer->table->columns[i];

        if (!column->skip && !column->generated && at++ == unfit->column)
            return column->name;
    }
    return "?";
}

static bool unfit_row(Writer *writer, const CsvUnfit *unfit, Error *err)
{
    if (err->kind == ERROR_DATA) {
        error_wrap(err, "column %s", column_name(writer, unfit));
        error_hint(err, "mend the row at the source, give the column another type, or see "
                        "destination.unfit");
    }
    return refused(writer, writer->piece_first + chunk_rows_count(writer->rows) - 1, err);
}

/* ---- gathering and loading ---- */

static bool piece_is_full(const Writer *writer)
{
    return writer->piece_rows ? chunk_rows_count(writer->rows) == writer->piece_rows
                              : chunk_rows_bytes(writer->rows) >= writer->target->piece_bytes;
}

static bool gather(Writer *writer, ChunkOrder *order, const ChunkPart *part, Error *err)
{
    CsvUnfit unfit = {0};
    uint64_t most =
        writer->piece_rows ? writer->piece_rows - chunk_rows_count(writer->rows) : UINT64_MAX;

    (void)FAILPOINT("chunk.http_data");
    if (!chunk_rows_add(writer->rows, part->body, &writer->at, most, &unfit, err))
        return unfit_row(writer, &unfit, err);
    if (writer->at == part->body->len) {
        writer->at = 0;
        writer->all_taken = part->last;
        chunk_order_pop(order);
    }
    return true;
}

static bool load_piece(Writer *writer, Error *err)
{
    uint64_t rows = chunk_rows_count(writer->rows);

    writer->part =
        (LoadPart){.first_row = writer->piece_first, .rows = rows, .columns = writer->columns.data};
    writer->total_rows += rows;
    writer->total_bytes += chunk_rows_bytes(writer->rows);
    const LoadCut cut = {.table = writer->table->selectdb,
                         .relation_oid = writer->table->oid,
                         .name = writer->name,
                         .copy = true,
                         .chunk = writer->chunk,
                         .attempt = writer->attempt,
                         .more = !writer->all_taken,
                         .copied_rows = writer->total_rows,
                         .copied_bytes = writer->total_bytes,
                         .parts = &writer->part,
                         .part_count = rows > 0,
                         .body = chunk_rows_body(writer->rows)};
    writer->state = LOADING;
    return loads_start(writer->target->loads, &cut, &writer->load, err);
}

static void piece_is_loaded(Writer *writer)
{
    load_end(&writer->load);
    writer->piece_first += writer->part.rows;
    if (writer->all_taken) {
        writer->state = DONE;
        chunk_rows_start(writer->rows, 0);
    } else {
        begin_piece(writer);
    }
}

static bool refused_row(Writer *writer, const LoadVerdict *verdict, Error *err)
{
    error_set(err, ERROR_DATA, "the destination refuses the row: %s", verdict->reason);
    return refused(writer, verdict->row, err);
}

static bool follow_load(Writer *writer, Error *err)
{
    LoadVerdict verdict = load_verdict(writer->load);

    switch (verdict.state) {
    case LOAD_UNDER_WAY:
        return true;
    case LOAD_REFUSED:
        return refused_row(writer, &verdict, err);
    case LOAD_CHUNK_DONE:
        writer->found_done = writer->all_taken = true;
        break;
    case LOAD_DONE:
        break;
    }
    piece_is_loaded(writer);
    return true;
}

static bool step(ChunkWriter *base, ChunkOrder *order, int64_t generation, Error *err)
{
    Writer *writer = (Writer *)base;
    const ChunkPart *part = chunk_order_front(order);

    (void)generation; /* the grants bear it */
    if (writer->err.kind != ERROR_NONE) {
        *err = writer->err;
        return false;
    }
    if (writer->state == LOADING && !follow_load(writer, err))
        return false;
    if (writer->state != GATHERING || !loads_settled(writer->target->loads))
        return true;
    if (!writer->all_taken && !piece_is_full(writer)) {
        if (!part)
            return true;
        if (!gather(writer, order, part, err))
            return false;
    }
    return !(writer->all_taken || piece_is_full(writer)) || load_piece(writer, err);
}

static ChunkWritten written(const ChunkWriter *base)
{
    const Writer *writer = (const Writer *)base;

    return (ChunkWritten){.done = writer->state == DONE,
                          .found_done = writer->found_done,
                          .rows = writer->total_rows,
                          .bytes = writer->total_bytes};
}

/* The sink waits for all loads' sockets. */
static bool wait_item(const ChunkWriter *base, const ChunkOrder *order, WaitItem *item)
{
    (void)base;
    (void)order;
    (void)item;
    return false;
}

static int pid(const ChunkWriter *base)
{
    (void)base;
    return 0;
}

ChunkWriter *chunk_writer_selectdb(const ChunkTarget *target)
{
    static const ChunkWriterVerbs VERBS = {free_writer, start, step, written, wait_item, pid};
    Writer *writer = MEM_NEW(Writer);

    writer->base.verbs = &VERBS;
    writer->target = target;
    return &writer->base;
}
