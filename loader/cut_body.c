/* A cut's rows as the body of a load: made while it is read. */
#include "loader/cut.h"

static uint64_t body_checksum(LoadBody *body, uint64_t first_row, uint64_t rows)
{
    Cut *cut = (Cut *)body;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < rows; i++)
        sum = csv_row_checksum(cut->table->plan, &cut->rows.rows[first_row + i], sum);
    return sum;
}

static const uint64_t *unchanged_at(const Cut *cut, uint64_t row)
{
    for (size_t i = 0; i < cut->sets.count; i++) {
        const RowSet *set = &cut->sets.sets[i];

        if (row >= set->first_row && row - set->first_row < set->rows)
            return set->unchanged;
    }
    return NULL;
}

static void body_rewind(LoadBody *body, uint64_t first_row, uint64_t rows)
{
    Cut *cut = (Cut *)body;

    cut->at = first_row;
    cut->end = first_row + rows;
    cut->unchanged = unchanged_at(cut, first_row);
    bytes_clear(&cut->spill);
    cut->spilt = 0;
}

static size_t read_spill(Cut *cut, char *out, size_t size)
{
    size_t n = cut->spill.len - cut->spilt;

    if (n > size)
        n = size;
    if (n > 0)
        memcpy(out, cut->spill.data + cut->spilt, n);
    cut->spilt += n;
    return n;
}

static void spill(Cut *cut, const CsvRow *row, size_t room)
{
    bytes_clear(&cut->spill);
    cut->spilt = 0;
    char *out = bytes_reserve(&cut->spill, room);
    cut->spill.len = (size_t)(csv_row_write(cut->table->plan, cut->unchanged, row, out) - out);
}

/* Rows go straight to where they are sent from, but for one that might not fit. */
static size_t body_read(LoadBody *body, char *out, size_t size)
{
    Cut *cut = (Cut *)body;
    size_t filled = read_spill(cut, out, size);

    while (cut->at < cut->end && cut->spilt == cut->spill.len) {
        const CsvRow *row = &cut->rows.rows[cut->at];
        size_t room = csv_row_room(cut->table->plan, row);

        if (room <= size - filled) {
            char *end = csv_row_write(cut->table->plan, cut->unchanged, row, out + filled);
            filled = (size_t)(end - out);
        } else if (filled > 0) {
            break; /* the next read may have room for it */
        } else {
            spill(cut, row, room);
            filled = read_spill(cut, out, size);
        }
        cut->at++;
    }
    return filled;
}

static void body_record_ids(const LoadBody *body, uint64_t first_row, uint64_t rows,
                            uint64_t *first, uint64_t *last)
{
    const Cut *cut = (const Cut *)body;

    *first = cut->rows.rows[first_row].record_id;
    *last = cut->rows.rows[first_row + rows - 1].record_id;
}

const LoadBodyVerbs CUT_BODY_VERBS = {
    .checksum = body_checksum,
    .rewind = body_rewind,
    .read = body_read,
    .record_ids = body_record_ids,
};
