#include "loader/statement.h"

#include "common/mem.h"
#include "common/sql_text.h"
#include "loader/dest_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BITS = 64, CACHE_MAX = 128 };

static bool bit(const uint64_t *bits, uint32_t column)
{
    return bits && (bits[column / BITS] >> column % BITS & 1);
}

static void set_bit(uint64_t *bits, uint32_t column)
{
    bits[column / BITS] |= UINT64_C(1) << column % BITS;
}

bool statement_finds(const DestTable *table, uint32_t column)
{
    return table->by_all_columns || table->columns[column].key;
}

bool statement_sets(const DestTable *table, const uint64_t *unchanged, bool moves, uint32_t column)
{
    if (table->columns[column].key && !table->by_all_columns)
        return moves;
    return !bit(unchanged, column);
}

/* " AND " and the like: nothing before the first item of a list. */
static void separate(Bytes *sql, const char *separator, bool *begun)
{
    if (*begun)
        bytes_add_str(sql, str_of(separator));
    *begun = true;
}

/* " (a, b)"; nothing for a table without columns, which SQL has, but no empty lists. */
static void add_columns(Bytes *sql, const DestTable *table)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        sql_add(sql, "%s%s", i > 0 ? ", " : " (", table->columns[i].name);
    if (table->column_count > 0)
        bytes_add_u8(sql, ')');
}

static void add_format(Bytes *sql, bool binary)
{
    bytes_add_str(sql, str_of(binary ? " FROM STDIN (FORMAT binary)" : " FROM STDIN"));
}

static void add_temporary_name(Bytes *sql, const DestTable *table)
{
    sql_add(sql, "pg_temp.walferry_%u", table->number);
}

void statement_copy(Bytes *sql, const DestTable *table, bool binary)
{
    sql_add(sql, "COPY %s", table->qualified);
    add_columns(sql, table);
    add_format(sql, binary);
}

/* Columns of the target's types: k by number of the key column, v by number of the column. */
void statement_temporary(Bytes *sql, const DestTable *table)
{
    uint32_t key = 0;

    bytes_add_str(sql, str_of("CREATE TEMPORARY TABLE IF NOT EXISTS "));
    sql_add(sql, "walferry_%u ON COMMIT DELETE ROWS AS SELECT ", table->number);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (statement_finds(table, i))
            sql_add(sql, "%s AS k%" PRIu32 ", ", table->columns[i].name, ++key);
    }
    for (uint32_t i = 0; i < table->column_count; i++)
        sql_add(sql, "%s%s AS v%" PRIu32, i > 0 ? ", " : "", table->columns[i].name, i + 1);
    sql_add(sql, " FROM %s%s WITH NO DATA", table->only, table->qualified);
}

void statement_empty_temporary(Bytes *sql, const DestTable *table)
{
    bytes_add_str(sql, str_of("TRUNCATE "));
    add_temporary_name(sql, table);
}

void statement_copy_temporary(Bytes *sql, const DestTable *table, const uint64_t *unchanged,
                              bool moves, bool with_values, bool binary)
{
    bytes_add_str(sql, str_of("COPY "));
    add_temporary_name(sql, table);
    uint32_t keys = table->by_all_columns ? table->column_count : table->key_count;

    bytes_add_str(sql, str_of(" (k1"));
    for (uint32_t key = 2; key <= keys; key++)
        sql_add(sql, ", k%" PRIu32, key);
    for (uint32_t i = 0; with_values && i < table->column_count; i++) {
        if (statement_sets(table, unchanged, moves, i))
            sql_add(sql, ", v%" PRIu32, i + 1);
    }
    bytes_add_str(sql, str_of(")"));
    add_format(sql, binary);
}

/* The same value, or NULL on both sides. */
static void add_same(Bytes *sql, const DestColumn *column, uint32_t key)
{
    static const struct {
        const char *before, *between, *after;
    } FORMS[] = {
        [SAME_BY_OUTPUT] = {"ROW(", ")::text COLLATE \"C\" = ROW(", ")::text COLLATE \"C\""},
        [SAME_BY_OPERATOR] = {"", " IS NOT DISTINCT FROM ", ""},
        [SAME_BY_TEXT] = {"", "::text COLLATE \"C\" IS NOT DISTINCT FROM ", "::text COLLATE \"C\""},
    };

    sql_add(sql, "%s%st.%s%ss.k%" PRIu32 "%s", key > 1 ? " AND " : " WHERE ",
            FORMS[column->sameness].before, column->name, FORMS[column->sameness].between, key,
            FORMS[column->sameness].after);
}

/* One row, even when there are several like it. */
static void add_single_row(Bytes *sql, const DestTable *table)
{
    const char *place = table->partitioned ? "t.tableoid, t.ctid" : "t.ctid";

    sql_add(sql, " WHERE (%s) = (SELECT %s FROM %s%s AS t, ", place, place, table->only,
            table->qualified);
    add_temporary_name(sql, table);
    bytes_add_str(sql, str_of(" AS s"));
    for (uint32_t i = 0; i < table->column_count; i++)
        add_same(sql, &table->columns[i], i + 1);
    bytes_add_str(sql, str_of(" LIMIT 1)"));
}

/* The operators of a domain over an enum, a range or the like are found below it only. */
static void add_base_cast(Bytes *sql, const DestColumn *column)
{
    if (column->base)
        sql_add(sql, "::%s", column->base);
}

static void add_join(Bytes *sql, const DestTable *table)
{
    uint32_t key = 0;

    if (table->by_all_columns) {
        add_single_row(sql, table);
        return;
    }

    for (uint32_t i = 0; i < table->column_count; i++) {
        const DestColumn *column = &table->columns[i];

        if (!column->key)
            continue;
        key++;
        sql_add(sql, "%st.%s", key > 1 ? " AND " : " WHERE ", column->name);
        add_base_cast(sql, column);
        sql_add(sql, " %s s.k%" PRIu32, column->equals, key);
        add_base_cast(sql, column);
    }
}

void statement_update_set(Bytes *sql, const DestTable *table, const uint64_t *unchanged, bool moves)
{
    bool begun = false;

    sql_add(sql, "UPDATE %s%s AS t SET ", table->only, table->qualified);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!statement_sets(table, unchanged, moves, i))
            continue;
        separate(sql, ", ", &begun);
        sql_add(sql, "%s = s.v%" PRIu32, table->columns[i].name, i + 1);
    }
    bytes_add_str(sql, str_of(" FROM "));
    add_temporary_name(sql, table);
    bytes_add_str(sql, str_of(" AS s"));
    add_join(sql, table);
}

void statement_delete_set(Bytes *sql, const DestTable *table)
{
    sql_add(sql, "DELETE FROM %s%s AS t USING ", table->only, table->qualified);
    add_temporary_name(sql, table);
    bytes_add_str(sql, str_of(" AS s"));
    add_join(sql, table);
}

/* What is known of the rows that a statement is for. */
typedef struct Shape {
    StatementVerb verb;
    bool moves;
    uint64_t *bits; /* first the word below, then unchanged, then nulls of the origin */
    size_t words;   /* of each of the two */
    uint64_t *unchanged, *nulls;
} Shape;

static bool writes_identity(const DestTable *table, const uint64_t *unchanged, bool moves)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].identity_always && statement_sets(table, unchanged, moves, i))
            return true;
    }
    return false;
}

static bool writes_nothing(const DestTable *table, const uint64_t *unchanged, bool moves)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (statement_sets(table, unchanged, moves, i))
            return false;
    }
    return true;
}

bool statement_can_update_sets(const DestTable *table, const uint64_t *unchanged, bool moves)
{
    return !writes_identity(table, unchanged, moves) && !writes_nothing(table, unchanged, moves);
}

static bool same(const Value *a, const Value *b)
{
    return a->form == b->form && str_equal(a->bytes, b->bytes);
}

static void note_column(Shape *shape, const DestTable *table, uint32_t column, const Value *origin,
                        const Value *values)
{
    const DestColumn *known = &table->columns[column];

    if (values && values[column].form == VALUE_UNCHANGED)
        set_bit(shape->unchanged, column);
    if (table->by_all_columns && origin && origin[column].form == VALUE_NULL)
        set_bit(shape->nulls, column);
    if (origin && values && known->key && values[column].form != VALUE_UNCHANGED &&
        !same(&origin[column], &values[column]))
        shape->moves = true;
}

/* bits: room for 1 + 2 * words, zeroed. */
static Shape shape_of(const DestTable *table, const Value *origin, const Value *values,
                      uint64_t *bits, size_t words)
{
    Shape shape = {.bits = bits, .words = words};

    shape.unchanged = bits + 1;
    shape.nulls = shape.unchanged + words;
    for (uint32_t i = 0; i < table->column_count; i++)
        note_column(&shape, table, i, origin, values);
    shape.verb = !origin ? STATEMENT_INSERT : !values ? STATEMENT_DELETE : STATEMENT_UPDATE;
    if (shape.verb == STATEMENT_UPDATE && writes_identity(table, shape.unchanged, shape.moves))
        shape.verb = STATEMENT_REPLACE;
    bits[0] = (uint64_t)shape.verb << 1 | shape.moves;
    return shape;
}

typedef struct Builder {
    const DestTable *table;
    const Shape *shape;
    Statement *statement;
    Bytes sql;
} Builder;

static void add_parameter(Builder *builder, bool of_origin, uint32_t column)
{
    Statement *statement = builder->statement;

    statement->parameters =
        mem_resize(statement->parameters, (size_t)statement->parameter_count + 1,
                   sizeof *statement->parameters);
    statement->parameters[statement->parameter_count++] = (StatementParameter){of_origin, column};
    sql_add(&builder->sql, "$%d", statement->parameter_count);
}

/* "k" OPERATOR(pg_catalog.=) $1::integer */
static void add_equal(Builder *builder, uint32_t column)
{
    const DestColumn *known = &builder->table->columns[column];

    bytes_add_str(&builder->sql, str_of(known->name));
    add_base_cast(&builder->sql, known);
    sql_add(&builder->sql, " %s ", known->equals);
    add_parameter(builder, true, column);
    sql_add(&builder->sql, "::%s", known->base ? known->base : known->type);
}

/*
 * A column of a row that is found by all of them: the same value, not only an equal one. NULLs are
 * part of the shape, so that a plain operator can use an index.
 */
static void add_exact_condition(Builder *builder, uint32_t column)
{
    static const struct {
        const char *before, *between, *after;
    } FORMS[] = {
        [SAME_BY_OUTPUT] = {"ROW(", ")::text COLLATE \"C\" = ROW(", ")::text COLLATE \"C\""},
        [SAME_BY_TEXT] = {"", "::text COLLATE \"C\" = ", "::text COLLATE \"C\""},
    };
    const DestColumn *known = &builder->table->columns[column];

    if (bit(builder->shape->nulls, column)) {
        sql_add(&builder->sql, "%s IS NULL", known->name);
        return;
    }
    if (known->sameness == SAME_BY_OPERATOR) {
        add_equal(builder, column);
        return;
    }
    sql_add(&builder->sql, "%s%s%s", FORMS[known->sameness].before, known->name,
            FORMS[known->sameness].between);
    add_parameter(builder, true, column);
    sql_add(&builder->sql, "::%s%s", known->type, FORMS[known->sameness].after);
}

static void add_conditions(Builder *builder)
{
    const DestTable *table = builder->table;
    bool begun = false;

    if (table->column_count == 0)
        bytes_add_str(&builder->sql, str_of("true"));
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!table->by_all_columns && !table->columns[i].key)
            continue;
        separate(&builder->sql, " AND ", &begun);
        if (table->by_all_columns) {
            add_exact_condition(builder, i);
            continue;
        }
        add_equal(builder, i);
    }
}

/* One row, even when there are several like it. */
static void add_where(Builder *builder)
{
    const DestTable *table = builder->table;
    const char *place = table->partitioned ? "(tableoid, ctid)" : "ctid";
    const char *selected = table->partitioned ? "tableoid, ctid" : "ctid";

    bytes_add_str(&builder->sql, str_of(" WHERE "));
    if (!table->by_all_columns) {
        add_conditions(builder);
        return;
    }
    sql_add(&builder->sql, "%s = (SELECT %s FROM %s%s WHERE ", place, selected, table->only,
            table->qualified);
    add_conditions(builder);
    bytes_add_str(&builder->sql, str_of(" LIMIT 1)"));
}

/* A column that is set to what it is makes the row count as written when there is only a key. */
static void add_overwrites(Bytes *sql, const DestTable *table)
{
    bool begun = false;

    for (int pass = 0; pass < 2 && !begun; pass++) {
        for (uint32_t i = 0; i < table->column_count; i++) {
            const char *name = table->columns[i].name;

            if (table->columns[i].key && pass == 0)
                continue;
            separate(sql, ", ", &begun);
            sql_add(sql, "%s = EXCLUDED.%s", name, name);
        }
    }
}

/* The row that is there becomes what the source says. */
static void add_on_conflict(Bytes *sql, const DestTable *table)
{
    bool begun = false;

    if (!table->overwrites)
        return;
    bytes_add_str(sql, str_of(" ON CONFLICT ("));
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        separate(sql, ", ", &begun);
        bytes_add_str(sql, str_of(table->columns[i].name));
    }
    bytes_add_str(sql, str_of(") DO UPDATE SET "));
    add_overwrites(sql, table);
}

void statement_copy_values(Bytes *sql, const DestTable *table, bool binary)
{
    bytes_add_str(sql, str_of("COPY "));
    add_temporary_name(sql, table);
    for (uint32_t i = 0; i < table->column_count; i++)
        sql_add(sql, "%sv%" PRIu32, i > 0 ? ", " : " (", i + 1);
    bytes_add_str(sql, str_of(")"));
    add_format(sql, binary);
}

void statement_upsert_set(Bytes *sql, const DestTable *table)
{
    sql_add(sql, "INSERT INTO %s", table->qualified);
    add_columns(sql, table);
    bytes_add_str(sql, str_of(" OVERRIDING SYSTEM VALUE SELECT "));
    for (uint32_t i = 0; i < table->column_count; i++)
        sql_add(sql, "%sv%" PRIu32, i > 0 ? ", " : "", i + 1);
    bytes_add_str(sql, str_of(" FROM "));
    add_temporary_name(sql, table);
    add_on_conflict(sql, table);
}

static void build_insert(Builder *builder)
{
    const DestTable *table = builder->table;

    sql_add(&builder->sql, "INSERT INTO %s", table->qualified);
    add_columns(&builder->sql, table);
    if (table->column_count == 0) {
        bytes_add_str(&builder->sql, str_of(" DEFAULT VALUES"));
        return;
    }
    bytes_add_str(&builder->sql, str_of(" OVERRIDING SYSTEM VALUE VALUES ("));
    for (uint32_t i = 0; i < table->column_count; i++) {
        bytes_add_str(&builder->sql, str_of(i > 0 ? ", " : ""));
        add_parameter(builder, false, i);
    }
    bytes_add_str(&builder->sql, str_of(")"));
    add_on_conflict(&builder->sql, table);
}

static void build_update(Builder *builder)
{
    const DestTable *table = builder->table;
    bool begun = false;

    sql_add(&builder->sql, "UPDATE %s%s SET ", table->only, table->qualified);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!statement_sets(table, builder->shape->unchanged, builder->shape->moves, i))
            continue;
        separate(&builder->sql, ", ", &begun);
        sql_add(&builder->sql, "%s = ", table->columns[i].name);
        add_parameter(builder, false, i);
    }
    add_where(builder);
}

static void build_delete(Builder *builder)
{
    sql_add(&builder->sql, "DELETE FROM %s%s", builder->table->only, builder->table->qualified);
    add_where(builder);
}

static void build_replace(Builder *builder)
{
    const DestTable *table = builder->table;

    bytes_add_str(&builder->sql, str_of("WITH old AS ("));
    build_delete(builder);
    sql_add(&builder->sql, " RETURNING *) INSERT INTO %s", table->qualified);
    add_columns(&builder->sql, table);
    bytes_add_str(&builder->sql, str_of(" OVERRIDING SYSTEM VALUE SELECT "));
    for (uint32_t i = 0; i < table->column_count; i++) {
        bytes_add_str(&builder->sql, str_of(i > 0 ? ", " : ""));
        if (bit(builder->shape->unchanged, i)) {
            sql_add(&builder->sql, "old.%s", table->columns[i].name);
            continue;
        }
        add_parameter(builder, false, i);
        sql_add(&builder->sql, "::%s", table->columns[i].type);
    }
    bytes_add_str(&builder->sql, str_of(" FROM old"));
}

static Statement *build(const DestTable *table, const Shape *shape)
{
    static void (*const BUILD[])(Builder *) = {
        [STATEMENT_INSERT] = build_insert,
        [STATEMENT_UPDATE] = build_update,
        [STATEMENT_DELETE] = build_delete,
        [STATEMENT_REPLACE] = build_replace,
    };
    size_t size = (1 + 2 * shape->words) * sizeof *shape->bits;
    Statement *statement = MEM_NEW(Statement);
    Builder builder = {.table = table, .shape = shape, .statement = statement};

    statement->verb = shape->verb;
    statement->shape = mem_alloc(size);
    memcpy(statement->shape, shape->bits, size);
    BUILD[shape->verb](&builder);
    statement->sql = mem_strdup(sql_text(&builder.sql));
    bytes_done(&builder.sql);
    return statement;
}

static void statement_free(Statement *statement)
{
    free(statement->sql);
    free(statement->parameters);
    free(statement->shape);
    free(statement);
}

void statement_cache_done(StatementCache *cache)
{
    for (size_t i = 0; i < cache->count; i++)
        statement_free(cache->items[i]);
    free(cache->items);
    *cache = (StatementCache){0};
}

/* To the front, so that rows of one shape find theirs at once. */
static Statement *to_front(StatementCache *cache, size_t at)
{
    Statement *statement = cache->items[at];

    memmove(cache->items + 1, cache->items, at * sizeof(Statement *));
    cache->items[0] = statement;
    return statement;
}

static Statement *find(StatementCache *cache, const Shape *shape)
{
    size_t size = (1 + 2 * shape->words) * sizeof *shape->bits;

    for (size_t i = 0; i < cache->count; i++) {
        if (memcmp(cache->items[i]->shape, shape->bits, size) == 0)
            return to_front(cache, i);
    }
    return NULL;
}

/* The least recently used gives way when there are too many shapes; its name is used again. */
static Statement *add(StatementCache *cache, Statement *statement)
{
    if (cache->count == CACHE_MAX)
        statement_free(cache->items[--cache->count]);
    cache->items = mem_resize(cache->items, cache->count + 1, sizeof(Statement *));
    cache->items[cache->count++] = statement;
    return to_front(cache, cache->count - 1);
}

Statement *statement_for(DestTable *table, const Value *origin, const Value *values)
{
    uint64_t bits[1 + 2 * (1664 / BITS + 1)] = {0};
    Shape shape = shape_of(table, origin, values, bits, table->column_count / BITS + 1);

    if (shape.verb == STATEMENT_UPDATE && writes_nothing(table, shape.unchanged, shape.moves))
        return NULL;
    Statement *found = find(&table->statements, &shape);
    return found ? found : add(&table->statements, build(table, &shape));
}
