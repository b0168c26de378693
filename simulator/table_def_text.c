/* SHOW CREATE TABLE. [FE] catalog/Env.java getDdlStmt. */
#include "simulator/table_def.h"

#include "common/bytes.h"

#include <stdio.h>

static void add(Bytes *out, const char *text)
{
    bytes_add_str(out, str_of(text));
}

/* The text in the given quotes, these and back-slashes escaped as a literal takes them. */
static void add_quoted(Bytes *out, char quote, const char *text)
{
    bytes_add_u8(out, (uint8_t)quote);
    for (; *text; text++) {
        if (*text == quote)
            bytes_add_u8(out, (uint8_t)(quote == '`' ? '`' : '\\'));
        else if (*text == '\\' && quote != '`')
            bytes_add_u8(out, '\\');
        bytes_add_u8(out, (uint8_t)*text);
    }
    bytes_add_u8(out, (uint8_t)quote);
}

static void add_default(Bytes *out, const SimColumn *column)
{
    if (!column->has_default)
        return;
    add(out, " DEFAULT ");
    if (!column->default_text)
        add(out, "NULL");
    else if (column->default_now)
        add(out, column->default_text);
    else
        add_quoted(out, '"', column->default_text);
}

static void add_column(Bytes *out, const SimColumn *column)
{
    char type[64];

    sim_type_text(&column->type, type, sizeof type);
    add(out, "  ");
    add_quoted(out, '`', column->name);
    add(out, " ");
    add(out, type);
    add(out, column->nullable ? " NULL" : " NOT NULL");
    add_default(out, column);
    if (column->comment && column->comment[0]) {
        add(out, " COMMENT ");
        add_quoted(out, '"', column->comment);
    }
}

static void add_keys(Bytes *out, const TableDef *def)
{
    add(out, def->unique ? "UNIQUE KEY(" : "DUPLICATE KEY(");
    for (size_t i = 0; i < def->key_count; i++) {
        if (i > 0)
            add(out, ", ");
        add_quoted(out, '`', def->columns[i].name);
    }
    add(out, ")\n");
}

static void add_distribution(Bytes *out, const TableDef *def)
{
    char buckets[24];

    add(out, def->random ? "DISTRIBUTED BY RANDOM" : "DISTRIBUTED BY HASH(");
    for (size_t i = 0; i < def->distribution_count; i++) {
        if (i > 0)
            add(out, ", ");
        add_quoted(out, '`', def->distribution[i]);
    }
    snprintf(buckets, sizeof buckets, "%d", def->buckets);
    add(out, def->random ? " BUCKETS " : ") BUCKETS ");
    add(out, def->buckets > 0 ? buckets : "AUTO");
    add(out, "\n");
}

static void add_properties(Bytes *out, const TableDef *def)
{
    add(out, "PROPERTIES (\n");
    for (size_t i = 0; i < def->property_count; i++) {
        add_quoted(out, '"', def->properties[i].name);
        add(out, " = ");
        add_quoted(out, '"', def->properties[i].value);
        add(out, i + 1 < def->property_count ? ",\n" : "\n");
    }
    add(out, ");");
}

const char *table_def_create_statement(const TableDef *def, Arena *arena)
{
    Bytes out = {0};
    const char *text;

    add(&out, "CREATE TABLE ");
    add_quoted(&out, '`', def->name);
    add(&out, " (\n");
    for (size_t i = 0; i < def->column_count; i++) {
        add_column(&out, &def->columns[i]);
        add(&out, i + 1 < def->column_count ? ",\n" : "\n");
    }
    add(&out, ") ENGINE=OLAP\n");
    if (def->key_count > 0)
        add_keys(&out, def);
    if (def->comment && def->comment[0]) {
        add(&out, "COMMENT ");
        add_quoted(&out, '\'', def->comment);
        add(&out, "\n");
    }
    add_distribution(&out, def);
    add_properties(&out, def);
    text = arena_copy(arena, bytes_str(&out)).data;
    bytes_done(&out);
    return text;
}
