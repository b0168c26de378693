#include "loader/chunk_rows.h"

#include "common/mem.h"
#include "loader/copy_text.h"

#include <stdlib.h>
#include <zlib.h>

/* A stretch of whole rows in one batch. */
typedef struct Slice {
    Frame *frame;
    Str text;
    uint64_t first_row, rows;
} Slice;

struct ChunkRows {
    LoadBody base;
    const CsvPlan *plan;
    uint64_t record_id;
    Slice *slices;
    size_t count, capacity;
    uint64_t first_row, rows;
    size_t bytes;

    /* reading */
    size_t slice;
    Str left; /* of the slice */
    uint64_t rows_left;
    Bytes row;     /* one that was too long for what was asked for */
    size_t row_at; /* of it was given */

    Value *values;
    char *scratch;
    size_t scratch_size;
};

static bool read_values(ChunkRows *rows, Str row, Error *err)
{
    if (row.len > rows->scratch_size) {
        rows->scratch_size = 2 * row.len;
        rows->scratch = mem_resize(rows->scratch, rows->scratch_size, 1);
    }
    return copy_text_values(row, rows->values, csv_plan_columns(rows->plan), rows->scratch, err);
}

/* ---- gathering ---- */

static void drop_slices(ChunkRows *rows)
{
    while (rows->count > 0)
        frame_unref(&rows->slices[--rows->count].frame);
}

void chunk_rows_start(ChunkRows *rows, uint64_t first_row)
{
    drop_slices(rows);
    rows->first_row = first_row;
    rows->rows = rows->bytes = 0;
}

static Slice *add_slice(ChunkRows *rows, Frame *frame, Str text)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 16;
        rows->slices = mem_resize(rows->slices, rows->capacity, sizeof *rows->slices);
    }
    Slice *slice = &rows->slices[rows->count++];
    *slice = (Slice){frame_ref(frame), text, rows->first_row + rows->rows, 0};
    return slice;
}

static bool check_slice(ChunkRows *rows, Slice *slice, uint64_t count, CsvUnfit *unfit, Error *err)
{
    Str rest = slice->text;

    for (uint64_t i = 0; i < count; i++) {
        slice->rows++;
        rows->rows++;
        if (!read_values(rows, copy_text_row(rest, &rest), err))
            return false;
        if (!csv_row_check(rows->plan, rows->values, false, unfit))
            return error_set(err, ERROR_DATA, "the value does not fit into %s: %s", unfit->type,
                             unfit->why);
    }
    return true;
}

bool chunk_rows_add(ChunkRows *rows, Frame *frame, size_t *at, uint64_t most, CsvUnfit *unfit,
                    Error *err)
{
    Str text = {frame->data + *at, frame->len - *at};
    size_t length;
    uint64_t count = copy_text_rows(text, most, &length);

    if (count < most && length < text.len)
        return error_set(err, ERROR_PROTOCOL, "copied rows that end within a row");
    if (count == 0)
        return true;
    *at += length;
    rows->bytes += length;
    return check_slice(rows, add_slice(rows, frame, (Str){text.data, length}), count, unfit, err);
}

uint64_t chunk_rows_count(const ChunkRows *rows)
{
    return rows->rows;
}

size_t chunk_rows_bytes(const ChunkRows *rows)
{
    return rows->bytes;
}

/* ---- reading ---- */

/* The text of a slice's rows that are among [first_row, first_row + count). */
static Str within(const Slice *slice, uint64_t first_row, uint64_t count)
{
    Str text = slice->text;
    uint64_t end = first_row + count, skip;
    size_t length = 0;

    if (first_row >= slice->first_row + slice->rows || end <= slice->first_row)
        return (Str){text.data, 0};
    if (first_row <= slice->first_row && end >= slice->first_row + slice->rows)
        return text;
    skip = first_row > slice->first_row ? first_row - slice->first_row : 0;
    copy_text_rows(text, skip, &length);
    text = (Str){text.data + length, text.len - length};
    copy_text_rows(text, end - slice->first_row - skip, &length);
    return (Str){text.data, length};
}

/* Of the rows as the source wrote them, which say values and forms; and their length. */
static uint64_t checksum(LoadBody *body, uint64_t first_row, uint64_t count)
{
    const ChunkRows *rows = (const ChunkRows *)body;
    uint32_t sum = (uint32_t)crc32(0, NULL, 0);
    uint64_t bytes = 0;

    for (size_t i = 0; i < rows->count; i++) {
        Str text = within(&rows->slices[i], first_row, count);

        sum = (uint32_t)crc32_z(sum, (const Bytef *)text.data, text.len);
        bytes += text.len;
    }
    return bytes << 32 | sum;
}

static void rewind_to(LoadBody *body, uint64_t first_row, uint64_t count)
{
    ChunkRows *rows = (ChunkRows *)body;
    size_t length;

    rows->slice = 0;
    while (rows->slice + 1 < rows->count &&
           first_row >= rows->slices[rows->slice].first_row + rows->slices[rows->slice].rows)
        rows->slice++;
    rows->left = rows->count > 0 ? rows->slices[rows->slice].text : (Str){0};
    if (rows->count > 0) {
        copy_text_rows(rows->left, first_row - rows->slices[rows->slice].first_row, &length);
        rows->left = (Str){rows->left.data + length, rows->left.len - length};
    }
    rows->rows_left = count;
    bytes_clear(&rows->row);
    rows->row_at = 0;
}

static bool next_row(ChunkRows *rows)
{
    Error err = {0};

    if (rows->rows_left == 0)
        return false;
    while (rows->left.len == 0 && rows->slice + 1 < rows->count)
        rows->left = rows->slices[++rows->slice].text;
    rows->rows_left--;
    /* Both went well when the row was added. */
    CsvUnfit unfit;
    return read_values(rows, copy_text_row(rows->left, &rows->left), &err) &&
           csv_row_check(rows->plan, rows->values, false, &unfit);
}

static size_t give_rest(ChunkRows *rows, char *out, size_t size)
{
    size_t left = rows->row.len - rows->row_at;
    size_t length = left < size ? left : size;

    if (length > 0)
        memcpy(out, rows->row.data + rows->row_at, length);
    rows->row_at += length;
    return length;
}

/* One that is longer than what is left goes by way of memory of its own. */
static size_t put_row(ChunkRows *rows, char *out, size_t size)
{
    const CsvRow row = {.values = rows->values, .record_id = rows->record_id};
    size_t room = csv_row_room(rows->plan, &row);

    if (room <= size)
        return (size_t)(csv_row_write(rows->plan, NULL, &row, out) - out);
    bytes_clear(&rows->row);
    char *begin = bytes_reserve(&rows->row, room);
    rows->row.len += (size_t)(csv_row_write(rows->plan, NULL, &row, begin) - begin);
    rows->row_at = 0;
    return give_rest(rows, out, size);
}

static size_t read_rows(LoadBody *body, char *out, size_t size)
{
    ChunkRows *rows = (ChunkRows *)body;
    size_t length = give_rest(rows, out, size);

    while (length < size && next_row(rows))
        length += put_row(rows, out + length, size - length);
    return length;
}

static void record_ids(const LoadBody *body, uint64_t first_row, uint64_t count, uint64_t *first,
                       uint64_t *last)
{
    (void)first_row;
    (void)count;
    *first = *last = ((const ChunkRows *)body)->record_id;
}

const Value *chunk_rows_values(ChunkRows *rows, uint64_t row)
{
    Error err = {0};

    for (size_t i = 0; i < rows->count; i++) {
        Str text = within(&rows->slices[i], row, 1), rest;

        if (text.len > 0)
            return read_values(rows, copy_text_row(text, &rest), &err) ? rows->values : NULL;
    }
    return NULL;
}

/* ---- start and end ---- */

ChunkRows *chunk_rows_open(const CsvPlan *plan, uint64_t record_id)
{
    static const LoadBodyVerbs VERBS = {checksum, rewind_to, read_rows, record_ids};
    ChunkRows *rows = MEM_NEW(ChunkRows);

    rows->base.verbs = &VERBS;
    rows->plan = plan;
    rows->record_id = record_id;
    rows->values = mem_alloc((csv_plan_columns(plan) + 1) * sizeof *rows->values);
    return rows;
}

void chunk_rows_close(ChunkRows **rows)
{
    if (!*rows)
        return;
    drop_slices(*rows);
    free((*rows)->slices);
    free((*rows)->values);
    free((*rows)->scratch);
    bytes_done(&(*rows)->row);
    free(*rows);
    *rows = NULL;
}

LoadBody *chunk_rows_body(ChunkRows *rows)
{
    return &rows->base;
}
