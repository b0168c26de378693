/* Statements over /api/query, and their rows. */
#include "common/selectdb_address.h"
#include "common/selectdb_call.h"
#include "common/selectdb_json.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

enum { SQL_SILENCE_S = 900, ROWS_MAX = 256 << 20 };

/* ---- rows ---- */

static SelectdbValue value_of(Arena *arena, const json_t *value)
{
    SelectdbValue out = {.text = STR("")};

    if (!value || json_is_null(value)) {
        out.null = true;
    } else if (json_is_string(value)) {
        out.text = arena_copy(arena, (Str){json_string_value(value), json_string_length(value)});
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        out.text = str_of(arena_strdup(arena, text ? text : ""));
        free(text);
    }
    return out;
}

static void read_rows(SelectdbCall *call, const json_t *data)
{
    const json_t *meta = json_object_get(data, "meta"), *rows = json_object_get(data, "data");
    size_t columns = json_array_size(meta), count = json_array_size(rows);
    const char **names = ARENA_ARRAY(&call->arena, const char *, columns + 1);
    SelectdbValue *values = ARENA_ARRAY(&call->arena, SelectdbValue, columns * count + 1);

    for (size_t i = 0; i < columns; i++)
        names[i] = arena_strdup(&call->arena, selectdb_json_text(json_array_get(meta, i), "name"));
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i < columns; i++)
            values[row * columns + i] =
                value_of(&call->arena, json_array_get(json_array_get(rows, row), i));
    }
    call->rows = (SelectdbRows){columns, count, names, values};
}

static SelectdbNext read_result(SelectdbCall *call, const HttpReply *reply)
{
    const char *detail = "";
    json_t *answer = NULL;
    SelectdbNext next = selectdb_read_envelope(call, reply, &answer, &detail);

    if (next == SELECTDB_NEXT_DONE)
        read_rows(call, json_object_get(answer, "data"));
    json_decref(answer);
    return next;
}

static const SelectdbKind SQL = {
    .read = read_result,
    .method = "POST",
    .one_at_a_time = true,
    .silence_s = SQL_SILENCE_S,
    .reply_max = ROWS_MAX,
};

static bool only_reads(const char *statement)
{
    static const char *const WORDS[] = {"SELECT", "SHOW", "DESC", "DESCRIBE"};
    size_t length = 0;

    while (isalpha((unsigned char)statement[length]))
        length++;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strlen(WORDS[i]) == length && strncasecmp(WORDS[i], statement, length) == 0)
            return true;
    }
    return false;
}

static Str statement_body(Arena *arena, const char *statement)
{
    json_t *object = json_object();
    char *text;

    json_object_set_new(object, "stmt", json_string_nocheck(statement));
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    Str body = str_of(arena_strdup(arena, text ? text : "{}"));

    free(text);
    return body;
}

SelectdbCall *selectdb_sql(Selectdb *db, const char *database, const char *statement)
{
    static const char *const HEADERS[] = {"Content-Type: application/json", NULL};
    SelectdbCall *call = selectdb_start(db, &SQL);

    call->path = arena_printf(
        &call->arena, "/api/query/internal/%s",
        selectdb_path_segment(&call->arena, database[0] ? database : "information_schema"));
    call->headers = selectdb_headers(call, HEADERS, false);
    call->data = statement_body(&call->arena, statement);
    call->asks_only = only_reads(statement);
    return call;
}

const SelectdbRows *selectdb_rows(const SelectdbCall *call)
{
    return &call->rows;
}

SelectdbValue selectdb_value(const SelectdbRows *rows, size_t row, const char *column)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        if (strcasecmp(rows->columns[i], column) == 0)
            return rows->values[row * rows->column_count + i];
    }
    return (SelectdbValue){.text = STR(""), .null = true};
}

static void copy_rows(const SelectdbRows *rows, Arena *arena, SelectdbRows *out)
{
    size_t count = rows->column_count * rows->row_count;
    const char **names = ARENA_ARRAY(arena, const char *, rows->column_count + 1);
    SelectdbValue *values = ARENA_ARRAY(arena, SelectdbValue, count + 1);

    for (size_t i = 0; i < rows->column_count; i++)
        names[i] = arena_strdup(arena, rows->columns[i]);
    for (size_t i = 0; i < count; i++)
        values[i] = (SelectdbValue){arena_copy(arena, rows->values[i].text), rows->values[i].null};
    *out = (SelectdbRows){rows->column_count, rows->row_count, names, values};
}

bool selectdb_query(Selectdb *db, const char *database, const char *statement, Arena *arena,
                    SelectdbRows *rows, Error *err)
{
    CLEANUP(selectdb_free) SelectdbCall *call = selectdb_sql(db, database, statement);

    if (!selectdb_finish(db, call, err))
        return false;
    if (rows)
        copy_rows(&call->rows, arena, rows);
    return true;
}
