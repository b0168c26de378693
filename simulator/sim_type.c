#include "simulator/sim_type.h"

#include "common/compiler.h"

#include <stdio.h>
#include <strings.h>

static const struct {
    const char *sql;
    const char *primitive;
    const char *jdbc;
} TEXTS[SIM_KIND_COUNT] = {
    [SIM_BOOLEAN] = {"boolean", "BOOLEAN", "BOOLEAN"},
    [SIM_TINYINT] = {"tinyint", "TINYINT", "TINYINT"},
    [SIM_SMALLINT] = {"smallint", "SMALLINT", "SMALLINT"},
    [SIM_INT] = {"int", "INT", "INT"},
    [SIM_BIGINT] = {"bigint", "BIGINT", "BIGINT"},
    [SIM_LARGEINT] = {"largeint", "LARGEINT", "CHAR"},
    [SIM_FLOAT] = {"float", "FLOAT", "FLOAT"},
    [SIM_DOUBLE] = {"double", "DOUBLE", "DOUBLE"},
    [SIM_DECIMAL] = {"decimal", "DECIMAL128", "DECIMAL"},
    [SIM_DATE] = {"date", "DATEV2", "DATE"},
    [SIM_DATETIME] = {"datetime", "DATETIMEV2", "DATETIME"},
    [SIM_CHAR] = {"char", "CHAR", "CHAR"},
    [SIM_VARCHAR] = {"varchar", "VARCHAR", "VARCHAR"},
    [SIM_STRING] = {"text", "STRING", "CHAR"},
    [SIM_JSON] = {"json", "JSONB", "CHAR"},
};

static const struct {
    const char *name;
    SimKind kind;
} NAMES[] = {
    {"boolean", SIM_BOOLEAN},     {"bool", SIM_BOOLEAN},      {"tinyint", SIM_TINYINT},
    {"smallint", SIM_SMALLINT},   {"int", SIM_INT},           {"integer", SIM_INT},
    {"bigint", SIM_BIGINT},       {"largeint", SIM_LARGEINT}, {"float", SIM_FLOAT},
    {"double", SIM_DOUBLE},       {"decimal", SIM_DECIMAL},   {"decimalv3", SIM_DECIMAL},
    {"date", SIM_DATE},           {"datev2", SIM_DATE},       {"datetime", SIM_DATETIME},
    {"datetimev2", SIM_DATETIME}, {"char", SIM_CHAR},         {"character", SIM_CHAR},
    {"varchar", SIM_VARCHAR},     {"string", SIM_STRING},     {"text", SIM_STRING},
    {"json", SIM_JSON},           {"jsonb", SIM_JSON},
};

bool sim_kind_parse(Str name, SimKind *out)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (strlen(NAMES[i].name) == name.len &&
            strncasecmp(NAMES[i].name, name.data, name.len) == 0) {
            *out = NAMES[i].kind;
            return true;
        }
    return false;
}

/* [FE] nereids/types/DataType.java: a bare DECIMAL is (38,9), a bare VARCHAR has 65533 bytes. */
SimType sim_type_of(SimKind kind)
{
    SimType type = {.kind = kind};

    if (kind == SIM_DECIMAL) {
        type.precision = 38;
        type.scale = 9;
    }
    if (kind == SIM_VARCHAR)
        type.length = 65533;
    if (kind == SIM_CHAR)
        type.length = 1;
    return type;
}

static bool check_decimal(const SimType *type, char *problem, size_t size)
{
    if (type->precision >= 1 && type->precision <= 38 && type->scale >= 0 &&
        type->scale <= type->precision)
        return true;
    if (type->precision > 38)
        snprintf(problem, size,
                 "Datatype DecimalV3 with precision %d, which is greater than 38 by default, is "
                 "disabled by default. set `enable_decimal256` = true to enable it.",
                 type->precision);
    else
        snprintf(problem, size,
                 "Scale of decimal must be between 0 and precision. Scale was set "
                 "to: %d precision was set to: %d",
                 type->scale, type->precision);
    return false;
}

bool sim_type_check(const SimType *type, char *problem, size_t size)
{
    if (type->kind == SIM_DECIMAL)
        return check_decimal(type, problem, size);
    if (type->kind == SIM_DATETIME && (type->scale < 0 || type->scale > 6)) {
        snprintf(problem, size, "Scale of Datetime/Time must between 0 and 6. Scale was set to: %d",
                 type->scale);
        return false;
    }
    if (type->kind == SIM_CHAR && (type->length < 1 || type->length > 255)) {
        snprintf(problem, size, "Char size must be <= 255: %d", type->length);
        return false;
    }
    if (type->kind == SIM_VARCHAR && (type->length < 1 || type->length > 65533)) {
        snprintf(problem, size, "Varchar size must be <= 65533: %d", type->length);
        return false;
    }
    return true;
}

void sim_type_text(const SimType *type, char *out, size_t size)
{
    const char *name = TEXTS[type->kind].sql;

    if (type->kind == SIM_DECIMAL)
        snprintf(out, size, "%s(%d,%d)", name, type->precision, type->scale);
    else if (type->kind == SIM_CHAR || type->kind == SIM_VARCHAR)
        snprintf(out, size, "%s(%d)", name, type->length);
    else if (type->kind == SIM_DATETIME && type->scale > 0)
        snprintf(out, size, "%s(%d)", name, type->scale);
    else
        snprintf(out, size, "%s", name);
}

const char *sim_type_primitive(const SimType *type)
{
    if (type->kind == SIM_DECIMAL && type->precision <= 9)
        return "DECIMAL32";
    if (type->kind == SIM_DECIMAL && type->precision <= 18)
        return "DECIMAL64";
    return TEXTS[type->kind].primitive;
}

const char *sim_type_jdbc(const SimType *type)
{
    return TEXTS[type->kind].jdbc;
}

bool sim_type_is_integer(const SimType *type)
{
    return type->kind <= SIM_BIGINT;
}

bool sim_type_is_number_text(const SimType *type)
{
    return type->kind == SIM_LARGEINT || type->kind == SIM_FLOAT || type->kind == SIM_DOUBLE ||
           type->kind == SIM_DECIMAL;
}

/* [FE] datasource/InternalCatalog.java:2888: "Sequence type only support integer types and date
 * types". */
bool sim_type_is_sequence(const SimType *type)
{
    return (type->kind >= SIM_TINYINT && type->kind <= SIM_LARGEINT) || type->kind == SIM_DATE ||
           type->kind == SIM_DATETIME;
}
