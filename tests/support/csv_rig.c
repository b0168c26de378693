/*
 * csv_rig - batches from a file to Stream Load's CSV, on one core and without a destination: what
 * decoding, checking and encoding cost (bench/selectdb.py).
 *
 *     csv-rig BATCHES [CSV]     the rows of its INSERTs; written to the file CSV, if it is named
 *
 * Prints "rows N bytes N decode S check S encode S": bytes of CSV, seconds of CPU time of each.
 */
#include "common/codec.h"
#include "common/mem.h"
#include "loader/csv_row.h"
#include "tests/support/batch_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

typedef Walferry__Model__SelectdbColumn ModelColumn;
typedef Walferry__Model__SelectdbTable ModelTable;

enum { OUT_BYTES = 64 * 1024 }; /* what libcurl asks for at once */

typedef struct Rig {
    Arena arena; /* for the life of the process */
    ModelTable table;
    CsvPlan *plan;
    FILE *csv;
    uint64_t rows, bytes;
    double decode, check, encode;
} Rig;

static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(bool ok, const Error *err)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(EXIT_FAILURE);
}

/* As the task would make it of the types that the workloads have; what is not listed is text. */
static const char *type_of(uint32_t type_oid)
{
    static const struct {
        uint32_t oid;
        const char *type;
    } TYPES[] = {
        {16, "BOOLEAN"},        {20, "BIGINT"},   {21, "SMALLINT"},        {23, "INT"},
        {701, "DOUBLE"},        {1082, "DATEV2"}, {1114, "DATETIMEV2(6)"}, {1184, "DATETIMEV2(6)"},
        {1700, "DECIMAL(38,9)"}};

    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (TYPES[i].oid == type_oid)
            return TYPES[i].type;
    }
    return "STRING";
}

static void make_plan(Rig *rig, const Relation *relation)
{
    ModelTable *table = &rig->table;
    Error err = {0};

    walferry__model__selectdb_table__init(table);
    table->database = table->table = arena_strdup(&rig->arena, "t");
    table->unique = true;
    table->columns = ARENA_ARRAY(&rig->arena, ModelColumn *, relation->column_count);
    for (uint32_t i = 0; i < relation->column_count; i++) {
        const Column *source = &relation->columns[i];
        ModelColumn *column = ARENA_NEW(&rig->arena, ModelColumn);

        walferry__model__selectdb_column__init(column);
        column->attnum = source->attnum;
        column->name = arena_printf(&rig->arena, "%.*s", STR_ARGS(source->name));
        column->type = arena_strdup(&rig->arena, type_of(source->type_oid));
        column->key = source->key;
        table->columns[table->n_columns++] = column;
    }
    must(csv_plan_open(&rig->plan, relation, table, &err), &err);
}

static void check_rows(const Rig *rig, const BatchHeader *header, Change *changes)
{
    CsvUnfit unfit;

    for (uint32_t i = 0; i < header->change_count; i++) {
        if (changes[i].kind != CHANGE_INSERT ||
            csv_row_check(rig->plan, changes[i].new_tuple.values, false, &unfit))
            continue;
        fprintf(stderr, "column %u: %s\n", unfit.column, unfit.why);
        exit(EXIT_FAILURE);
    }
}

static void flush(Rig *rig, const char *out, size_t len)
{
    rig->bytes += len;
    if (rig->csv && fwrite(out, 1, len, rig->csv) != len)
        exit(EXIT_FAILURE);
}

static void encode_rows(Rig *rig, const BatchHeader *header, const Change *changes, Bytes *buffer)
{
    bytes_clear(buffer);
    for (uint32_t i = 0; i < header->change_count; i++) {
        const Change *change = &changes[i];
        CsvRow row = {.values = change->new_tuple.values,
                      .record_id = header->transactions[change->transaction].first_record_id +
                                   change->ordinal - 1};

        if (change->kind != CHANGE_INSERT)
            continue;
        char *out = bytes_reserve(buffer, csv_row_room(rig->plan, &row));
        buffer->len += (size_t)(csv_row_write(rig->plan, NULL, &row, out) - out);
        rig->rows++;
        if (buffer->len < OUT_BYTES)
            continue;
        flush(rig, buffer->data, buffer->len);
        bytes_clear(buffer);
    }
    flush(rig, buffer->data, buffer->len);
}

static void on_batch(Rig *rig, const Frame *head, const Frame *body, Arena *arena, Bytes *buffer)
{
    BatchHeader header;
    Change *changes;
    Error err = {0};
    double began = cpu_now();

    must(codec_unpack_header(frame_str(head), arena, &header, &err), &err);
    must(codec_unpack_changes(frame_str(body), &header, arena, &changes, &err), &err);
    double decoded = cpu_now();
    if (header.relation_count == 0)
        return;
    if (!rig->plan)
        make_plan(rig, &header.relations[0]);
    if (header.relation_count != 1 || !csv_plan_fits(rig->plan, &header.relations[0])) {
        fprintf(stderr, "the batches are of more than one table\n");
        exit(EXIT_FAILURE);
    }
    double planned = cpu_now();
    check_rows(rig, &header, changes);
    double checked = cpu_now();
    encode_rows(rig, &header, changes, buffer);
    rig->decode += decoded - began;
    rig->check += checked - planned;
    rig->encode += cpu_now() - checked;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(bytes_done) Bytes buffer = {0};
    Frame *header, *body;
    Rig rig = {0};

    FILE *batches = argc > 1 ? fopen(argv[1], "rb") : NULL;
    rig.csv = argc > 2 ? fopen(argv[2], "wb") : NULL;
    if (!batches || (argc > 2 && !rig.csv)) {
        fprintf(stderr, "usage: csv-rig BATCHES [CSV]\n");
        return EXIT_FAILURE;
    }
    while (batch_file_read(batches, &header, &body)) {
        on_batch(&rig, header, body, &arena, &buffer);
        arena_reset(&arena);
        frame_unref(&header);
        frame_unref(&body);
    }
    if (rig.csv && fclose(rig.csv) != 0)
        return EXIT_FAILURE;
    printf("rows %" PRIu64 " bytes %" PRIu64 " decode %.6f check %.6f encode %.6f\n", rig.rows,
           rig.bytes, rig.decode, rig.check, rig.encode);
    csv_plan_close(&rig.plan);
    arena_done(&rig.arena);
    fclose(batches);
    return EXIT_SUCCESS;
}
