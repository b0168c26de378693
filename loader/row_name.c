#include "loader/row_name.h"

#include "loader/binary_text.h"

#include <stdio.h>

static void add(char *out, size_t size, Str text)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%.*s", STR_ARGS(text));
}

static void add_hex(char *out, size_t size, Str bytes)
{
    char pair[3];

    for (size_t i = 0; i < bytes.len && strlen(out) + 1 < size; i++) {
        snprintf(pair, sizeof pair, "%02x", (unsigned char)bytes.data[i]);
        add(out, size, str_of(pair));
    }
}

static void add_value(char *out, size_t size, uint32_t type_oid, const Value *value)
{
    CLEANUP(bytes_done) Bytes text = {0};

    if (value->form == VALUE_NULL)
        add(out, size, str_of("NULL"));
    else if (value->form == VALUE_TEXT)
        add(out, size, value->bytes);
    else if (binary_text(type_oid, value->bytes, &text))
        add(out, size, bytes_str(&text));
    else
        add_hex(out, size, value->bytes);
}

const char *row_name(const DestTable *table, const Value *values, char *out, size_t size)
{
    out[0] = '\0';
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        add(out, size, str_of(out[0] ? ", " : ""));
        add(out, size, str_of(table->columns[i].name));
        add(out, size, str_of("="));
        add_value(out, size, table->columns[i].base_oid, &values[i]);
    }
    return out;
}
