#include "schema/compare_pages.h"

#include "common/compiler.h"
#include "common/selectdb_sql.h"
#include "common/sql_text.h"
#include "schema/keys.h"

#include <inttypes.h>

enum { PAGE_ROWS_FIRST = 500, PAGE_ROWS_MOST = 20000, PAGE_BYTES = 8 << 20 };

/* A table that is read. */
typedef struct Pages {
    Selectdb *selectdb;
    const CatalogTable *table;
    const SelectdbDesign *design;
    bool keyed;
    CompareDigest digest;
} Pages;

/* The newest row of a key so far, of a duplicate table. */
typedef struct Newest {
    Bytes key, row;
    bool some, deleted;
} Newest;

static void newest_done(Newest *newest)
{
    bytes_done(&newest->key);
    bytes_done(&newest->row);
}

bool compare_pages_keyed(const CatalogTable *table, const SelectdbDesign *design)
{
    uint32_t attnums[INDEX_KEYS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < design->field_count && count < INDEX_KEYS_MAX; i++) {
        if (design->fields[i].key && design->fields[i].source)
            attnums[count++] = design->fields[i].source->attnum;
    }
    return design->unique || keys_make_unique(table, attnums, count);
}

static bool is_sorted_by(const Pages *pages, const SelectdbField *field)
{
    if (pages->keyed)
        return field->key || (!field->source && strcmp(field->name, SELECTDB_RECORD_ID) == 0);
    return field->type.kind != DORIS_JSON;
}

/* NaN and infinity are no numbers of JSON: a front end breaks off there. As texts they come. */
static void add_column(Bytes *sql, const SelectdbField *field)
{
    bool cast = field->type.kind == DORIS_FLOAT || field->type.kind == DORIS_DOUBLE;

    sql_add(sql, "%s", cast ? "CAST(" : "");
    selectdb_sql_name(sql, str_of(field->name));
    sql_add(sql, "%s", cast ? " AS STRING)" : "");
}

static void add_columns(const Pages *pages, Bytes *sql)
{
    for (size_t i = 0; i < pages->design->field_count; i++) {
        sql_add(sql, "%s", i > 0 ? ", " : "");
        add_column(sql, &pages->design->fields[i]);
    }
}

static void add_order(const Pages *pages, Bytes *sql)
{
    const char *comma = "";

    for (size_t i = 0; i < pages->design->field_count; i++) {
        if (!is_sorted_by(pages, &pages->design->fields[i]))
            continue;
        sql_add(sql, "%s", comma);
        selectdb_sql_name(sql, str_of(pages->design->fields[i].name));
        comma = ", ";
    }
}

static const char *page_sql(const Pages *pages, int64_t offset, int64_t limit, Arena *arena)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "SELECT ");
    add_columns(pages, &sql);
    sql_add(&sql, " FROM ");
    selectdb_sql_table(&sql, str_of(pages->table->to_schema), str_of(pages->table->to_name));
    sql_add(&sql, " ORDER BY ");
    add_order(pages, &sql);
    sql_add(&sql, " LIMIT %" PRId64 " OFFSET %" PRId64, limit, offset);
    return arena_strdup(arena, sql_text(&sql));
}

static void count_newest(Pages *pages, Newest *newest)
{
    if (newest->some && !newest->deleted)
        compare_digest_add(&pages->digest, bytes_str(&newest->row));
    newest->some = false;
}

/* The rows of a key follow each other, in the order of the changes. */
static void take_history(Pages *pages, Newest *newest, Bytes *key, Bytes *row, bool deleted)
{
    Bytes other;

    if (!pages->keyed) {
        (deleted ? compare_digest_take : compare_digest_add)(&pages->digest, bytes_str(row));
        return;
    }
    if (newest->some && !str_equal(bytes_str(&newest->key), bytes_str(key)))
        count_newest(pages, newest);
    other = newest->key, newest->key = *key, *key = other;
    other = newest->row, newest->row = *row, *row = other;
    newest->some = true;
    newest->deleted = deleted;
}

static size_t take_row(Pages *pages, const SelectdbValue *values, Newest *newest, Bytes *key,
                       Bytes *row)
{
    bool deleted = false;
    size_t bytes = 0;

    bytes_clear(key);
    bytes_clear(row);
    for (size_t i = 0; i < pages->design->field_count; i++) {
        const SelectdbField *field = &pages->design->fields[i];
        CompareValue value = {field->type, values[i].text, values[i].null};

        bytes += value.text.len;
        if (!field->source) {
            deleted |= strcmp(field->name, SELECTDB_IS_DELETED) == 0 &&
                       !str_equal(value.text, str_of("0"));
            continue;
        }
        compare_text_add(row, value);
        if (field->key)
            compare_text_add(key, value);
    }
    if (pages->design->unique)
        compare_digest_add(&pages->digest, bytes_str(row));
    else
        take_history(pages, newest, key, row, deleted);
    return bytes;
}

static bool take_page(Pages *pages, Newest *newest, int64_t offset, int64_t *limit, bool *last,
                      Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    CLEANUP(bytes_done) Bytes key = {0}, row = {0};
    SelectdbRows rows;
    size_t bytes = 0;

    if (!selectdb_query(pages->selectdb, pages->table->to_schema,
                        page_sql(pages, offset, *limit, &arena), &arena, &rows, err))
        return false;
    if (rows.row_count > 0 && rows.column_count != pages->design->field_count)
        return error_set(err, ERROR_TRANSIENT, "%zu columns where %zu were asked for",
                         rows.column_count, pages->design->field_count);
    for (size_t i = 0; i < rows.row_count; i++)
        bytes += take_row(pages, rows.values + i * rows.column_count, newest, &key, &row);
    *last = (int64_t)rows.row_count < *limit;
    if (bytes < PAGE_BYTES && *limit < PAGE_ROWS_MOST)
        *limit *= 2;
    else if (bytes > 2 * PAGE_BYTES && *limit > 1)
        *limit /= 2;
    return true;
}

bool compare_pages_read(Selectdb *selectdb, const CatalogTable *table, const SelectdbDesign *design,
                        CompareDigest *out, Error *err)
{
    Pages there = {selectdb, table, design, compare_pages_keyed(table, design), {0}};
    Pages *pages = &there;
    CLEANUP(newest_done) Newest newest = {.some = false};
    int64_t offset = 0, limit = PAGE_ROWS_FIRST;

    for (bool last = false; !last;) {
        int64_t asked = limit;

        if (!take_page(pages, &newest, offset, &limit, &last, err))
            return false;
        offset += asked;
    }
    count_newest(pages, &newest);
    *out = pages->digest;
    return true;
}
