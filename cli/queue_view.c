#include "cli/queue_view.h"

#include "cli/table.h"
#include "cli/units.h"

static const TableColumn COLUMNS[] = {{"stage", false}, {"what", false}, {"value", true}};

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
        table_add(table,
                  strstr(name, "bytes") ? units_bytes(value, text) : units_count(value, text));
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
