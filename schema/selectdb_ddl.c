#include "schema/selectdb_ddl.h"

#include "common/selectdb_sql.h"
#include "common/sql_text.h"

const char *selectdb_ddl_mark(Arena *arena, SelectdbOwner owner, uint32_t oid)
{
    return arena_printf(arena, "[walferry %s %s %u]", owner.task, owner.task_uuid, oid);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);

    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

bool selectdb_ddl_is_marked(Arena *arena, const char *comment, SelectdbOwner owner, uint32_t oid)
{
    if (owner.task_uuid && owner.task_uuid[0])
        return ends_with(comment, selectdb_ddl_mark(arena, owner, oid));
    return strstr(comment, arena_printf(arena, "[walferry %s ", owner.task)) &&
           ends_with(comment, arena_printf(arena, " %u]", oid));
}

static const char *finish(Arena *arena, const Bytes *sql)
{
    return arena_copy(arena, bytes_str(sql)).data;
}

const char *selectdb_ddl_database(Arena *arena, const char *database)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE DATABASE IF NOT EXISTS ");
    selectdb_sql_name(&sql, str_of(database));
    return finish(arena, &sql);
}

/* Values are nullable: the row of a DELETE may bear its key only. */
static void add_field(Bytes *sql, const SelectdbField *field)
{
    char type[DORIS_TYPE_TEXT_MAX];

    selectdb_sql_name(sql, str_of(field->name));
    sql_add(sql, " %s %s", doris_type_text(field->type, type),
            field->not_null ? "NOT NULL" : "NULL");
    if (!field->source)
        sql_add(sql, " DEFAULT \"0\"");
    if (field->source && field->source->comment) {
        sql_add(sql, " COMMENT ");
        selectdb_sql_text(sql, str_of(field->source->comment));
    }
}

/*
 * A duplicate table must be sorted by its first columns; where none of the source's may, by the
 * number of the change.
 */
static const SelectdbField *first_field(const SelectdbDesign *design)
{
    return design->key_count == 0 ? &design->fields[design->field_count - 1] : NULL;
}

static void add_fields(Bytes *sql, const SelectdbDesign *design)
{
    const SelectdbField *first = first_field(design);

    if (first) {
        sql_add(sql, "  ");
        add_field(sql, first);
    }
    for (size_t i = 0; i < design->field_count; i++) {
        if (&design->fields[i] == first)
            continue;
        sql_add(sql, "%s  ", i > 0 || first ? ",\n" : "");
        add_field(sql, &design->fields[i]);
    }
}

static void add_key(Bytes *sql, const SelectdbDesign *design)
{
    const SelectdbField *first = first_field(design);

    sql_add(sql, "%s KEY(", design->unique ? "UNIQUE" : "DUPLICATE");
    if (first)
        selectdb_sql_name(sql, str_of(first->name));
    for (size_t i = 0; i < design->key_count; i++) {
        sql_add(sql, "%s", i ? ", " : "");
        selectdb_sql_name(sql, str_of(design->fields[i].name));
    }
    sql_add(sql, ")\n");
}

static void add_comment(Bytes *sql, Arena *arena, const SelectdbDesign *design, SelectdbOwner owner)
{
    const char *comment = design->source->comment ? design->source->comment : "";

    sql_add(sql, "COMMENT ");
    selectdb_sql_text(sql,
                      str_of(arena_printf(arena, "%s%s%s", comment, comment[0] ? " " : "",
                                          selectdb_ddl_mark(arena, owner, design->source->oid))));
    sql_add(sql, "\n");
}

static void add_distribution(Bytes *sql, const SelectdbDesign *design)
{
    bool hash = design->distribution[0] != NULL;

    sql_add(sql, "DISTRIBUTED BY %s", hash ? "HASH(" : "RANDOM");
    for (size_t i = 0; design->distribution[i]; i++) {
        sql_add(sql, "%s", i ? ", " : "");
        selectdb_sql_name(sql, str_of(design->distribution[i]));
    }
    sql_add(sql, "%s BUCKETS ", hash ? ")" : "");
    if (design->buckets > 0)
        sql_add(sql, "%lld\n", (long long)design->buckets);
    else
        sql_add(sql, "AUTO\n");
}

static void add_property(Bytes *sql, const char *name, const char *value)
{
    sql_add(sql, ",\n  ");
    selectdb_sql_text(sql, str_of(name));
    sql_add(sql, " = ");
    selectdb_sql_text(sql, str_of(value));
}

bool selectdb_ddl_says_replicas(const SelectdbDesign *design)
{
    for (size_t i = 0; i < design->property_count; i++) {
        if (strncmp(design->properties[i].name, "replication_", strlen("replication_")) == 0)
            return true;
    }
    return false;
}

/* All that the loads rely on is said, whatever the version's defaults are. */
static void add_properties(Bytes *sql, Arena *arena, const SelectdbDesign *design,
                           unsigned replicas)
{
    sql_add(sql, "PROPERTIES (\n  'light_schema_change' = 'true'");
    if (design->unique) {
        add_property(sql, "enable_unique_key_merge_on_write", "true");
        add_property(sql, "function_column.sequence_type", "bigint");
    }
    if (replicas > 0 && !selectdb_ddl_says_replicas(design))
        add_property(sql, "replication_num", arena_printf(arena, "%u", replicas));
    for (size_t i = 0; i < design->property_count; i++)
        add_property(sql, design->properties[i].name, design->properties[i].value);
    sql_add(sql, "\n)");
}

const char *selectdb_ddl_table(Arena *arena, const SelectdbDesign *design, SelectdbOwner owner,
                               unsigned replicas)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE TABLE ");
    selectdb_sql_table(&sql, str_of(design->source->to_schema), str_of(design->source->to_name));
    sql_add(&sql, " (\n");
    add_fields(&sql, design);
    sql_add(&sql, "\n)\nENGINE=OLAP\n");
    add_key(&sql, design);
    add_comment(&sql, arena, design, owner);
    add_distribution(&sql, design);
    add_properties(&sql, arena, design, replicas);
    return finish(arena, &sql);
}
