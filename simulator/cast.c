#include "simulator/cast.h"

#include "common/compiler.h"

#include <ctype.h>
#include <strings.h>

Str cast_trim(Str field)
{
    while (field.len > 0 && isspace((unsigned char)field.data[0])) {
        field.data++;
        field.len--;
    }
    while (field.len > 0 && isspace((unsigned char)field.data[field.len - 1]))
        field.len--;
    return field;
}

/* [BE] util/string_parser.hpp, and the cast to BOOLEAN: 1/0, t/f, yes/no, on/off; not y/n. */
bool cast_boolean(Str field, int64_t *out)
{
    static const struct {
        const char *text;
        int value;
    } WORDS[] = {{"1", 1},     {"0", 0},   {"t", 1},  {"f", 0},  {"true", 1},
                 {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1}, {"off", 0}};

    field = cast_trim(field);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (strlen(WORDS[i].text) == field.len &&
            strncasecmp(WORDS[i].text, field.data, field.len) == 0) {
            *out = WORDS[i].value;
            return true;
        }
    return false;
}

static bool cast_to_text(const SimType *type, Str field, CastContext *context, Str *out)
{
    Arena *arena = context->arena;

    if (type->kind == SIM_DECIMAL)
        return cast_decimal(type->precision, type->scale, field, arena, out);
    if (type->kind == SIM_DATETIME)
        return cast_datetime(type->scale, field, context->offset_minutes, arena, out);
    if (type->kind == SIM_DATE)
        return cast_date(field, arena, out);
    if (type->kind == SIM_FLOAT || type->kind == SIM_DOUBLE)
        return cast_floating(type->kind == SIM_FLOAT, field, arena, out);
    if (type->kind == SIM_LARGEINT)
        return cast_largeint(field, arena, out);
    if (type->kind == SIM_JSON)
        return cast_json(field, arena, out);
    *out = field;
    return true;
}

bool cast_field(const SimType *type, Str field, CastContext *context, Cell *out)
{
    Cell cell = {0};
    bool ok;

    if (sim_type_is_integer(type)) {
        cell.form = CELL_INTEGER;
        ok = type->kind == SIM_BOOLEAN ? cast_boolean(field, &cell.number)
                                       : cast_integer(type->kind, field, &cell.number);
    } else {
        cell.form = CELL_TEXT;
        ok = cast_to_text(type, field, context, &cell.text);
    }
    if (ok)
        *out = cell;
    return ok;
}
