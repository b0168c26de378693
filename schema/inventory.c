#include "schema/inventory.h"

#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/check_report.h"
#include "schema/keys.h"
#include "schema/unsupported.h"

#include <stdlib.h>

/* What a first check finds that a statement of an administrator mends. */
/* clang-format off */
static const struct {
    const char *id;
    const char *side;
} GRANTS[] = {
    {"source.replication_privilege",       "source"},
    {"source.create_privilege",            "source"},
    {"source.select",                      "source"},
    {"source.ownership",                   "source"},
    {"source.row_security",                "source"},
    {"destination.create_privilege",       "destination"},
    {"destination.temporary_privilege", "destination"},
    {"destination.table_privilege",     "destination"},
    {"destination.session_replication_role", "destination"},
};
/* clang-format on */

typedef struct Inventory {
    Bytes script;
    const char *side; /* whose statements are being added */
    size_t side_start;
    Error failure; /* of a connection */
    Arena arena;
    const UnsupportedItem **unsupported; /* fatal ones, in the arena */
    size_t unsupported_count;
} Inventory;

static void inventory_done(Inventory *inventory)
{
    bytes_done(&inventory->script);
    arena_done(&inventory->arena);
}

static const char *side_of(const char *id)
{
    for (size_t i = 0; i < COUNT_OF(GRANTS); i++) {
        if (strcmp(GRANTS[i].id, id) == 0)
            return GRANTS[i].side;
    }
    return NULL;
}

/* Whole lines only; many tables often want one and the same GRANT. */
static bool has_line(const Bytes *script, size_t start, const char *line)
{
    size_t len = strlen(line);

    for (size_t at = start; at + len < script->len; at++) {
        if ((at == 0 || script->data[at - 1] == '\n') && script->data[at + len] == '\n' &&
            memcmp(script->data + at, line, len) == 0)
            return true;
    }
    return false;
}

static void add_grant(Inventory *inventory, const char *side, const char *sql)
{
    if (inventory->side != side) {
        inventory->side_start = inventory->script.len;
        sql_add(&inventory->script, "-- at the %s, as an administrator\n", side);
    }
    inventory->side = side;
    if (!has_line(&inventory->script, inventory->side_start, sql))
        sql_add(&inventory->script, "%s\n", sql);
}

static void take_item(void *self, const CheckItem *item)
{
    Inventory *inventory = self;
    const char *side = side_of(item->id);

    if (item->level == CHECK_OK)
        return;
    if (side)
        add_grant(inventory, side, item->to_do);
    else if (item->level == CHECK_WARN)
        return;
    else if (strcmp(item->id, "source.connect") == 0 ||
             strcmp(item->id, "destination.connect") == 0) {
        error_set(&inventory->failure, ERROR_CONNECTION, "%s", item->what);
        error_hint(&inventory->failure, "%s", item->to_do);
    }
}

static void keep_unsupported(void *self, const UnsupportedItem *item)
{
    Inventory *inventory = self;

    if (!item->fatal)
        return;

    UnsupportedItem *kept = ARENA_NEW(&inventory->arena, UnsupportedItem);
    const UnsupportedItem **grown =
        ARENA_ARRAY(&inventory->arena, const UnsupportedItem *, inventory->unsupported_count + 1);

    kept->object = arena_strdup(&inventory->arena, item->object);
    kept->reason = arena_strdup(&inventory->arena, item->reason);
    if (inventory->unsupported_count > 0)
        memcpy(grown, inventory->unsupported, inventory->unsupported_count * sizeof *grown);
    grown[inventory->unsupported_count++] = kept;
    inventory->unsupported = grown;
}

static bool read_unsupported(Inventory *inventory, CheckReport *report, Error *err)
{
    CLEANUP(pg_close) Pg *pg = NULL;

    return job_connect_source(&pg, report->task, "init", NULL, err) &&
           unsupported_each(pg, report->task, &inventory->arena, &report->catalog, keep_unsupported,
                            inventory, err);
}

/* The objects are "schema.table", "schema.table.column" or "schema.table: constraint". */
static const UnsupportedItem *find_unsupported(const Inventory *inventory, const char *table)
{
    size_t len = strlen(table);

    for (size_t i = 0; i < inventory->unsupported_count; i++) {
        const char *object = inventory->unsupported[i]->object;

        if (strncmp(object, table, len) == 0 && strchr(".:", object[len]))
            return inventory->unsupported[i]; /* strchr finds the end of the text too */
    }
    return NULL;
}

static const char *describe_key(Arena *arena, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes text = {0};
    const CatalogIndex *key = keys_index(table, true);

    if (!key)
        return "none";
    if (key->primary)
        sql_add(&text, "primary key (");
    else
        sql_add(&text, "unique index %s (", key->name);
    for (size_t i = 0; i < key->key_count; i++) {
        const CatalogColumn *column = catalog_column(table, key->keys[i]);

        sql_add(&text, "%s%s", i ? ", " : "", column ? column->name : "");
    }
    bytes_add_u8(&text, ')');
    return arena_copy(arena, bytes_str(&text)).data;
}

static const char *describe_needs(Inventory *inventory, const CatalogTable *table)
{
    const UnsupportedItem *item =
        find_unsupported(inventory, catalog_name(&inventory->arena, table));

    if (item)
        return arena_printf(&inventory->arena, "not supported: %s", item->reason);
    return catalog_has_rows(table) && keys_needs_full(table) ? "REPLICA IDENTITY FULL" : "";
}

static int by_name(const void *a, const void *b)
{
    const CatalogTable *left = a, *right = b;
    int schemas = strcmp(left->schema, right->schema);

    return schemas ? schemas : strcmp(left->name, right->name);
}

/* Sorts the catalog, which is not searched by oid any more. */
static void give_tables(Inventory *inventory, Catalog *catalog, InventorySink *sink, void *self)
{
    if (catalog->table_count > 0)
        qsort(catalog->tables, catalog->table_count, sizeof *catalog->tables, by_name);
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];
        InventoryTable item = {.schema = table->schema,
                               .table = table->name,
                               .estimated_rows = table->estimated_rows,
                               .bytes = (int64_t)table->bytes,
                               .key = describe_key(&inventory->arena, table),
                               .needs = describe_needs(inventory, table)};

        sink(self, &item);
    }
}

static bool look(Inventory *inventory, CheckReport *report, Error *err)
{
    bool with_destination = report->task->destination.conninfo[0] != '\0';

    if (!check_look_at_source(report, err) ||
        (with_destination && !check_look_at_destination(report, err)))
        return false;
    if (inventory->failure.kind != ERROR_NONE) {
        *err = inventory->failure;
        return false;
    }
    return read_unsupported(inventory, report, err);
}

bool inventory_read(const TaskFile *task, InventorySink *sink, void *self, char **grants,
                    Error *err)
{
    CLEANUP(inventory_done) Inventory inventory = {0};
    CLEANUP(check_report_done)
    CheckReport report = {.task = task, .sink = take_item, .self = &inventory};

    if (!look(&inventory, &report, err))
        return false;
    give_tables(&inventory, &report.catalog, sink, self);
    (void)sql_text(&inventory.script);
    *grants = inventory.script.data;
    inventory.script.data = NULL; /* handed over */
    return true;
}
