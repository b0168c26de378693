#include "loader/row_name.h"

#include <inttypes.h>
#include <stdio.h>

/* How the bytes of a type's binary form are shown. */
typedef enum Look { LOOK_HEX, LOOK_TEXT, LOOK_INTEGER, LOOK_UUID } Look;

static Look look_of(uint32_t type_oid)
{
    enum { FIRST_FREE_OID = 10000 };

    if (type_oid >= FIRST_FREE_OID)
        return LOOK_TEXT; /* a label: of the types without a fixed number, only enums are binary */
    switch (type_oid) {
    case 20: /* int8, int2, int4, oid */
    case 21:
    case 23:
    case 26:
        return LOOK_INTEGER;
    case 18: /* "char", name, text, bpchar, varchar */
    case 19:
    case 25:
    case 1042:
    case 1043:
        return LOOK_TEXT;
    case 2950:
        return LOOK_UUID;
    default:
        return LOOK_HEX;
    }
}

static int64_t integer_of(Str bytes)
{
    bool negative = bytes.len > 0 && (bytes.data[0] & 0x80);
    uint64_t number = negative ? UINT64_MAX : 0;

    for (size_t i = 0; i < bytes.len && i < sizeof number; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return (int64_t)number;
}

static void add(char *out, size_t size, Str text)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%.*s", STR_ARGS(text));
}

static void add_hex(char *out, size_t size, Str bytes, bool is_uuid)
{
    char pair[4];

    for (size_t i = 0; i < bytes.len; i++) {
        bool dash = is_uuid && (i == 4 || i == 6 || i == 8 || i == 10);

        snprintf(pair, sizeof pair, "%s%02x", dash ? "-" : "", (unsigned char)bytes.data[i]);
        add(out, size, str_of(pair));
    }
}

static void add_value(char *out, size_t size, uint32_t type_oid, const Value *value)
{
    char number[24];
    Look look = value->form == VALUE_TEXT ? LOOK_TEXT : look_of(type_oid);

    if (value->form == VALUE_NULL) {
        add(out, size, str_of("NULL"));
    } else if (look == LOOK_TEXT) {
        add(out, size, value->bytes);
    } else if (look == LOOK_INTEGER) {
        snprintf(number, sizeof number, "%" PRId64, integer_of(value->bytes));
        add(out, size, str_of(number));
    } else {
        add_hex(out, size, value->bytes, look == LOOK_UUID);
    }
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
