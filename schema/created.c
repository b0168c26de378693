#include "schema/created.h"

#include "common/mem.h"
#include "common/sql_text.h"

static void add_element(Bytes *out, const char *text)
{
    bytes_add_u8(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            bytes_add_u8(out, '\\');
        bytes_add_u8(out, (uint8_t)*text);
    }
    bytes_add_u8(out, '"');
}

void created_text_array(Bytes *out, const char *const *texts, size_t count)
{
    bytes_add_u8(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            bytes_add_u8(out, ',');
        add_element(out, texts[i]);
    }
    bytes_add_u8(out, '}');
}

char *created_object(const char *kind, const char *schema, const char *name)
{
    CLEANUP(bytes_done) Bytes out = {0};

    sql_add(&out, "%s ", kind);
    if (strpbrk(schema, ".\""))
        sql_identifier(&out, str_of(schema));
    else
        sql_add(&out, "%s", schema);
    sql_add(&out, ".%s", name);
    return mem_strdup(sql_text(&out));
}

bool created_find(Pg *pg, const TaskFile *task, const char *const *objects, size_t count, bool *out,
                  Error *err)
{
    static const char SQL[] =
        "SELECT o.place FROM unnest($2::text[]) WITH ORDINALITY AS o (object, place)"
        " JOIN walferry.created AS c ON c.task = $1 AND c.object = o.object";
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes list = {0};

    created_text_array(&list, objects, count);

    const char *values[] = {task->name, sql_text(&list)};

    memset(out, 0, count * sizeof *out);
    if (!pg_query(pg, SQL, 2, values, &rows, err))
        return error_wrap(err, "read what was made already");
    for (int row = 0; row < pg_rows_count(rows); row++)
        out[pg_int(rows, row, "place") - 1] = true;
    return true;
}

void created_note(Bytes *sql, const TaskFile *task, const char *object)
{
    sql_add(sql, "; INSERT INTO walferry.created (task, object) VALUES (");
    sql_literal(sql, str_of(task->name));
    sql_add(sql, ", ");
    sql_literal(sql, str_of(object));
    sql_add(sql, ") ON CONFLICT DO NOTHING");
}
