#include "simulator/settings.h"

#include "simulator/json_text.h"
#include <jansson.h>
#include <stddef.h>

/* Of the tables; what was not set is not known here and left alone. */
typedef struct TableSettings {
    int64_t version_limit;
    int64_t versions_per_second;
    int64_t string_limit;
} TableSettings;

typedef struct All {
    SimSettings sim;
    TxnLimits txns;
    TableSettings tables;
} All;

/* clang-format off */
static const struct Setting {
    const char *name;
    size_t at;
} SETTINGS[] = {
    {"publish_delay_ms",    offsetof(All, sim.publish_delay_ms)},
    {"publish_wait_ms",     offsetof(All, sim.publish_wait_ms)},
    {"bandwidth",           offsetof(All, sim.bandwidth)},
    {"cleaner_ms",          offsetof(All, sim.cleaner_ms)},
    {"heartbeat_ms",        offsetof(All, sim.heartbeat_ms)},
    {"be_down_abort_ms",    offsetof(All, sim.be_down_abort_ms)},
    {"sql_workers",         offsetof(All, sim.sql_workers)},
    {"legacy_status",       offsetof(All, sim.legacy_status)},
    {"label_keep_s",        offsetof(All, txns.label_keep_s)},
    {"label_num_threshold", offsetof(All, txns.label_num_threshold)},
    {"max_running_txn",     offsetof(All, txns.max_running)},
    {"max_aborted_txn",     offsetof(All, txns.max_aborted)},
    {"version_limit",       offsetof(All, tables.version_limit)},
    {"versions_per_second", offsetof(All, tables.versions_per_second)},
    {"string_limit",        offsetof(All, tables.string_limit)},
};
/* clang-format on */

static int64_t *place(All *all, size_t i)
{
    return (int64_t *)(void *)((char *)all + SETTINGS[i].at);
}

static void read_all(Simulator *sim, All *all)
{
    all->tables = (TableSettings){-1, -1, -1};
    sim_settings(sim, &all->sim);
    txns_get_limits(sim->txns, &all->txns);
}

static void write_all(Simulator *sim, const All *all)
{
    pthread_mutex_lock(&sim->lock);
    sim->settings = all->sim;
    sim->cleaned_at_ms = 0; /* so that new limits of the labels hold from now on */
    pthread_mutex_unlock(&sim->lock);
    txns_set_limits(sim->txns, &all->txns);
    tables_set_limits(sim->tables, (int)all->tables.version_limit,
                      (double)all->tables.versions_per_second, all->tables.string_limit);
}

static bool set_one(All *all, const char *name, const json_t *value, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        if (strcmp(SETTINGS[i].name, name) != 0)
            continue;
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return error_set(err, ERROR_CONFIG, "'%s' is a number from 0", name);
        *place(all, i) = json_integer_value(value);
        return true;
    }
    return error_set(err, ERROR_CONFIG, "no setting is named '%s'", name);
}

bool settings_apply(Simulator *sim, Str json, Error *err)
{
    json_t *root = json_loadb(json.data, json.len, 0, NULL);
    bool ok = json_is_object(root) || error_set(err, ERROR_CONFIG, "settings are a JSON object");
    const char *name;
    json_t *value;
    All all;

    read_all(sim, &all);
    if (ok)
        json_object_foreach(root, name, value) ok = ok && set_one(&all, name, value, err);
    if (ok)
        write_all(sim, &all);
    json_decref(root);
    return ok;
}

void settings_list(Simulator *sim, Bytes *out)
{
    const char *comma = "{";
    All all;

    read_all(sim, &all);
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) {
        if (*place(&all, i) < 0)
            continue;
        json_add_text(out, comma);
        json_add_string(out, str_of(SETTINGS[i].name));
        json_add_text(out, ": ");
        json_add_number(out, *place(&all, i));
        comma = ", ";
    }
    json_add_text(out, "}\n");
}
