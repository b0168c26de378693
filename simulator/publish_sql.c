#include "simulator/publish_sql.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "simulator/load_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void add(Bytes *sql, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(Bytes *sql, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bytes_add_str(sql, str_of(text));
}

static size_t staged_at(const StageHeader *header, int uid)
{
    for (uint32_t i = 0; i < header->count; i++)
        if (header->uids[i] == uid)
            return i;
    return NOT_STAGED;
}

static const char *now_text(Arena *arena)
{
    time_t seconds = (time_t)(clock_wall_us() / 1000000);
    struct tm day;

    gmtime_r(&seconds, &day);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d.000000", day.tm_year + 1900,
                        day.tm_mon + 1, day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec);
}

static Cell default_cell(const SimColumn *column, Arena *arena)
{
    CastContext context = {.arena = arena};
    const char *text = column->default_now ? now_text(arena) : column->default_text;
    Cell cell = {0};

    if (text && !cast_field(&column->type, str_of(text), &context, &cell))
        cell.form = CELL_NULL;
    return cell;
}

static void map_columns(const TableDef *def, const StageHeader *header, Arena *arena,
                        PublishSql *out)
{
    out->staged = ARENA_ARRAY(arena, size_t, def->column_count);
    out->defaults = ARENA_ARRAY(arena, Cell, def->column_count);
    for (size_t i = 0; i < def->column_count; i++) {
        out->staged[i] = staged_at(header, def->columns[i].uid);
        out->defaults[i] = default_cell(&def->columns[i], arena);
    }
    out->sequence_staged = staged_at(header, UID_SEQUENCE);
    out->delete_staged = staged_at(header, UID_DELETE_SIGN);
}

static void add_conflict(const TableDef *def, const StageHeader *header, const PublishSql *map,
                         Bytes *sql)
{
    long long id = (long long)def->id;

    add(sql, " ON CONFLICT (_k) DO UPDATE SET _d = excluded._d, _v = excluded._v");
    if (map->sequence_staged != NOT_STAGED || !header->partial)
        add(sql, ", _s = excluded._s");
    for (size_t i = 0; i < def->column_count; i++) {
        int uid = def->columns[i].uid;

        if (map->staged[i] != NOT_STAGED || !header->partial)
            add(sql, ", c%d = excluded.c%d", uid, uid);
        else
            add(sql, ", c%d = CASE t%lld._d WHEN 1 THEN excluded.c%d ELSE t%lld.c%d END", uid, id,
                uid, id, uid);
    }
    if (def->sequence != SEQUENCE_NONE && map->sequence_staged != NOT_STAGED)
        add(sql, " WHERE t%lld._s IS NULL OR excluded._s >= t%lld._s", id, id);
}

void publish_sql_make(const TableDef *def, const StageHeader *header, Arena *arena, PublishSql *out)
{
    Bytes sql = {0};
    size_t at = 0, first;

    *out = (PublishSql){0};
    map_columns(def, header, arena, out);
    add(&sql, "INSERT INTO t%lld (", (long long)def->id);
    if (def->unique) {
        out->key_at = ++at;
        out->sequence_at = ++at;
        out->delete_at = ++at;
        add(&sql, "_k, _s, _d, ");
    }
    out->version_at = ++at;
    out->columns_at = first = at + 1;
    add(&sql, "_v");
    for (size_t i = 0; i < def->column_count; i++)
        add(&sql, ", c%d", def->columns[i].uid);
    add(&sql, ") VALUES (?1");
    for (size_t i = 2; i < first + def->column_count; i++)
        add(&sql, ", ?%zu", i);
    add(&sql, ")");
    if (def->unique)
        add_conflict(def, header, out, &sql);
    out->text = arena_copy(arena, bytes_str(&sql)).data;
    bytes_done(&sql);
}
