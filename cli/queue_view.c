#include "cli/queue_view.h"

#include "cli/table.h"
#include "cli/units.h"
#include "common/lsn.h"
#include <stdio.h>
#include <time.h>

static const TableColumn COLUMNS[] = {{"stage", false}, {"what", false}, {"value", true}};

static const char *time_text(int64_t us, char out[UNITS_TEXT_MAX])
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm parts;

    if (us <= 0 || !gmtime_r(&seconds, &parts))
        return "-";
    strftime(out, UNITS_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return out;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);

    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* What a counter counts is told by how its name ends. */
static const char *value_text(const char *name, int64_t value, char out[UNITS_TEXT_MAX])
{
    if (ends_in(name, "bytes"))
        return units_bytes(value, out);
    if (ends_in(name, "_kb"))
        return units_bytes(value * 1024, out);
    if (ends_in(name, "_lsn"))
        return lsn_format((Lsn)value, out);
    if (ends_in(name, "_time_us"))
        return time_text(value, out);
    return units_count(value, out);
}

static void add_stage(Table *table, const JsonValue *stage)
{
    const JsonValue *counters = json_value_at(stage, "counters");

    for (size_t i = 0; i < json_value_count(counters); i++) {
        const char *name = json_value_key(counters, i);
        int64_t value = json_value_int(counters, name, 0);
        char text[UNITS_TEXT_MAX];

        table_addf(table, "%s %lld", json_value_text(stage, "role", "?"),
                   (long long)json_value_int(stage, "instance", 0));
        table_add(table, name);
        table_add(table, value_text(name, value, text));
    }
}

void queue_view(const JsonValue *stats, Bytes *out)
{
    const JsonValue *stages = json_value_at(stats, "stages");
    CLEANUP(table_done) Table table = table_of(COLUMNS, COUNT_OF(COLUMNS));

    for (size_t i = 0; i < json_value_count(stages); i++)
        add_stage(&table, json_value_item(stages, i));
    if (table.cell_count == 0)
        bytes_add_str(out, str_of("no stage has said anything yet\n"));
    table_print(&table, out);
}
