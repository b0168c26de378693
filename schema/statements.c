#include "schema/statements.h"

#include "common/bytes.h"
#include "common/sql_text.h"

#include <stdlib.h>

typedef Walferry__Model__ModelStatement ModelStatement;

static const char *into_arena(Arena *arena, const Bytes *sql)
{
    return arena_copy(arena, bytes_str(sql)).data;
}

static void add_name(Bytes *sql, const char *name)
{
    sql_identifier(sql, str_of(name));
}

static void add_qualified(Bytes *sql, const char *schema, const char *name)
{
    sql_qualified(sql, str_of(schema), str_of(name));
}

static void add_table(Bytes *sql, const CatalogTable *table)
{
    add_qualified(sql, table->to_schema, table->to_name);
}

const char *statement_create_schema(Arena *arena, const char *schema)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE SCHEMA ");
    add_name(&sql, schema);
    return into_arena(arena, &sql);
}

static void add_sequence_options(Bytes *sql, const CatalogSequence *sequence)
{
    sql_add(sql, "START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s",
            sequence->start, sequence->increment, sequence->minimum, sequence->maximum,
            sequence->cache, sequence->cycle ? "CYCLE" : "NO CYCLE");
}

const char *statement_create_sequence(Arena *arena, const CatalogSequence *sequence)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE %sSEQUENCE ", sequence->unlogged ? "UNLOGGED " : "");
    add_qualified(&sql, sequence->to_schema, sequence->name);
    sql_add(&sql, " AS %s ", sequence->type_text);
    add_sequence_options(&sql, sequence);
    return into_arena(arena, &sql);
}

const char *statement_comment_sequence(Arena *arena, const CatalogSequence *sequence)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    if (!sequence->comment)
        return NULL;
    sql_add(&sql, "COMMENT ON SEQUENCE ");
    add_qualified(&sql, sequence->to_schema, sequence->name);
    sql_add(&sql, " IS ");
    sql_literal(&sql, str_of(sequence->comment));
    return into_arena(arena, &sql);
}

const char *statement_own_sequence(Arena *arena, const Catalog *catalog,
                                   const CatalogSequence *sequence)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    const CatalogTable *table = sequence->table ? catalog_find(catalog, sequence->table) : NULL;
    const CatalogColumn *column = table ? catalog_column(table, sequence->attnum) : NULL;

    if (!column)
        return NULL;
    sql_add(&sql, "ALTER SEQUENCE ");
    add_qualified(&sql, sequence->to_schema, sequence->name);
    sql_add(&sql, " OWNED BY ");
    add_table(&sql, table);
    bytes_add_u8(&sql, '.');
    add_name(&sql, column->to);
    return into_arena(arena, &sql);
}

static const CatalogSequence *find_identity_sequence(const Catalog *catalog, uint32_t table,
                                                     uint32_t attnum)
{
    for (size_t i = 0; i < catalog->sequence_count; i++) {
        const CatalogSequence *sequence = &catalog->sequences[i];

        if (sequence->of_identity && sequence->table == table && sequence->attnum == attnum)
            return sequence;
    }
    return NULL;
}

static void add_identity(Bytes *sql, const Catalog *catalog, const CatalogTable *table,
                         const CatalogColumn *column)
{
    const CatalogSequence *sequence = find_identity_sequence(catalog, table->oid, column->attnum);

    sql_add(sql, " GENERATED %s AS IDENTITY", column->identity == 'a' ? "ALWAYS" : "BY DEFAULT");
    if (!sequence)
        return;
    sql_add(sql, " (SEQUENCE NAME ");
    add_qualified(sql, sequence->to_schema, sequence->name);
    bytes_add_u8(sql, ' ');
    add_sequence_options(sql, sequence);
    bytes_add_u8(sql, ')');
}

/* One that is not valid is added when the table is there. */
static void add_not_null(Bytes *sql, const CatalogColumn *column)
{
    if (!column->not_null || !column->not_null_valid)
        return;
    if (column->not_null_name) {
        sql_add(sql, " CONSTRAINT ");
        add_name(sql, column->not_null_name);
    }
    sql_add(sql, " NOT NULL%s", column->not_null_alone ? " NO INHERIT" : "");
}

static void add_column(Bytes *sql, const Catalog *catalog, const CatalogTable *table,
                       const CatalogColumn *column)
{
    add_name(sql, column->name);
    if (table->of_type)
        sql_add(sql, " WITH OPTIONS");
    else
        sql_add(sql, " %s", column->type_text);
    if (column->collation && !table->of_type)
        sql_add(sql, " COLLATE %s", column->collation);
    if (column->generated)
        sql_add(sql, " GENERATED ALWAYS AS (%s) %s", column->default_sql,
                column->generated == 'v' ? "VIRTUAL" : "STORED");
    else if (column->default_sql)
        sql_add(sql, " DEFAULT %s", column->default_sql);
    add_not_null(sql, column);
    /* a partition gets its parent's when it is attached, from 17 on; one of its own hinders that */
    if (column->identity && !table->parent)
        add_identity(sql, catalog, table, column);
}

/* Not those that a parent gives; of a typed table those that its type does not say all of. */
static bool is_listed(const CatalogTable *table, const CatalogColumn *column)
{
    if (table->of_type)
        return column->default_sql || column->not_null || column->identity;
    return !table->inherits || !column->inherited;
}

/* A list that is empty is one all the same, but for a typed table. */
static void add_columns(Bytes *sql, const Catalog *catalog, const CatalogTable *table)
{
    size_t listed = 0;

    if (!table->of_type)
        sql_add(sql, " (");
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].skip || !is_listed(table, &table->columns[i]))
            continue;
        sql_add(sql, "%s", listed++ ? ", " : table->of_type ? " (" : "");
        add_column(sql, catalog, table, &table->columns[i]);
    }
    if (!table->of_type || listed)
        bytes_add_u8(sql, ')');
}

/* Under their names at the destination. */
static void add_parents(Bytes *sql, const Catalog *catalog, const CatalogTable *table)
{
    char *end = NULL;
    bool begun = false;

    sql_add(sql, " INHERITS (");
    for (const char *at = table->inherits_from ? table->inherits_from : ""; *at; at = end) {
        const CatalogTable *parent = catalog_find(catalog, (uint32_t)strtoul(at, &end, 10));

        if (end == at)
            break;
        sql_add(sql, "%s", begun ? ", " : "");
        begun = true;
        if (parent)
            add_table(sql, parent);
    }
    sql_add(sql, "%s)", begun ? "" : table->inherits);
}

const char *statement_create_table(Arena *arena, const Catalog *catalog, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "CREATE TABLE ");
    add_table(&sql, table);
    if (table->of_type)
        sql_add(&sql, " OF %s", table->of_type);
    add_columns(&sql, catalog, table);
    if (table->inherits)
        add_parents(&sql, catalog, table);
    if (table->partition_key)
        sql_add(&sql, " PARTITION BY %s", table->partition_key);
    if (table->options)
        sql_add(&sql, " WITH (%s)", table->options);
    return into_arena(arena, &sql);
}

static bool has_column(const CatalogTable *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].skip && strcmp(table->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Some column is to have the name that another one still has. */
static bool names_are_exchanged(const CatalogTable *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const CatalogColumn *column = &table->columns[i];

        if (!column->skip && strcmp(column->to, column->name) != 0 && has_column(table, column->to))
            return true;
    }
    return false;
}

static void add_rename(Bytes *sql, const char *qualified, const char *from, const char *to)
{
    sql_add(sql, "%sALTER TABLE %s RENAME COLUMN ", sql->len > 0 ? "; " : "", qualified);
    add_name(sql, from);
    sql_add(sql, " TO ");
    add_name(sql, to);
}

const char *statement_rename_columns(Arena *arena, const CatalogTable *table, const char *qualified)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    bool exchanged = names_are_exchanged(table);

    for (int round = exchanged ? 0 : 1; round < 2; round++) {
        for (size_t i = 0; i < table->column_count; i++) {
            const CatalogColumn *column = &table->columns[i];
            const char *between = arena_printf(arena, "walferry %u", column->attnum);

            if (column->skip || strcmp(column->name, column->to) == 0)
                continue;
            add_rename(&sql, qualified, exchanged && round == 1 ? between : column->name,
                       round == 0 ? between : column->to);
        }
    }
    return sql.len > 0 ? into_arena(arena, &sql) : NULL;
}

const char *statement_table(Arena *arena, const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    add_table(&sql, table);
    return into_arena(arena, &sql);
}

const char *statement_attach_partition(Arena *arena, const Catalog *catalog,
                                       const CatalogTable *table)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    const CatalogTable *parent = table->parent ? catalog_find(catalog, table->parent) : NULL;

    if (!parent)
        return NULL;
    sql_add(&sql, "ALTER TABLE ONLY ");
    add_table(&sql, parent);
    sql_add(&sql, " ATTACH PARTITION ");
    add_table(&sql, table);
    sql_add(&sql, " %s", table->partition_bound);
    return into_arena(arena, &sql);
}

/* suffix: "" or " NOT VALID" */
static const char *add_constraint_sql(Arena *arena, const CatalogTable *table,
                                      const CatalogConstraint *constraint, const char *suffix)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "ALTER TABLE ");
    add_table(&sql, table);
    sql_add(&sql, " ADD CONSTRAINT ");
    add_name(&sql, constraint->name);
    sql_add(&sql, " %s%s", constraint->definition, suffix);
    if (constraint->comment)
        sql_add(&sql, "; %s", constraint->comment);
    return into_arena(arena, &sql);
}

const char *statement_add_constraint(Arena *arena, const CatalogTable *table,
                                     const CatalogConstraint *constraint)
{
    return add_constraint_sql(arena, table, constraint, "");
}

bool statement_check_is_early(const CatalogTable *table, const CatalogConstraint *constraint)
{
    return constraint->type == 'c' && constraint->validated &&
           (table->parent || table->kind == 'p');
}

static ModelStatement *new_statement(Arena *arena, const CatalogTable *table, const char *object,
                                     const char *sql, uint64_t weight)
{
    ModelStatement *statement = ARENA_NEW(arena, ModelStatement);

    walferry__model__model_statement__init(statement);
    statement->object = arena_strdup(arena, object);
    statement->sql = arena_strdup(arena, sql);
    statement->weight = weight;
    statement->relation_oid = table->oid;
    return statement;
}

static const char *constraint_object(Arena *arena, const CatalogTable *table, const char *kind,
                                     const char *name)
{
    return arena_printf(arena, "%s %s on %s.%s", kind, name, table->to_schema, table->to_name);
}

/* "ALTER TABLE ONLY t ADD CONSTRAINT n PRIMARY KEY (a)" or "CREATE INDEX ...", then the attaching.
 */
static const char *index_sql(Arena *arena, const Catalog *catalog, const CatalogTable *table,
                             const CatalogIndex *index)
{
    CLEANUP(bytes_done) Bytes sql = {0};
    const CatalogTable *parent = table->parent ? catalog_find(catalog, table->parent) : NULL;

    if (index->constraint_name) {
        sql_add(&sql, "ALTER TABLE ONLY ");
        add_table(&sql, table);
        sql_add(&sql, " ADD CONSTRAINT ");
        add_name(&sql, index->constraint_name);
        sql_add(&sql, " %s", index->constraint_definition);
    } else {
        sql_add(&sql, "%s", index->definition);
    }
    if (index->parent_name) {
        sql_add(&sql, "; ALTER INDEX ");
        add_qualified(&sql, parent ? parent->to_schema : index->parent_schema, index->parent_name);
        sql_add(&sql, " ATTACH PARTITION ");
        add_qualified(&sql, table->to_schema, index->name);
    }
    if (index->details && *index->details)
        sql_add(&sql, "; %s", index->details);
    return into_arena(arena, &sql);
}

/* An invalid index is a remainder of a failed CREATE INDEX CONCURRENTLY, but for a partitioned one,
 * which is invalid until each partition has its part. */
static bool is_made(const CatalogIndex *index)
{
    return index->definition && (index->valid || index->partitioned);
}

static ModelStatement *index_statement(Arena *arena, const Catalog *catalog,
                                       const CatalogTable *table, const CatalogIndex *index)
{
    uint64_t weight = index->partitioned ? UINT64_MAX - (uint64_t)table->depth : table->bytes;
    const char *object = index->constraint_name
                             ? constraint_object(arena, table, "constraint", index->constraint_name)
                             : arena_printf(arena, "index %s.%s", table->to_schema, index->name);

    return new_statement(arena, table, object, index_sql(arena, catalog, table, index), weight);
}

static size_t add_table_indexes(Arena *arena, const Catalog *catalog, const CatalogTable *table,
                                ModelStatement **out)
{
    size_t count = 0;

    for (size_t i = 0; i < table->index_count; i++) {
        if (is_made(&table->indexes[i]))
            out[count++] = index_statement(arena, catalog, table, &table->indexes[i]);
    }
    for (size_t i = 0; i < table->constraint_count; i++) {
        const CatalogConstraint *check = &table->constraints[i];

        if (check->type == 'c' && !statement_check_is_early(table, check))
            out[count++] = new_statement(
                arena, table, constraint_object(arena, table, "constraint", check->name),
                statement_add_constraint(arena, table, check), table->bytes);
    }
    return count;
}

static int by_weight_descending(const void *a, const void *b)
{
    const ModelStatement *left = *(ModelStatement *const *)a;
    const ModelStatement *right = *(ModelStatement *const *)b;

    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    return strcmp(left->object, right->object);
}

ModelStatement **statements_indexes(Arena *arena, const Catalog *catalog, size_t *count)
{
    size_t most = 0;

    for (size_t i = 0; i < catalog->table_count; i++)
        most += catalog->tables[i].index_count + catalog->tables[i].constraint_count;

    ModelStatement **statements = ARENA_ARRAY(arena, ModelStatement *, most);

    *count = 0;
    for (size_t i = 0; i < catalog->table_count; i++)
        *count += add_table_indexes(arena, catalog, &catalog->tables[i], statements + *count);
    if (*count > 0)
        qsort(statements, *count, sizeof(ModelStatement *), by_weight_descending);
    return statements;
}

static const char *validate_sql(Arena *arena, const CatalogTable *table, const char *name)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "ALTER TABLE ");
    add_table(&sql, table);
    sql_add(&sql, " VALIDATE CONSTRAINT ");
    add_name(&sql, name);
    return into_arena(arena, &sql);
}

/* Before 18 a foreign key of a partitioned table cannot be NOT VALID. */
static size_t add_foreign_key(Arena *arena, const CatalogTable *table, const CatalogConstraint *key,
                              ModelStatement **out)
{
    bool in_two_steps = key->validated && table->kind == 'r';

    out[0] = new_statement(arena, table, constraint_object(arena, table, "foreign key", key->name),
                           add_constraint_sql(arena, table, key, in_two_steps ? " NOT VALID" : ""),
                           table->bytes);
    if (!in_two_steps)
        return 1;
    out[1] = new_statement(arena, table,
                           constraint_object(arena, table, "validation of foreign key", key->name),
                           validate_sql(arena, table, key->name), table->bytes);
    return 2;
}

ModelStatement **statements_foreign_keys(Arena *arena, const Catalog *catalog, size_t *count)
{
    size_t most = 0;

    for (size_t i = 0; i < catalog->table_count; i++)
        most += 2 * catalog->tables[i].constraint_count;

    ModelStatement **statements = ARENA_ARRAY(arena, ModelStatement *, most);

    *count = 0;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const CatalogTable *table = &catalog->tables[i];

        for (size_t k = 0; k < table->constraint_count; k++) {
            const CatalogConstraint *key = &table->constraints[k];

            if (key->type == 'f' && catalog_find(catalog, key->referenced))
                *count += add_foreign_key(arena, table, key, statements + *count);
        }
    }
    return statements;
}
