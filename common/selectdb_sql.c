#include "common/selectdb_sql.h"

static void add_name(Bytes *sql, Str name)
{
    bytes_add_u8(sql, '`');
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '`')
            bytes_add_u8(sql, '`');
        bytes_add_u8(sql, (uint8_t)name.data[i]);
    }
    bytes_add_u8(sql, '`');
}

void selectdb_sql_name(Bytes *sql, Str name)
{
    add_name(sql, name);
}

void selectdb_sql_table(Bytes *sql, Str database, Str table)
{
    add_name(sql, database);
    bytes_add_u8(sql, '.');
    add_name(sql, table);
}

void selectdb_sql_text(Bytes *sql, Str text)
{
    bytes_add_u8(sql, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\')
            bytes_add_u8(sql, '\\');
        bytes_add_u8(sql, (uint8_t)text.data[i]);
    }
    bytes_add_u8(sql, '\'');
}

void selectdb_load_column(Bytes *header, Str name)
{
    add_name(header, name);
}
