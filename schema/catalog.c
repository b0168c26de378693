#include "schema/catalog.h"

#include "catalog_columns.sql.h"
#include "catalog_constraints.sql.h"
#include "catalog_indexes.sql.h"
#include "catalog_sequences.sql.h"
#include "catalog_tables.sql.h"
#include "common/bytes.h"
#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/map_catalog.h"
#include "table_details.sql.h"

#include <stdlib.h>

static const char *text_of(const PgRows *rows, int row, const char *column, Arena *arena)
{
    if (pg_is_null(rows, row, column))
        return NULL;
    return arena_strdup(arena, pg_text(rows, row, column));
}

static uint32_t oid_of(const PgRows *rows, int row, const char *column)
{
    return (uint32_t)pg_int(rows, row, column);
}

static char letter_of(const PgRows *rows, int row, const char *column)
{
    return pg_text(rows, row, column)[0];
}

/* reltuples is from the last ANALYZE and -1 before the first; the size is of now. */
static double estimate_rows(const CatalogTable *table, int64_t analyzed_pages, double analyzed_rows)
{
    static const double BYTES_OF_A_ROW = 100;

    if (analyzed_rows >= 0 && analyzed_pages > 0)
        return analyzed_rows / (double)analyzed_pages * (double)table->pages;
    return (double)table->bytes / BYTES_OF_A_ROW;
}

static void read_rights(const PgRows *rows, int row, Arena *arena, CatalogTable *out)
{
    out->owner = text_of(rows, row, "owner", arena);
    out->owner_is_super = pg_bool(rows, row, "owner_is_super");
    out->owned = pg_bool(rows, row, "owned");
    out->readable = pg_bool(rows, row, "readable");
    out->schema_usable = pg_bool(rows, row, "schema_usable");
    out->row_security = pg_bool(rows, row, "row_security");
}

static void read_table(const PgRows *rows, int row, Arena *arena, CatalogTable *out)
{
    out->oid = oid_of(rows, row, "oid");
    out->parent = oid_of(rows, row, "parent");
    out->depth = pg_int(rows, row, "depth");
    out->schema = out->to_schema = text_of(rows, row, "schema", arena);
    out->name = out->to_name = text_of(rows, row, "name", arena);
    out->root_schema = text_of(rows, row, "root_schema", arena);
    out->root_name = text_of(rows, row, "root_name", arena);
    out->kind = letter_of(rows, row, "kind");
    out->persistence = letter_of(rows, row, "persistence");
    out->identity = letter_of(rows, row, "identity");
    out->filenode = oid_of(rows, row, "filenode");
    out->seen_filenode = oid_of(rows, row, "seen_filenode");
    out->bytes = (uint64_t)pg_int(rows, row, "bytes");
    out->pages = out->bytes / (uint64_t)pg_int(rows, row, "block_size");
    out->estimated_rows = estimate_rows(out, pg_int(rows, row, "analyzed_pages"),
                                        strtod(pg_text(rows, row, "analyzed_rows"), NULL));
    out->has_toast = pg_bool(rows, row, "has_toast");
    out->partition_key = text_of(rows, row, "partition_key", arena);
    out->partition_bound = text_of(rows, row, "partition_bound", arena);
    out->partition_uses = text_of(rows, row, "partition_uses", arena);
    out->options = text_of(rows, row, "options", arena);
    out->inherits = text_of(rows, row, "inherits", arena);
    out->inherits_from = text_of(rows, row, "inherits_from", arena);
    out->of_type = text_of(rows, row, "of_type", arena);
    out->comment = text_of(rows, row, "comment", arena);
    read_rights(rows, row, arena, out);
}

static void read_column(const PgRows *rows, int row, Arena *arena, CatalogColumn *out)
{
    out->attnum = oid_of(rows, row, "attnum");
    out->name = out->to = text_of(rows, row, "name", arena);
    out->type_oid = oid_of(rows, row, "type_oid");
    out->wire_oid = oid_of(rows, row, "wire_oid");
    out->element_oid = oid_of(rows, row, "element_oid");
    out->is_enum = pg_bool(rows, row, "is_enum");
    out->comment = text_of(rows, row, "comment", arena);
    out->type_modifier = (int32_t)pg_int(rows, row, "type_modifier");
    out->base_type_oid = oid_of(rows, row, "base_type_oid");
    out->base_type_modifier = (int32_t)pg_int(rows, row, "base_type_modifier");
    out->type_text = text_of(rows, row, "type_text", arena);
    out->default_sql = text_of(rows, row, "default_sql", arena);
    out->sequences = text_of(rows, row, "sequences", arena);
    out->collation = text_of(rows, row, "collation", arena);
    out->deterministic = pg_bool(rows, row, "deterministic");
    out->not_null = pg_bool(rows, row, "not_null");
    out->inherited = pg_bool(rows, row, "inherited");
    out->not_null_name = text_of(rows, row, "not_null_name", arena);
    out->not_null_alone = pg_bool(rows, row, "not_null_alone");
    out->not_null_valid = pg_bool(rows, row, "not_null_valid");
    out->toastable = pg_bool(rows, row, "toastable");
    out->identity = letter_of(rows, row, "identity");
    out->generated = letter_of(rows, row, "generated");
    out->uses = text_of(rows, row, "uses", arena);
}

static void read_index_keys(const char *attnums, CatalogIndex *out)
{
    char *end = NULL;

    for (const char *at = attnums; *at && out->key_count < INDEX_KEYS_MAX; at = end) {
        out->keys[out->key_count++] = (uint32_t)strtoul(at, &end, 10);
        if (end == at)
            return;
    }
}

static void read_index(const PgRows *rows, int row, Arena *arena, CatalogIndex *out)
{
    out->schema = text_of(rows, row, "schema", arena);
    out->name = text_of(rows, row, "name", arena);
    out->partitioned = pg_bool(rows, row, "partitioned");
    out->btree = strcmp(pg_text(rows, row, "method"), "btree") == 0;
    out->valid = pg_bool(rows, row, "is_valid");
    out->unique = pg_bool(rows, row, "is_unique");
    out->primary = pg_bool(rows, row, "is_primary");
    out->immediate = pg_bool(rows, row, "is_immediate");
    out->identity = pg_bool(rows, row, "is_identity");
    out->plain = pg_bool(rows, row, "plain");
    out->never_null = pg_bool(rows, row, "never_null");
    read_index_keys(pg_text(rows, row, "key_attnums"), out);
    out->uses = text_of(rows, row, "uses", arena);
    out->definition = text_of(rows, row, "definition", arena);
    out->body = text_of(rows, row, "body", arena);
    out->parent_schema = text_of(rows, row, "parent_schema", arena);
    out->parent_name = text_of(rows, row, "parent_name", arena);
    out->constraint_name = text_of(rows, row, "constraint_name", arena);
    out->constraint_definition = text_of(rows, row, "constraint_definition", arena);
    out->details = text_of(rows, row, "details", arena);
}

static void read_constraint(const PgRows *rows, int row, Arena *arena, CatalogConstraint *out)
{
    out->name = text_of(rows, row, "name", arena);
    out->type = letter_of(rows, row, "type");
    out->validated = pg_bool(rows, row, "validated");
    out->referenced = oid_of(rows, row, "referenced");
    out->referenced_schema = text_of(rows, row, "referenced_schema", arena);
    out->referenced_name = text_of(rows, row, "referenced_name", arena);
    out->definition = text_of(rows, row, "definition", arena);
    out->comment = text_of(rows, row, "comment", arena);
    out->uses = text_of(rows, row, "uses", arena);
    out->referenced_uses = text_of(rows, row, "referenced_uses", arena);
    out->on_update = text_of(rows, row, "on_update", arena);
    out->on_delete = text_of(rows, row, "on_delete", arena);
    out->on_delete_uses = text_of(rows, row, "on_delete_uses", arena);
    out->ending = text_of(rows, row, "ending", arena);
    out->period = pg_bool(rows, row, "period");
}

static void read_sequence(const PgRows *rows, int row, Arena *arena, CatalogSequence *out)
{
    out->oid = oid_of(rows, row, "oid");
    out->schema = out->to_schema = text_of(rows, row, "schema", arena);
    out->name = text_of(rows, row, "name", arena);
    out->literal = text_of(rows, row, "literal", arena);
    out->type_text = text_of(rows, row, "type_text", arena);
    out->start = text_of(rows, row, "start", arena);
    out->increment = text_of(rows, row, "increment", arena);
    out->minimum = text_of(rows, row, "minimum", arena);
    out->maximum = text_of(rows, row, "maximum", arena);
    out->cache = text_of(rows, row, "cache", arena);
    out->cycle = pg_bool(rows, row, "cycle");
    out->unlogged = pg_bool(rows, row, "unlogged");
    out->comment = text_of(rows, row, "comment", arena);
    out->table = oid_of(rows, row, "table");
    out->attnum = oid_of(rows, row, "attnum");
    out->of_identity = pg_bool(rows, row, "of_identity");
}

/* How many rows from `row` on belong to the same table: every query orders by it. */
static size_t rows_of_table(const PgRows *rows, int row)
{
    uint32_t oid = oid_of(rows, row, "table");
    int end = row + 1;

    while (end < pg_rows_count(rows) && oid_of(rows, end, "table") == oid)
        end++;
    return (size_t)(end - row);
}

bool catalog_read_candidates(Pg *pg, Arena *arena, Catalog *out, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!pg_exec(pg, SQL_CATALOG_TABLES, &rows, err))
        return error_wrap(err, "read the tables from the catalog");
    *out = (Catalog){.table_count = (size_t)pg_rows_count(rows)};
    out->tables = ARENA_ARRAY(arena, CatalogTable, out->table_count);
    for (size_t i = 0; i < out->table_count; i++)
        read_table(rows, (int)i, arena, &out->tables[i]);
    return true;
}

void catalog_select(Catalog *catalog, const TaskFile *task)
{
    size_t kept = 0;

    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        if (task_file_selects(task, table->root_schema, table->root_name))
            catalog->tables[kept++] = *table;
    }
    catalog->table_count = kept;
}

static bool query_tables(Pg *pg, const char *sql, const char *oids, PgRows **rows, Error *err)
{
    return pg_query(pg, sql, 1, &oids, rows, err) || error_wrap(err, "read the catalog");
}

/* Queries that are told the tables' names at the destination, for the SQL that they make. */
static bool query_mapped(Pg *pg, const char *sql, const Catalog *catalog, Arena *arena,
                         PgRows **rows, Error *err)
{
    CLEANUP(bytes_done) Bytes schemas = {0};
    CLEANUP(bytes_done) Bytes names = {0};
    const char **texts = ARENA_ARRAY(arena, const char *, catalog->table_count);

    for (size_t i = 0; i < catalog->table_count; i++)
        texts[i] = catalog->tables[i].to_schema;
    created_text_array(&schemas, texts, catalog->table_count);
    for (size_t i = 0; i < catalog->table_count; i++)
        texts[i] = catalog->tables[i].to_name;
    created_text_array(&names, texts, catalog->table_count);

    const char *values[] = {catalog_oids(arena, catalog), sql_text(&schemas), sql_text(&names)};

    return pg_query(pg, sql, COUNT_OF(values), values, rows, err) ||
           error_wrap(err, "read the catalog");
}

bool catalog_read_columns(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!query_tables(pg, SQL_CATALOG_COLUMNS, catalog_oids(arena, catalog), &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows);) {
        CatalogTable *table = catalog_find(catalog, oid_of(rows, row, "table"));
        size_t count = rows_of_table(rows, row);

        table->column_count = count;
        table->columns = ARENA_ARRAY(arena, CatalogColumn, count);
        for (size_t i = 0; i < count; i++)
            read_column(rows, row++, arena, &table->columns[i]);
    }
    return true;
}

static bool read_indexes(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!query_mapped(pg, SQL_CATALOG_INDEXES, catalog, arena, &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows);) {
        CatalogTable *table = catalog_find(catalog, oid_of(rows, row, "table"));
        size_t count = rows_of_table(rows, row);

        table->index_count = count;
        table->indexes = ARENA_ARRAY(arena, CatalogIndex, count);
        for (size_t i = 0; i < count; i++)
            read_index(rows, row++, arena, &table->indexes[i]);
    }
    return true;
}

static bool read_constraints(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!query_mapped(pg, SQL_CATALOG_CONSTRAINTS, catalog, arena, &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows);) {
        CatalogTable *table = catalog_find(catalog, oid_of(rows, row, "table"));
        size_t count = rows_of_table(rows, row);

        table->constraint_count = count;
        table->constraints = ARENA_ARRAY(arena, CatalogConstraint, count);
        for (size_t i = 0; i < count; i++)
            read_constraint(rows, row++, arena, &table->constraints[i]);
    }
    return true;
}

static bool read_sequences(Pg *pg, Arena *arena, Catalog *catalog, const char *oids, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!query_tables(pg, SQL_CATALOG_SEQUENCES, oids, &rows, err))
        return false;
    catalog->sequence_count = (size_t)pg_rows_count(rows);
    catalog->sequences = ARENA_ARRAY(arena, CatalogSequence, catalog->sequence_count);
    for (size_t i = 0; i < catalog->sequence_count; i++)
        read_sequence(rows, (int)i, arena, &catalog->sequences[i]);
    return true;
}

bool catalog_read_rest(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    const char *oids = catalog_oids(arena, catalog);

    return read_indexes(pg, arena, catalog, err) && read_constraints(pg, arena, catalog, err) &&
           read_sequences(pg, arena, catalog, oids, err);
}

/* What is said of columns that are not there is left out. */
static const char *join_details(const CatalogTable *table, const PgRows *rows, int row,
                                size_t count, Arena *arena)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    for (int at = row; at < row + (int)count; at++) {
        if (!map_uses_skipped(table, pg_text(rows, at, "uses")))
            sql_add(&sql, "%s%s", sql.len ? "; " : "", pg_text(rows, at, "sql"));
    }
    return sql.len ? arena_copy(arena, bytes_str(&sql)).data : NULL;
}

bool catalog_read_details(Pg *pg, Arena *arena, Catalog *catalog, Error *err)
{
    CLEANUP(pg_rows_done) PgRows *rows = NULL;

    if (!query_mapped(pg, SQL_TABLE_DETAILS, catalog, arena, &rows, err))
        return false;
    for (int row = 0; row < pg_rows_count(rows);) {
        CatalogTable *table = catalog_find(catalog, oid_of(rows, row, "table"));
        size_t count = rows_of_table(rows, row);

        table->details = join_details(table, rows, row, count, arena);
        row += (int)count;
    }
    return true;
}

bool catalog_read(Pg *pg, const TaskFile *task, Arena *arena, Catalog *out, Error *err)
{
    if (!catalog_read_candidates(pg, arena, out, err))
        return false;
    catalog_select(out, task);
    if (!catalog_read_columns(pg, arena, out, err))
        return false;
    map_catalog_tables(out, task, arena);
    if (!catalog_read_rest(pg, arena, out, err))
        return false;
    map_catalog(out, task, arena);
    return true;
}

static int compare_oid(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = ((const CatalogTable *)element)->oid;

    return a < b ? -1 : a > b;
}

CatalogTable *catalog_find(const Catalog *catalog, uint32_t oid)
{
    if (catalog->table_count == 0)
        return NULL;
    return bsearch(&oid, catalog->tables, catalog->table_count, sizeof *catalog->tables,
                   compare_oid);
}

const CatalogColumn *catalog_column(const CatalogTable *table, uint32_t attnum)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].attnum == attnum)
            return &table->columns[i];
    }
    return NULL;
}

bool catalog_uses(const char *attnums, uint32_t attnum)
{
    char *end = NULL;

    for (const char *at = attnums ? attnums : ""; *at; at = end) {
        if (strtoul(at, &end, 10) == attnum)
            return true;
        if (end == at)
            return false;
    }
    return false;
}

bool catalog_has_rows(const CatalogTable *table)
{
    return table->kind == 'r';
}

const char *catalog_name(Arena *arena, const CatalogTable *table)
{
    return arena_printf(arena, "%s.%s", table->schema, table->name);
}

const char *catalog_to_name(Arena *arena, const CatalogTable *table)
{
    const char *name = arena_printf(arena, "%s.%s", table->to_schema, table->to_name);
    const char *source = catalog_name(arena, table);

    if (strcmp(name, source) == 0)
        return name;
    return arena_printf(arena, "%s (%s at the source)", name, source);
}

const char *catalog_oids(Arena *arena, const Catalog *catalog)
{
    CLEANUP(bytes_done) Bytes text = {0};

    bytes_add_u8(&text, '{');
    for (size_t i = 0; i < catalog->table_count; i++)
        sql_add(&text, "%s%u", i ? "," : "", catalog->tables[i].oid);
    bytes_add_u8(&text, '}');
    return arena_copy(arena, bytes_str(&text)).data;
}
