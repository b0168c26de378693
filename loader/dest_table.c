#include "loader/dest_table.h"

#include "common/arena.h"
#include "common/mem.h"
#include "common/sql_text.h"

/* clang-format off */
#include "dest_columns.sql.h"
#include "dest_table.sql.h"
/* clang-format on */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

/* What the table was asked for with, to notice when the source's columns are others. */
typedef struct Asked {
    char *name;
    uint32_t type_oid;
    bool key;
} Asked;

typedef struct NamedTable {
    DestTable table; /* first; its qualified name is the hash key */
    Asked *asked;
    bool full_identity;
    UT_hash_handle hh;
} NamedTable;

struct DestTables {
    const char *task; /* borrowed */
    bool replica;
    NamedTable *named;
    unsigned numbers; /* given to tables so far */
};

DestTables *dest_tables_open(const char *task, bool replica)
{
    DestTables *tables = MEM_NEW(DestTables);

    tables->task = task;
    tables->replica = replica;
    return tables;
}

static void table_free(NamedTable *named)
{
    DestTable *table = &named->table;

    for (uint32_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].base);
        free(table->columns[i].equals);
        free(named->asked[i].name);
    }
    statement_cache_done(&table->statements);
    free(table->columns);
    free(table->object);
    free(table->qualified);
    free(named->asked);
    free(named);
}

void dest_tables_clear(DestTables *tables)
{
    NamedTable *named, *following;

    HASH_ITER(hh, tables->named, named, following)
    {
        HASH_DEL(tables->named, named);
        table_free(named);
    }
}

void dest_tables_close(DestTables **tables)
{
    if (!*tables)
        return;
    dest_tables_clear(*tables);
    free(*tables);
    *tables = NULL;
}

void dest_tables_rolled_back(DestTables *tables, uint64_t transaction)
{
    NamedTable *named, *following;

    HASH_ITER(hh, tables->named, named, following)
    {
        if (named->table.temporary_made_in == transaction)
            named->table.temporary_made_in = 0;
    }
}

static char *qualified_of(const Relation *relation)
{
    CLEANUP(bytes_done) Bytes out = {0};

    sql_qualified(&out, relation->schema, relation->table);
    return mem_strdup(sql_text(&out));
}

/* For messages: both names, where they differ. */
static char *object_of(const Relation *relation)
{
    if (relation->source.len > 0)
        return mem_printf("%.*s.%.*s (%.*s at the source)", STR_ARGS(relation->schema),
                          STR_ARGS(relation->table), STR_ARGS(relation->source));
    return mem_printf("%.*s.%.*s", STR_ARGS(relation->schema), STR_ARGS(relation->table));
}

static bool asked_the_same(const NamedTable *named, const Relation *relation)
{
    if (named->table.column_count != relation->column_count ||
        named->full_identity != relation->full_identity)
        return false;
    for (uint32_t i = 0; i < relation->column_count; i++) {
        const Column *column = &relation->columns[i];

        if (named->asked[i].key != column->key || named->asked[i].type_oid != column->type_oid ||
            !str_equal(str_of(named->asked[i].name), column->name))
            return false;
    }
    return true;
}

static NamedTable *find(const DestTables *tables, const Relation *relation)
{
    CLEANUP(mem_free) char *qualified = qualified_of(relation);
    NamedTable *named;

    HASH_FIND_STR(tables->named, qualified, named);
    return named && asked_the_same(named, relation) ? named : NULL;
}

/* {"a","b"}: the names of the key's columns as text[]. */
static void add_key_names(Bytes *out, const Relation *relation)
{
    bool begun = false;

    bytes_add_u8(out, '{');
    for (uint32_t i = 0; i < relation->column_count; i++) {
        Str name = relation->columns[i].name;

        if (!relation->columns[i].key)
            continue;
        bytes_add_str(out, str_of(begun ? ",\"" : "\""));
        begun = true;
        for (size_t at = 0; at < name.len; at++) {
            if (name.data[at] == '"' || name.data[at] == '\\')
                bytes_add_u8(out, '\\');
            bytes_add_u8(out, (uint8_t)name.data[at]);
        }
        bytes_add_u8(out, '"');
    }
    bytes_add_u8(out, '}');
}

static bool missing(Error *err, const DestTable *table, const char *what)
{
    error_set(err, ERROR_CONFIG, "%s", what);
    error_object(err, "%s", table->object);
    return error_hint(err, "make the table at the destination as it is at the source");
}

static Sameness sameness_of(uint32_t type_oid)
{
    /* clang-format off */
    static const struct {
        uint32_t oid;
        Sameness sameness;
    } KNOWN[] = {
        {16,   SAME_BY_OPERATOR}, /* bool */
        {17,   SAME_BY_OPERATOR}, /* bytea */
        {18,   SAME_BY_OPERATOR}, /* "char" */
        {19,   SAME_BY_OPERATOR}, /* name */
        {20,   SAME_BY_OPERATOR}, /* int8 */
        {21,   SAME_BY_OPERATOR}, /* int2 */
        {23,   SAME_BY_OPERATOR}, /* int4 */
        {25,   SAME_BY_TEXT},     /* text */
        {26,   SAME_BY_OPERATOR}, /* oid */
        {1043, SAME_BY_TEXT},     /* varchar */
        {1082, SAME_BY_OPERATOR}, /* date */
        {1083, SAME_BY_OPERATOR}, /* time */
        {1114, SAME_BY_OPERATOR}, /* timestamp */
        {1184, SAME_BY_OPERATOR}, /* timestamptz */
        {2950, SAME_BY_OPERATOR}, /* uuid */
    };
    /* clang-format on */

    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (KNOWN[i].oid == type_oid)
            return KNOWN[i].sameness;
    }
    return SAME_BY_OUTPUT;
}

/* Below it are the types that every server has under the same number. */
enum { FIRST_FREE_OID = 10000 };

/* Of two types without a fixed number we know only that the names were the same. */
static bool are_different(uint32_t ours, uint32_t theirs)
{
    return ours != theirs && (ours < FIRST_FREE_OID || theirs < FIRST_FREE_OID);
}

static uint32_t oid_of(const PgRows *rows, int row, const char *column)
{
    return (uint32_t)pg_int(rows, row, column);
}

static int row_of_column(const PgRows *rows, Str name)
{
    for (int row = 0; row < pg_rows_count(rows); row++) {
        if (str_equal(str_of(pg_text(rows, row, "name")), name))
            return row;
    }
    return -1;
}

static char *quoted(Str name)
{
    CLEANUP(bytes_done) Bytes out = {0};

    sql_identifier(&out, name);
    return mem_strdup(sql_text(&out));
}

static char *equality(const char *schema)
{
    CLEANUP(bytes_done) Bytes out = {0};

    bytes_add_str(&out, str_of("OPERATOR("));
    sql_identifier(&out, str_of(schema));
    bytes_add_str(&out, str_of(".=)"));
    return mem_strdup(sql_text(&out));
}

static bool fill_column(DestTable *table, DestColumn *out, const Column *column, const PgRows *rows,
                        Error *err)
{
    char what[128];
    int row = row_of_column(rows, column->name);

    if (row < 0 || pg_bool(rows, row, "generated")) {
        snprintf(what, sizeof what, "column %.*s %s at the destination", STR_ARGS(column->name),
                 row < 0 ? "is missing" : "is a generated one");
        return missing(err, table, what);
    }
    out->name = quoted(column->name);
    out->type = mem_strdup(pg_text(rows, row, "type"));
    out->equals = equality(pg_text(rows, row, "equality"));
    out->type_oid = oid_of(rows, row, "type_oid");
    out->key = column->key;
    out->identity_always = pg_bool(rows, row, "identity_always");
    out->base = pg_is_null(rows, row, "base") ? NULL : mem_strdup(pg_text(rows, row, "base"));
    out->base_oid = oid_of(rows, row, "base_oid");
    out->sameness = sameness_of(out->base_oid);
    out->other_type = are_different(out->type_oid, column->type_oid);
    table->key_count += column->key;
    return true;
}

static bool ask_columns(NamedTable *named, Pg *pg, const char *oid, const Relation *relation,
                        Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    const char *values[] = {oid};

    if (!pg_query(pg, SQL_DEST_COLUMNS, COUNT_OF(values), values, &rows, err))
        return false;
    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (!fill_column(&named->table, &named->table.columns[i], &relation->columns[i], rows, err))
            return false;
    }
    return true;
}

/*
 * Rows of a table without a usable key are found by all their columns. One with a deferrable key
 * too, where the source tells all of them: in between, a key may be there twice.
 */
static bool is_found_by_all_columns(const DestTable *table, const Relation *relation)
{
    return table->key_count == 0 || (table->deferrable_key && relation->full_identity);
}

static bool refuse_acting(const DestTable *table, const char *what, Error *err)
{
    error_set(err, ERROR_CONFIG,
              "%s would act on what is applied: the user of walferry may not set "
              "session_replication_role",
              what);
    error_object(err, "%s", table->object);
    return error_hint(err, "allow it (walferry check prints the statement), or drop or disable it "
                           "until the task is released");
}

static bool ask(const DestTables *tables, NamedTable *named, Pg *pg, const Relation *relation,
                Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;
    CLEANUP(bytes_done) Bytes keys = {0};
    CLEANUP(arena_done) Arena arena = {0};
    DestTable *table = &named->table;

    add_key_names(&keys, relation);
    const char *values[] = {arena_copy(&arena, relation->schema).data,
                            arena_copy(&arena, relation->table).data, sql_text(&keys), tables->task,
                            table->qualified};
    if (!pg_query(pg, SQL_DEST_TABLE, COUNT_OF(values), values, &rows, err))
        return false;
    if (pg_rows_count(rows) == 0)
        return missing(err, table, "the table is missing at the destination");
    char kind = pg_text(rows, 0, "relkind")[0];
    if (kind != 'r' && kind != 'p')
        return missing(err, table, "it is not a table at the destination");
    if (!tables->replica && !pg_is_null(rows, 0, "acts"))
        return refuse_acting(table, pg_text(rows, 0, "acts"), err);
    table->oid = oid_of(rows, 0, "oid");
    table->partitioned = kind == 'p';
    table->only = table->partitioned ? "" : "ONLY ";
    table->other_unique = pg_bool(rows, 0, "other_unique");
    table->deferrable_key = pg_bool(rows, 0, "deferrable_key");
    if (!ask_columns(named, pg, pg_text(rows, 0, "oid"), relation, err))
        return false;
    table->by_all_columns = is_found_by_all_columns(table, relation);
    table->overwrites =
        pg_bool(rows, 0, "had_rows") && table->key_count > 0 && !table->by_all_columns;
    return true;
}

static NamedTable *new_table(DestTables *tables, const Relation *relation)
{
    NamedTable *named = MEM_NEW(NamedTable);

    named->full_identity = relation->full_identity;
    named->asked = mem_alloc((relation->column_count + 1) * sizeof *named->asked);
    for (uint32_t i = 0; i < relation->column_count; i++) {
        Str name = relation->columns[i].name;
        named->asked[i] = (Asked){mem_printf("%.*s", STR_ARGS(name)), relation->columns[i].type_oid,
                                  relation->columns[i].key};
    }
    named->table = (DestTable){
        .object = object_of(relation),
        .qualified = qualified_of(relation),
        .columns = mem_alloc((relation->column_count + 1) * sizeof(DestColumn)),
        .column_count = relation->column_count,
        .left_out = relation->left_out,
        .number = ++tables->numbers,
    };
    return named;
}

static void replace(DestTables *tables, NamedTable *named)
{
    NamedTable *old;

    HASH_FIND_STR(tables->named, named->table.qualified, old);
    if (old) {
        HASH_DEL(tables->named, old);
        table_free(old);
    }
    HASH_ADD_KEYPTR(hh, tables->named, named->table.qualified,
                    (unsigned)strlen(named->table.qualified), named);
}

bool dest_tables_find(DestTables *tables, Pg *pg, const Relation *relation, DestTable **out,
                      Error *err)
{
    NamedTable *named = find(tables, relation);

    if (!named) {
        named = new_table(tables, relation);
        if (!ask(tables, named, pg, relation, err)) {
            table_free(named);
            return false;
        }
        replace(tables, named);
    }
    *out = &named->table;
    return true;
}
