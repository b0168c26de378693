/* One load: fields are cast, rows checked and staged. [BE] vec/exec/scan/file_scanner.cpp,
 * vec/sink/vtablet_block_convertor.cpp, runtime/runtime_state.cpp. */
#include "simulator/load_plan.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "simulator/error_log.h"
#include "simulator/key_code.h"
#include "simulator/key_finder.h"
#include "simulator/stage.h"
#include "simulator/tablet_versions.h"

#include <stdlib.h>

enum { MAX_ERROR_ROWS = 50 };

struct Load {
    LoadPlan *plan;
    int64_t txn;
    CsvReader *csv;
    StageWriter *stage;
    Cell *cells;
    Arena row; /* texts of one row */
    ErrorLog *errors;
    KeyFinder *keys; /* where new keys matter */
    LoadResult result;
    bool failed;
};

/* The source row as the log shows it: its fields, blanks between. */
static Str shown_row(Load *load, const CsvLine *line)
{
    Bytes text = {0};
    Str shown;

    for (size_t i = 0; i < line->count; i++) {
        if (i > 0)
            bytes_add_u8(&text, ' ');
        bytes_add_str(&text, line->fields[i].null ? str_of("NULL") : line->fields[i].text);
    }
    shown = arena_copy(&load->row, bytes_str(&text));
    bytes_done(&text);
    return shown;
}

/* False when the load stops: more than 50 bad rows, and none is tolerated. */
static bool filter_row(Load *load, Str source, Error *err, const char *reason)
{
    if (load->result.filtered_rows++ <= MAX_ERROR_ROWS)
        return error_log_add(load->errors, reason, source, err);
    return load->plan->max_filter_ratio > 0 ||
           error_set(err, ERROR_DATA,
                     "[DATA_QUALITY_ERROR]Encountered unqualified data, stop processing. Please "
                     "check if the source data matches the schema, and consider disabling strict "
                     "mode or increasing max_filter_ratio.");
}

static const char *count_mismatch(Load *load, size_t found)
{
    const CsvOptions *csv = &load->plan->csv;
    const char *separator = str_equal(csv->separator, str_of("\t"))
                                ? "\\t"
                                : arena_copy(&load->row, csv->separator).data;
    const char *delimiter = str_equal(csv->delimiter, str_of("\n"))
                                ? "\\n"
                                : arena_copy(&load->row, csv->delimiter).data;
    const char *quote = csv->enclose ? arena_printf(&load->row, " encl:%c", csv->enclose) : "";
    const char *escape = csv->escape ? arena_printf(&load->row, " esc:%c", csv->escape) : "";

    return arena_printf(&load->row,
                        "Column count mismatch: expected %zu, but found %zu (sep:%s delim:%s%s%s)",
                        load->plan->source_count, found, separator, delimiter, quote, escape);
}

/* A text that is longer than its column: cut to whole characters, or a reason to filter. */
static const char *fit_length(Load *load, const LoadTarget *target, Str *text)
{
    SimKind kind = target->type.kind;
    bool bounded = kind == SIM_CHAR || kind == SIM_VARCHAR;
    size_t length = bounded ? (size_t)target->type.length : 2147483643;
    int prefix = text->len < 32 ? (int)text->len : 32;

    if (bounded && text->len > length && !load->plan->strict) {
        while (length > 0 && ((unsigned char)text->data[length] & 0xC0) == 0x80)
            length--;
        text->len = length;
    } else if (text->len > length) {
        return arena_printf(&load->row,
                            "column_name[%s], the length of input is too long than schema. first "
                            "32 bytes of input str: [%.*s] schema length: %zu; actual length: "
                            "%zu; ",
                            target->name, prefix, text->data, length, text->len);
    } else if ((kind == SIM_STRING || kind == SIM_JSON) && text->len > load->plan->string_limit) {
        return arena_printf(&load->row,
                            "column_name[%s], the length of input string is too long than vec "
                            "schema. first 32 bytes of input str: [%.*s] schema length: %zu; "
                            "limit length: %zu; actual length: %zu; ",
                            target->name, prefix, text->data, length, load->plan->string_limit,
                            text->len);
    }
    return NULL;
}

/* NULL, or the reason why the row is filtered. */
static const char *fill_cell(Load *load, const LoadTarget *target, const CsvField *field, Cell *out)
{
    CastContext context = {&load->row, load->plan->zone_minutes};

    *out = (Cell){CELL_NULL, 0, {NULL, 0}};
    if (!field->null && !cast_field(&target->type, field->text, &context, out) &&
        load->plan->strict)
        return arena_printf(&load->row,
                            "column(%s) value is incorrect while strict mode is true, src value "
                            "is %.*s",
                            target->name, STR_ARGS(field->text));
    if (out->form == CELL_NULL && !target->nullable)
        return arena_printf(&load->row, "column(%s) values is null while columns is not nullable",
                            target->name);
    return out->form == CELL_TEXT ? fit_length(load, target, &out->text) : NULL;
}

static bool is_deleted(const LoadPlan *plan, const CsvLine *line)
{
    const CsvField *field;

    if (plan->deletes_all || plan->delete_on.source == NO_SOURCE)
        return plan->deletes_all;
    field = &line->fields[plan->delete_on.source];
    return !field->null && str_equal(field->text, str_of(plan->delete_on.literal));
}

static const char *fill_row(Load *load, const CsvLine *line)
{
    const LoadPlan *plan = load->plan;

    for (size_t i = 0; i < plan->target_count; i++) {
        const LoadTarget *target = &plan->targets[i];
        const char *reason;

        if (target->uid == UID_DELETE_SIGN && target->source == NO_SOURCE) {
            load->cells[i] = (Cell){CELL_INTEGER, is_deleted(plan, line), {NULL, 0}};
            continue;
        }
        reason = fill_cell(load, target, &line->fields[target->source], &load->cells[i]);
        if (reason)
            return reason;
        if (target->uid == UID_DELETE_SIGN && is_deleted(plan, line))
            load->cells[i].number = 1;
    }
    return NULL;
}

static bool deletes(const Load *load)
{
    for (size_t i = 0; i < load->plan->target_count; i++)
        if (load->plan->targets[i].uid == UID_DELETE_SIGN)
            return load->cells[i].number != 0;
    return false;
}

/* A partial update of a key that is not there; a tombstone is still found. */
static bool accept_key(Load *load, bool *accepted, Error *err)
{
    size_t keys = load->plan->def->key_count;
    const char *shown;

    *accepted = true;
    if (!load->keys || deletes(load))
        return true;
    if (!key_finder_has(load->keys, load->cells, accepted, err))
        return false;
    if (*accepted || load->plan->new_keys == NEW_KEYS_FILTER)
        return true;
    shown = key_text(load->cells, keys, &load->row);
    return error_set(err, ERROR_DATA,
                     "[CANCELLED][INTERNAL_ERROR]tablet error: [E-7003]Can't append new rows in "
                     "partial update when partial_update_new_key_behavior is ERROR. Row with "
                     "key=[%s] is not in table., host: 127.0.0.1",
                     shown);
}

static bool stage_line(Load *load, const CsvLine *line, Error *err)
{
    const char *reason;
    bool accepted;

    if (!line->utf8)
        return filter_row(load, line->raw, err,
                          "Invalid file encoding: all CSV files must be UTF-8 encoded");
    if (line->count != load->plan->source_count)
        return filter_row(load, line->raw, err, count_mismatch(load, line->count));
    reason = fill_row(load, line);
    if (reason)
        return filter_row(load, shown_row(load, line), err, reason);
    if (!accept_key(load, &accepted, err))
        return false;
    if (!accepted)
        return filter_row(load, shown_row(load, line), err,
                          "the row's key is not in the table, strict mode partial update");
    stage_row(load->stage, load->cells);
    load->result.loaded_rows++;
    return true;
}

static bool take_line(void *context, const CsvLine *line, Error *err)
{
    Load *load = context;
    bool ok;

    if (load->result.total_rows++ == 0 && !tablet_versions_check(load->plan, err))
        return false;
    ok = stage_line(load, line, err);
    arena_reset(&load->row);
    return ok;
}

static bool open_stage(Load *load, Error *err)
{
    const LoadPlan *plan = load->plan;
    StageHeader header = {.table = plan->def->id,
                          .generation = plan->generation,
                          .partial = plan->partial,
                          .count = (uint32_t)plan->target_count};
    CLEANUP(mem_free) int32_t *uids = mem_alloc((plan->target_count + 1) * sizeof *uids);

    for (size_t i = 0; i < plan->target_count; i++)
        uids[i] = plan->targets[i].uid;
    header.uids = uids;
    return stage_create(plan->tables->directory, load->txn, &header, &load->stage, err);
}

bool load_begin(LoadPlan **plan, int64_t txn, Load **out, Error *err)
{
    Load *load = MEM_NEW(Load);

    load->plan = *plan;
    *plan = NULL;
    load->txn = txn;
    load->cells = mem_alloc((load->plan->target_count + 1) * sizeof *load->cells);
    load->csv = csv_open(&load->plan->csv, take_line, load);
    load->errors = error_log_new(load->plan->tables->directory, txn);
    if (!open_stage(load, err) ||
        (load->plan->partial && load->plan->new_keys != NEW_KEYS_APPEND &&
         !key_finder_open(load->plan->tables, load->plan->def, &load->keys, err))) {
        load_close(&load);
        return false;
    }
    *out = load;
    return true;
}

bool load_feed(Load *load, const void *data, size_t len, Error *err)
{
    load->result.load_bytes += (int64_t)len;
    if (load->failed)
        return error_set(err, ERROR_DATA, "[INTERNAL_ERROR]the load has failed already");
    load->failed = !csv_feed(load->csv, data, len, err);
    return !load->failed;
}

static bool judge(const Load *load, Error *err)
{
    double tolerated = load->plan->max_filter_ratio * (double)load->result.total_rows;

    return (double)load->result.filtered_rows <= tolerated ||
           error_set(err, ERROR_DATA, "[DATA_QUALITY_ERROR]too many filtered rows");
}

bool load_finish(Load *load, Error *err)
{
    if (load->failed)
        return error_set(err, ERROR_DATA, "[INTERNAL_ERROR]the load has failed already");
    load->failed =
        !csv_finish(load->csv, err) || !judge(load, err) || !stage_finish(load->stage, err);
    return !load->failed;
}

void load_result(const Load *load, LoadResult *out)
{
    *out = load->result;
    out->error_log = error_log_name(load->errors);
    out->first_error = error_log_first(load->errors);
}

void load_close(Load **load)
{
    Load *self = *load;

    if (!self)
        return;
    csv_close(&self->csv);
    stage_close(&self->stage);
    error_log_free(&self->errors);
    key_finder_close(&self->keys);
    load_plan_close(&self->plan);
    arena_done(&self->row);
    free(self->cells);
    free(self);
    *load = NULL;
}
