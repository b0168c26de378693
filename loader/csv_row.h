/*
 * csv_row - rows in the CSV of Stream Load (reference: Portable CSV dialect).
 *
 * A plan is made once for a relation and its table at SelectDB: it pairs columns by attribute
 * number and says of each how its values are checked and written. A row is then its values (in the
 * order of the relation's columns, text as PostgreSQL's output functions give it), which is: the
 * table's columns in their order; of a unique table the delete sign and the sequence after them; of
 * a duplicate one `_is_deleted`, `_version` and `_record_id` among them.
 *
 * Checking and writing are two steps: values that the destination cannot hold are found (or made
 * NULL) before anything is sent, so that writing cannot fail and need not look again. Every value
 * but NULL is enclosed. What PostgreSQL says in another way than Doris reads it is put right:
 * booleans are 1 and 0, the offset of a timestamptz goes (it is in the destination's zone).
 *
 * From a table copy: unescape COPY's fields into values, in the relation's order, and go on as
 * with a tuple. No I/O, no allocation per value.
 */
#pragma once

#include "common/bytes.h"
#include "common/change.h"
#include "common/error.h"
#include "model.pb-c.h"

/* The source column of the sequence in a unique table's rows: header function_column.sequence_col.
 */
#define CSV_SEQUENCE_COLUMN "__walferry_seq"

typedef struct CsvPlan CsvPlan;

typedef struct CsvRow {
    const Value *values; /* of a deleted row of a unique table only the key is looked at */
    bool deleted;
    uint64_t record_id; /* the sequence, or _record_id */
    int64_t version;    /* duplicate: the commit's time in seconds */
} CsvRow;

/* A value that its column cannot hold. */
typedef struct CsvUnfit {
    uint32_t column;  /* of the relation */
    const char *type; /* of the destination's column */
    const char *why;  /* "the year is past 9999" */
} CsvUnfit;

/*
 * Borrows the table (not the relation). Errors: CONFIG, with the table: columns of the one that the
 * other does not have, a type that is not known.
 */
NODISCARD bool csv_plan_open(CsvPlan **out, const Relation *relation,
                             const Walferry__Model__SelectdbTable *table, Error *err);
void csv_plan_close(CsvPlan **plan);

/* The relation's columns are the ones that the plan was made for. */
bool csv_plan_fits(const CsvPlan *plan, const Relation *relation);

/* The keys of a unique table as indexes into the relation's columns, in the table's order. */
const uint32_t *csv_plan_keys(const CsvPlan *plan, uint32_t *count);
uint32_t csv_plan_columns(const CsvPlan *plan); /* of the relation */
/* What a column of the relation is called at the destination. */
const char *csv_plan_name(const CsvPlan *plan, uint32_t column);

/* A value as it is at the destination, for a statement there; not escaped. */
void csv_value_text(const CsvPlan *plan, uint32_t column, const Value *value, Bytes *out);

/*
 * False: a value does not fit, *unfit tells which. Where the task wants it so it becomes NULL
 * instead. only_key: of a row to be deleted.
 */
bool csv_row_check(const CsvPlan *plan, Value *values, bool only_key, CsvUnfit *unfit);

/*
 * `unchanged`: a bit for each column of the relation that a partial update leaves as it is; NULL:
 * the row is complete. Rows of one load have the same.
 */

/* The header `columns` for such rows. */
void csv_columns(const CsvPlan *plan, const uint64_t *unchanged, Bytes *out);

/* How many bytes csv_row_write() writes at most; its result is behind the last of them. */
size_t csv_row_room(const CsvPlan *plan, const CsvRow *row);
char *csv_row_write(const CsvPlan *plan, const uint64_t *unchanged, const CsvRow *row, char *out);

/* A sum over verb, forms, lengths and values, to be carried from row to row; it begins as 0. */
uint64_t csv_row_checksum(const CsvPlan *plan, const CsvRow *row, uint64_t sum);
