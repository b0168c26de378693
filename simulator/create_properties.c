#include "simulator/create_properties.h"

#include "common/compiler.h"
#include "common/mem.h"

#include <stdlib.h>
#include <strings.h>

enum { BACKENDS = 2 };

static const char MOW[] = "enable_unique_key_merge_on_write";
static const char SEQUENCE_TYPE_PROPERTY[] = "function_column.sequence_type";
static const char SEQUENCE_COL_PROPERTY[] = "function_column.sequence_col";

static const char *const KNOWN[] = {
    "replication_num",
    "replication_allocation",
    "enable_unique_key_merge_on_write",
    "light_schema_change",
    "function_column.sequence_type",
    "function_column.sequence_col",
    "store_row_column",
    "enable_unique_key_skip_bitmap_column",
    "disable_auto_compaction",
    "compaction_policy",
    "group_commit_interval_ms",
    "group_commit_data_bytes",
    "enable_single_replica_compaction",
    "storage_format",
    "compression",
    "bloom_filter_columns",
    "enable_duplicate_without_keys_by_default",
    "storage_medium",
    "storage_policy",
    "in_memory",
    "is_being_synced",
    "estimate_partition_size",
    "enable_mow_light_delete",
};

/* [FE] cloud/common/util/CloudPropertyAnalyzer.java: what means nothing there is dropped. */
static const char *const LOCAL_ONLY[] = {
    "replication_num", "replication_allocation",           "storage_medium", "storage_format",
    "storage_policy",  "enable_single_replica_compaction", "in_memory",      "light_schema_change"};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static const char *said(const CreateTable *create, const char *name)
{
    for (size_t i = 0; i < create->property_count; i++)
        if (strcmp(create->properties[i].name, name) == 0)
            return create->properties[i].value;
    return NULL;
}

static bool check_known(const CreateTable *create, Error *err)
{
    for (size_t i = 0; i < create->property_count; i++) {
        const SimProperty *property = &create->properties[i];

        if (!is_one_of(property->name, KNOWN, COUNT_OF(KNOWN)))
            return sql_error(err, "Unknown properties: {%s=%s}", property->name, property->value);
        if (strcmp(property->name, "enable_unique_key_skip_bitmap_column") == 0 &&
            strcasecmp(property->value, "true") == 0)
            return sql_not_reached(err, "flexible partial update");
    }
    return true;
}

/* Without the property three replicas are wanted, more than there are BEs. */
static bool check_replicas(Profile profile, const CreateTable *create, Error *err)
{
    const char *text = said(create, "replication_num");
    long count = text ? strtol(text, NULL, 10) : 3;

    if (profile_is_cloud(profile) || (!text && said(create, "replication_allocation")))
        return true;
    if (count < 1)
        return sql_error(err, "Replication num should between 1 and 32767.");
    return count <= BACKENDS ||
           sql_error(err,
                     "Failed to find enough backend, please check the replication num,replication "
                     "tag and storage medium and avail capacity of backends or maybe all be on "
                     "same host.\nCreate failed replications:\nreplication tag: {\"location\" : "
                     "\"default\"}, replication num: %ld, storage medium: HDD",
                     count);
}

static bool set_flag(const char *text, bool fallback, bool *out, const char *name, Error *err)
{
    *out = text ? strcasecmp(text, "true") == 0 : fallback;
    return !text || *out || strcasecmp(text, "false") == 0 ||
           sql_error(err, "%s must be `true` or `false`", name);
}

static bool set_merge_on_write(const CreateTable *create, TableDef *def, Error *err)
{
    const char *text = said(create, MOW);

    if (text && !def->unique)
        return sql_error(err, "%s property only support unique key table", MOW);
    if (!set_flag(text, def->unique, &def->merge_on_write, MOW, err))
        return false;
    return !def->unique || def->merge_on_write || sql_not_reached(err, "merge-on-read tables");
}

/* [FE] datasource/InternalCatalog.java:2888-2915 */
static bool set_sequence_column(const char *name, TableDef *def, Error *err)
{
    const SimColumn *column = table_def_column(def, name);

    if (!column)
        return sql_error(err, "The specified sequence column[%s] not exists", name);
    if (!sim_type_is_sequence(&column->type))
        return sql_error(err, "Sequence type only support integer types and date types");
    def->sequence = SEQUENCE_COLUMN;
    def->sequence_type = column->type;
    def->sequence_column = (size_t)(column - def->columns);
    return true;
}

static bool set_sequence(const CreateTable *create, TableDef *def, Error *err)
{
    const char *type = said(create, SEQUENCE_TYPE_PROPERTY);
    const char *column = said(create, SEQUENCE_COL_PROPERTY);
    SimKind kind;

    if (!type && !column)
        return true;
    if (!def->unique)
        return sql_error(err, "sequence column only support UNIQUE_KEYS");
    if (type && column)
        return sql_error(err, "The sequence_col and sequence_type cannot be set at the same time");
    if (column)
        return set_sequence_column(column, def, err);
    if (!sim_kind_parse(str_of(type), &kind))
        return sql_error(err, "Sequence type only support integer types and date types");
    def->sequence = SEQUENCE_TYPE;
    def->sequence_type = sim_type_of(kind);
    return sim_type_is_sequence(&def->sequence_type) ||
           sql_error(err, "Sequence type only support integer types and date types");
}

static void add_property(TableDef *def, const char *name, const char *value)
{
    def->properties[def->property_count++] =
        (SimProperty){arena_strdup(&def->arena, name), arena_strdup(&def->arena, value)};
}

static void fill_properties(Profile profile, const CreateTable *create, TableDef *def)
{
    def->properties = ARENA_ARRAY(&def->arena, SimProperty, create->property_count + 3);
    for (size_t i = 0; i < create->property_count; i++)
        if (!profile_is_cloud(profile) ||
            !is_one_of(create->properties[i].name, LOCAL_ONLY, COUNT_OF(LOCAL_ONLY)))
            add_property(def, create->properties[i].name, create->properties[i].value);
    if (profile_is_cloud(profile))
        add_property(def, "replication_allocation", "tag.location.default: 1");
    if (!table_def_property(def, "light_schema_change"))
        add_property(def, "light_schema_change", "true");
    if (def->unique && !table_def_property(def, MOW))
        add_property(def, MOW, "true");
}

bool create_properties(Profile profile, const CreateTable *create, TableDef *def, Error *err)
{
    if (!check_known(create, err) || !check_replicas(profile, create, err) ||
        !set_merge_on_write(create, def, err) || !set_sequence(create, def, err))
        return false;
    fill_properties(profile, create, def);
    return true;
}
