#include "loader/csv_row.h"

#include "common/doris_type.h"
#include "common/mem.h"
#include "loader/csv_unfit.h"
#include "loader/key_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NUMBER_ROOM = 24, /* of a number of ours, enclosed, with a comma */
    END_ROOM = 2 * NUMBER_ROOM + 16,
};

/* How a column is written. */
typedef enum Form {
    FORM_TEXT = 0, /* escaped */
    FORM_PLAIN,    /* nothing in it can need an escape */
    FORM_BOOLEAN,
    FORM_ZONED, /* the offset goes */
    FORM_DELETED,
    FORM_VERSION,
    FORM_RECORD_ID,
} Form;

typedef struct PlanColumn {
    uint32_t source; /* in the relation; not for ours */
    Form form;
    DorisType type;
    CsvUnfitCheck *check; /* NULL: every value fits */
    const Walferry__Model__SelectdbColumn *model;
} PlanColumn;

/* What makes a relation the same one for us. */
typedef struct SourceColumn {
    uint32_t attnum, type_oid;
} SourceColumn;

struct CsvPlan {
    const Walferry__Model__SelectdbTable *table;
    PlanColumn *columns;
    size_t column_count;
    uint32_t *keys;
    uint32_t key_count;
    SourceColumn *sources;
    uint32_t source_count;
};

void csv_plan_close(CsvPlan **plan)
{
    if (!*plan)
        return;
    free((*plan)->columns);
    free((*plan)->keys);
    free((*plan)->sources);
    free(*plan);
    *plan = NULL;
}

static bool misfit(Error *err, const CsvPlan *plan, const char *column, const char *what)
{
    error_set(err, ERROR_CONFIG, "column %s %s", column, what);
    error_object(err, "%s.%s", plan->table->database, plan->table->table);
    return error_hint(err, "the table has changed since the task looked at it: release the task "
                           "and start it anew");
}

/* clang-format off */
static const struct { const char *name; Form form; } OURS[] = {
    {"_is_deleted", FORM_DELETED},
    {"_version", FORM_VERSION},
    {"_record_id", FORM_RECORD_ID},
};
/* clang-format on */

static bool plan_ours(const CsvPlan *plan, PlanColumn *column, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(OURS); i++) {
        if (strcmp(column->model->name, OURS[i].name) != 0)
            continue;
        column->form = OURS[i].form;
        return true;
    }
    return misfit(err, plan, column->model->name, "has no source");
}

static bool find_source(const CsvPlan *plan, const Relation *relation, PlanColumn *column)
{
    for (uint32_t i = 0; i < plan->source_count; i++) {
        if (relation->columns[i].attnum != column->model->attnum)
            continue;
        column->source = i;
        return true;
    }
    return false;
}

/* By the values, not by the source's type, which may be a domain. */
static Form form_of(DorisKind kind)
{
    if (kind == DORIS_BOOLEAN)
        return FORM_BOOLEAN;
    if (kind == DORIS_DATETIME)
        return FORM_ZONED;
    return csv_unfit_is_plain(kind) ? FORM_PLAIN : FORM_TEXT;
}

static bool plan_column(const CsvPlan *plan, const Relation *relation, PlanColumn *column,
                        Error *err)
{
    if (column->model->attnum == 0)
        return plan_ours(plan, column, err);
    if (!doris_type_parse(str_of(column->model->type), &column->type, err))
        return error_object(err, "%s.%s", plan->table->database, plan->table->table);
    if (!find_source(plan, relation, column))
        return misfit(err, plan, column->model->name, "does not come with the stream");
    column->form = form_of(column->type.kind);
    column->check = csv_unfit_check(column->type, relation->columns[column->source].type_oid);
    return true;
}

/* A column that nobody writes would be lost without a word. */
static bool all_are_written(const CsvPlan *plan, const Relation *relation, Error *err)
{
    for (uint32_t i = 0; i < plan->source_count; i++) {
        bool written = false;

        for (size_t j = 0; j < plan->column_count; j++)
            written |= plan->columns[j].model->attnum == relation->columns[i].attnum;
        if (!written)
            return misfit(err, plan, relation->columns[i].name.data, "is not in the table");
    }
    return true;
}

static void note_sources(CsvPlan *plan, const Relation *relation)
{
    plan->source_count = relation->column_count;
    plan->sources = mem_alloc((plan->source_count + 1) * sizeof *plan->sources);
    for (uint32_t i = 0; i < plan->source_count; i++)
        plan->sources[i] =
            (SourceColumn){relation->columns[i].attnum, relation->columns[i].type_oid};
}

bool csv_plan_open(CsvPlan **out, const Relation *relation,
                   const Walferry__Model__SelectdbTable *table, Error *err)
{
    CLEANUP(csv_plan_close) CsvPlan *plan = MEM_NEW(CsvPlan);

    plan->table = table;
    plan->column_count = table->n_columns;
    plan->columns = mem_alloc((table->n_columns + 1) * sizeof *plan->columns);
    plan->keys = mem_alloc((table->n_columns + 1) * sizeof *plan->keys);
    note_sources(plan, relation);
    for (size_t i = 0; i < table->n_columns; i++) {
        PlanColumn *column = &plan->columns[i];

        column->model = table->columns[i];
        if (!plan_column(plan, relation, column, err))
            return false;
        if (table->unique && column->model->key)
            plan->keys[plan->key_count++] = column->source;
    }
    if (!all_are_written(plan, relation, err))
        return false;
    *out = plan;
    plan = NULL; /* handed over */
    return true;
}

bool csv_plan_fits(const CsvPlan *plan, const Relation *relation)
{
    if (plan->source_count != relation->column_count)
        return false;
    for (uint32_t i = 0; i < plan->source_count; i++) {
        if (plan->sources[i].attnum != relation->columns[i].attnum ||
            plan->sources[i].type_oid != relation->columns[i].type_oid)
            return false;
    }
    return true;
}

const uint32_t *csv_plan_keys(const CsvPlan *plan, uint32_t *count)
{
    *count = plan->key_count;
    return plan->keys;
}

uint32_t csv_plan_columns(const CsvPlan *plan)
{
    return plan->source_count;
}

const char *csv_plan_name(const CsvPlan *plan, uint32_t column)
{
    for (size_t i = 0; i < plan->column_count; i++) {
        if (plan->columns[i].form < FORM_DELETED && plan->columns[i].source == column)
            return plan->columns[i].model->name;
    }
    return "";
}

static bool is_ours(const PlanColumn *column)
{
    return column->form >= FORM_DELETED;
}

/* Without ±hh[:mm[:ss]] behind the time. */
static Str without_offset(Str text)
{
    enum { DATE_LEN = 10 };
    size_t at = text.len;

    while (at > DATE_LEN && text.data[at - 1] >= '0' && text.data[at - 1] <= ':')
        at--; /* digits and colons */
    bool is_sign = at > DATE_LEN && (text.data[at - 1] == '+' || text.data[at - 1] == '-');
    return is_sign ? (Str){text.data, at - 1} : text;
}

bool csv_row_check(const CsvPlan *plan, Value *values, bool only_key, CsvUnfit *unfit)
{
    for (size_t i = 0; i < plan->column_count; i++) {
        const PlanColumn *column = &plan->columns[i];

        if (!column->check || (only_key && !column->model->key))
            continue;
        Value *value = &values[column->source];
        if (value->form != VALUE_TEXT)
            continue;
        Str text = column->form == FORM_ZONED ? without_offset(value->bytes) : value->bytes;
        const char *why = column->check(column->type, text);
        if (!why)
            continue;
        if (!column->model->null_if_unfit || column->model->key) {
            *unfit = (CsvUnfit){column->source, column->model->type, why};
            return false;
        }
        *value = (Value){.form = VALUE_NULL};
    }
    return true;
}

void csv_value_text(const CsvPlan *plan, uint32_t column, const Value *value, Bytes *out)
{
    Form form = FORM_TEXT;

    for (size_t i = 0; i < plan->column_count; i++) {
        if (!is_ours(&plan->columns[i]) && plan->columns[i].source == column)
            form = plan->columns[i].form;
    }
    Str text = form == FORM_ZONED ? without_offset(value->bytes) : value->bytes;
    if (form == FORM_BOOLEAN && text.len == 1)
        text = str_of(text.data[0] == 't' ? "1" : text.data[0] == 'f' ? "0" : "");
    bytes_add_str(out, text);
}

/* --- writing --- */

static bool is_unchanged(const uint64_t *unchanged, const PlanColumn *column)
{
    return unchanged && !is_ours(column) &&
           (unchanged[column->source / 64] >> column->source % 64 & 1);
}

static void add_name(Bytes *out, const char *name)
{
    if (out->len > 0)
        bytes_add_u8(out, ',');
    bytes_add_u8(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            bytes_add_u8(out, '`');
        bytes_add_u8(out, (uint8_t)*name);
    }
    bytes_add_u8(out, '`');
}

void csv_columns(const CsvPlan *plan, const uint64_t *unchanged, Bytes *out)
{
    bytes_clear(out);
    for (size_t i = 0; i < plan->column_count; i++) {
        if (!is_unchanged(unchanged, &plan->columns[i]))
            add_name(out, plan->columns[i].model->name);
    }
    if (plan->table->unique && !unchanged)
        add_name(out, "__DORIS_DELETE_SIGN__");
    if (plan->table->unique)
        add_name(out, CSV_SEQUENCE_COLUMN);
    bytes_add_u8(out, 0);
    out->len--; /* a NUL behind it, so that it can be used as text */
}

size_t csv_row_room(const CsvPlan *plan, const CsvRow *row)
{
    size_t room = END_ROOM;

    for (size_t i = 0; i < plan->column_count; i++)
        room += is_ours(&plan->columns[i]) ? NUMBER_ROOM
                                           : 2 * row->values[plan->columns[i].source].bytes.len + 3;
    return room;
}

static inline uint64_t bytes_that_are(uint64_t word, char byte)
{
    uint64_t x = word ^ UINT64_C(0x0101010101010101) * (uint8_t)byte;

    return (x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080);
}

static inline char *put_escaped_bytes(char *out, const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (at[i] == '"' || at[i] == '\\')
            *out++ = '\\';
        *out++ = at[i];
    }
    return out;
}

/* Eight bytes at a time: hardly any text has something to escape. */
static inline char *put_escaped(char *out, Str text)
{
    const char *at = text.data;
    size_t left = text.len;
    uint64_t word;

    for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
        memcpy(&word, at, sizeof word);
        if (bytes_that_are(word, '"') | bytes_that_are(word, '\\')) {
            out = put_escaped_bytes(out, at, sizeof word);
        } else {
            memcpy(out, &word, sizeof word);
            out += sizeof word;
        }
    }
    return put_escaped_bytes(out, at, left);
}

static inline char *put_plain(char *out, Str text)
{
    for (size_t i = 0; i < text.len; i++) /* short, as numbers are */
        out[i] = text.data[i];
    return out + text.len;
}

static inline char *put_boolean(char *out, Str text)
{
    if (text.len != 1 || (text.data[0] != 't' && text.data[0] != 'f'))
        return put_escaped(out, text);
    *out++ = text.data[0] == 't' ? '1' : '0';
    return out;
}

static char *put_number(char *out, uint64_t number)
{
    char digits[NUMBER_ROOM];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return out + (sizeof digits - at);
}

static char *put_ours(char *out, const PlanColumn *column, const CsvRow *row)
{
    uint64_t number = column->form == FORM_DELETED   ? row->deleted
                      : column->form == FORM_VERSION ? (uint64_t)row->version
                                                     : row->record_id;

    *out++ = '"';
    if (column->form == FORM_VERSION && row->version < 0) {
        *out++ = '-';
        number = 0 - number;
    }
    out = put_number(out, number);
    *out++ = '"';
    return out;
}

static inline char *put_null(char *out)
{
    *out++ = '\\';
    *out++ = 'N';
    return out;
}

static inline char *put_value(char *out, const PlanColumn *column, const Value *value)
{
    if (value->form == VALUE_NULL)
        return put_null(out);
    if (value->form != VALUE_TEXT)
        abort(); /* our own bug, which must not become a NULL: the row is not complete */
    *out++ = '"';
    switch (column->form) {
    case FORM_PLAIN:
        out = put_plain(out, value->bytes);
        break;
    case FORM_BOOLEAN:
        out = put_boolean(out, value->bytes);
        break;
    case FORM_ZONED:
        out = put_plain(out, without_offset(value->bytes));
        break;
    case FORM_TEXT:
    case FORM_DELETED:
    case FORM_VERSION:
    case FORM_RECORD_ID:
        out = put_escaped(out, value->bytes);
        break;
    }
    *out++ = '"';
    return out;
}

static char *put_sign_and_sequence(char *out, const CsvRow *row, bool partial)
{
    if (!partial) {
        memcpy(out, row->deleted ? "\"1\",\"" : "\"0\",\"", 5);
        out += 5;
    } else {
        *out++ = '"';
    }
    out = put_number(out, row->record_id);
    *out++ = '"';
    return out;
}

char *csv_row_write(const CsvPlan *plan, const uint64_t *unchanged, const CsvRow *row, char *out)
{
    bool only_key = plan->table->unique && row->deleted;

    for (size_t i = 0; i < plan->column_count; i++) {
        const PlanColumn *column = &plan->columns[i];

        if (is_unchanged(unchanged, column))
            continue;
        if (is_ours(column))
            out = put_ours(out, column, row);
        else if (only_key && !column->model->key)
            out = put_null(out);
        else
            out = put_value(out, column, &row->values[column->source]);
        *out++ = ',';
    }
    if (plan->table->unique)
        out = put_sign_and_sequence(out, row, unchanged != NULL);
    else
        out--; /* the last comma */
    *out++ = '\n';
    return out;
}

uint64_t csv_row_checksum(const CsvPlan *plan, const CsvRow *row, uint64_t sum)
{
    bool only_key = plan->table->unique && row->deleted;
    uint64_t ids[] = {row->record_id, (uint64_t)row->version, row->deleted};

    sum = key_hash_add(sum, (const char *)ids, sizeof ids);
    for (size_t i = 0; i < plan->column_count; i++) {
        const PlanColumn *column = &plan->columns[i];

        if (is_ours(column) || (only_key && !column->model->key))
            continue;
        const Value *value = &row->values[column->source];
        sum = key_hash_add(sum ^ (uint64_t)value->form, value->bytes.data, value->bytes.len);
    }
    return sum;
}
