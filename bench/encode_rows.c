/*
 * How fast a core makes CSV for Stream Load: rows of a wide and of a narrow table, checked, summed
 * and written, as a load does. Prints a line each: name, MB/s.
 */
#include "common/bytes.h"
#include "common/clock.h"
#include "loader/csv_row.h"
#include "tests/unit/loader/selectdb_samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 20000, ROUNDS = 50, OUT = 1 << 20 };

typedef struct Kind {
    const char *name;
    const char *note; /* the text column's value */
} Kind;

static void make_table(Sample *sample)
{
    sample_begin(sample, true);
    sample_column(sample, 1, "id", "BIGINT", true);
    sample_column(sample, 2, "amount", "DECIMAL(12,2)", false);
    sample_column(sample, 3, "at", "DATETIMEV2(6)", false);
    sample_column(sample, 4, "paid", "BOOLEAN", false);
    sample_column(sample, 5, "note", "STRING", false);
    sample_source(sample, 1, "id", 20);
    sample_source(sample, 2, "amount", 1700);
    sample_source(sample, 3, "at", 1184);
    sample_source(sample, 4, "paid", 16);
    sample_source(sample, 5, "note", 25);
}

static void fill(Value *values, const Kind *kind)
{
    const char *const texts[] = {"1234567", "12345.67", "2024-02-29 23:59:59.123456+00", "t",
                                 kind->note};

    for (size_t i = 0; i < 5; i++)
        values[i] = (Value){VALUE_TEXT, str_of(texts[i])};
}

/* All rows once; gives the bytes made. */
static uint64_t encode(const CsvPlan *plan, Value *values, char *out, uint64_t *sum)
{
    uint64_t bytes = 0;
    char *at = out;

    for (uint64_t i = 0; i < ROWS; i++) {
        CsvRow row = {.values = values, .record_id = i};
        CsvUnfit unfit;

        if (!csv_row_check(plan, values, false, &unfit))
            exit(1);
        *sum = csv_row_checksum(plan, &row, *sum);
        if (csv_row_room(plan, &row) > (size_t)(out + OUT - at)) {
            bytes += (uint64_t)(at - out);
            at = out;
        }
        at = csv_row_write(plan, NULL, &row, at);
    }
    return bytes + (uint64_t)(at - out);
}

static void measure(const CsvPlan *plan, const Kind *kind, char *out)
{
    Value values[5];
    uint64_t bytes = 0, sum = 0;
    int64_t begin = clock_ms();

    fill(values, kind);
    for (int round = 0; round < ROUNDS; round++)
        bytes += encode(plan, values, out, &sum);
    int64_t ms = clock_ms() - begin;
    printf("%s %.0f MB/s (sum %" PRIx64 ")\n", kind->name,
           (double)bytes / 1e3 / (double)(ms > 0 ? ms : 1), sum);
}

int main(void)
{
    static const Kind KINDS[] = {
        {"narrow", "short"},
        {"text", "a text of about two hundred bytes, as a comment in an order has it, without "
                 "anything in it that would have to be escaped, and long enough that its bytes and "
                 "not its columns are what counts in the end here"},
        {"json", "{\"name\": \"walferry\", \"tags\": [\"one\", \"two\", \"three\"], \"path\": "
                 "\"C:\\\\data\\\\new\", \"quoted\": \"a \\\"word\\\" in it\", \"n\": 12345}"},
    };
    CLEANUP(csv_plan_close) CsvPlan *plan = NULL;
    char *out = malloc(OUT);
    Sample sample;
    Error err = {0};

    make_table(&sample);
    if (!out || !csv_plan_open(&plan, &sample.relation, &sample.table, &err))
        return 1;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        measure(plan, &KINDS[i], out);
    free(out);
    return 0;
}
