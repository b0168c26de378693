#include "schema/selectdb_type.h"

#include "schema/pg_type.h"

enum {
    BYTES_OF_CHARACTER = 4, /* the longest in UTF-8 */
    ENUM_LENGTH = 255,      /* a label has 63 bytes; a server may be built for longer names */
    UUID_LENGTH = 36,
    TIME_LENGTH = 50,
};

/* How the type at SelectDB is made. */
typedef enum Make {
    MAKE_FIXED,
    MAKE_LENGTH,  /* VARCHAR, by a length in characters; STRING without one or for a longer one */
    MAKE_DECIMAL, /* by precision and scale; STRING where DECIMAL cannot hold it */
} Make;

typedef struct TypeRule {
    uint32_t oid;
    Make make;
    DorisType type;
    uint32_t digits; /* of an integer */
} TypeRule;

/* clang-format off */
static const TypeRule RULES[] = {
    {BOOL,        MAKE_FIXED,   {.kind = DORIS_BOOLEAN},                               0},
    {INT2,        MAKE_FIXED,   {.kind = DORIS_SMALLINT},                              5},
    {INT4,        MAKE_FIXED,   {.kind = DORIS_INT},                                   10},
    {INT8,        MAKE_FIXED,   {.kind = DORIS_BIGINT},                                19},
    {NUMERIC,     MAKE_DECIMAL, {.kind = DORIS_DECIMAL},                               0},
    {FLOAT4,      MAKE_FIXED,   {.kind = DORIS_DOUBLE},                                0},
    {FLOAT8,      MAKE_FIXED,   {.kind = DORIS_DOUBLE},                                0},
    {BPCHAR,      MAKE_LENGTH,  {.kind = DORIS_VARCHAR},                               0},
    {VARCHAR,     MAKE_LENGTH,  {.kind = DORIS_VARCHAR},                               0},
    {UUID,        MAKE_FIXED,   {.kind = DORIS_VARCHAR, .length = UUID_LENGTH},        0},
    {DATE,        MAKE_FIXED,   {.kind = DORIS_DATE},                                  0},
    {TIMESTAMP,   MAKE_FIXED,   {.kind = DORIS_DATETIME, .scale = DORIS_DATETIME_MAX}, 0},
    {TIMESTAMPTZ, MAKE_FIXED,   {.kind = DORIS_DATETIME, .scale = DORIS_DATETIME_MAX}, 0},
    {TIME,        MAKE_FIXED,   {.kind = DORIS_VARCHAR, .length = TIME_LENGTH},        0},
    {TIMETZ,      MAKE_FIXED,   {.kind = DORIS_VARCHAR, .length = TIME_LENGTH},        0},
    {JSON,        MAKE_FIXED,   {.kind = DORIS_JSON},                                  0},
    {JSONB,       MAKE_FIXED,   {.kind = DORIS_JSON},                                  0},
};
/* clang-format on */

static const TypeRule ANY_ENUM = {.type = {.kind = DORIS_VARCHAR, .length = ENUM_LENGTH}};
static const TypeRule ANY_OTHER = {.type = {.kind = DORIS_STRING}};

static uint32_t base_of(const CatalogColumn *column)
{
    return column->base_type_oid ? column->base_type_oid : column->type_oid;
}

static int32_t modifier_of(const CatalogColumn *column)
{
    return column->base_type_oid ? column->base_type_modifier : column->type_modifier;
}

static const TypeRule *rule_of(const CatalogColumn *column)
{
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        if (RULES[i].oid == base_of(column))
            return &RULES[i];
    }
    return column->is_enum ? &ANY_ENUM : &ANY_OTHER;
}

/* Precision and scale of a NUMERIC as DECIMAL has them: 0 <= scale <= precision. */
typedef struct Digits {
    int32_t precision, scale; /* precision 0: none was declared */
} Digits;

/* Since 15 a scale may be below 0, and above the precision: then there are more digits than said.
 */
static Digits digits_of(const CatalogColumn *column)
{
    int32_t modifier = modifier_of(column) - MODIFIER_HEADER;
    Digits out;

    if (modifier < 0)
        return (Digits){0};
    out.precision = modifier >> 16 & 0xffff;
    out.scale = ((modifier & 0x7ff) ^ 1024) - 1024; /* eleven bits with a sign */
    if (out.scale < 0)
        return (Digits){out.precision - out.scale, 0};
    if (out.scale > out.precision)
        out.precision = out.scale;
    return out;
}

static DorisType make_decimal(const CatalogColumn *column)
{
    Digits digits = digits_of(column);

    if (digits.precision == 0 || digits.precision > DORIS_DECIMAL_MAX)
        return (DorisType){.kind = DORIS_STRING};
    return (DorisType){.kind = DORIS_DECIMAL,
                       .precision = (uint32_t)digits.precision,
                       .scale = (uint32_t)digits.scale};
}

static DorisType make_length(const CatalogColumn *column)
{
    int64_t characters = (int64_t)modifier_of(column) - MODIFIER_HEADER;
    int64_t bytes = characters * BYTES_OF_CHARACTER;

    if (characters <= 0 || bytes > DORIS_VARCHAR_MAX)
        return (DorisType){.kind = DORIS_STRING};
    return (DorisType){.kind = DORIS_VARCHAR, .length = (uint32_t)bytes};
}

DorisType selectdb_type_of(const CatalogColumn *column)
{
    const TypeRule *rule = rule_of(column);

    switch (rule->make) {
    case MAKE_LENGTH:
        return make_length(column);
    case MAKE_DECIMAL:
        return make_decimal(column);
    case MAKE_FIXED:
        break;
    }
    return rule->type;
}

bool selectdb_type_of_key(const CatalogColumn *column, DorisType *out, const char **why)
{
    DorisType type = selectdb_type_of(column);

    if (type.kind == DORIS_STRING)
        type = (DorisType){.kind = DORIS_VARCHAR, .length = DORIS_VARCHAR_MAX};
    if (!doris_type_may_be_key(type.kind)) {
        *why = type.kind == DORIS_JSON ? "JSON cannot be a key at SelectDB"
                                       : "a floating point number cannot be a key at SelectDB";
        return false;
    }
    *out = type;
    return true;
}

/* --- what else is good for a column --- */

/* How many digits before the point each integer certainly holds. */
static uint32_t digits_of_integer(DorisKind kind)
{
    static const uint32_t DIGITS[DORIS_KIND_COUNT] = {
        [DORIS_TINYINT] = 2, [DORIS_SMALLINT] = 4,  [DORIS_INT] = 9,
        [DORIS_BIGINT] = 18, [DORIS_LARGEINT] = 38,
    };

    return DIGITS[kind];
}

static const char *judge_integer(const CatalogColumn *column, DorisType asked)
{
    const TypeRule *rule = rule_of(column);

    if (asked.kind == DORIS_DECIMAL)
        return asked.precision - asked.scale >= rule->digits ? NULL : "it is too narrow";
    if (digits_of_integer(asked.kind) == 0)
        return "its values are not values of that type";
    return asked.kind >= rule->type.kind ? NULL : "it is too narrow";
}

static const char *judge_numeric(const CatalogColumn *column, DorisType asked)
{
    Digits digits = digits_of(column);
    uint32_t room = digits_of_integer(asked.kind);

    if (asked.kind == DORIS_DECIMAL)
        return NULL; /* a value that does not fit is found: destination.unfit */
    if (asked.kind == DORIS_FLOAT || asked.kind == DORIS_DOUBLE)
        return "its digits would be rounded";
    if (room == 0)
        return "its values are not values of that type";
    if (digits.precision == 0 || digits.scale > 0)
        return "it has no digits behind the point";
    return (uint32_t)digits.precision <= room ? NULL : "it is too narrow";
}

static const char *judge_timestamp(const CatalogColumn *column, DorisType asked)
{
    int32_t modifier = modifier_of(column);
    uint32_t digits = modifier < 0 ? DORIS_DATETIME_MAX : (uint32_t)modifier;

    if (asked.kind != DORIS_DATETIME)
        return "its values are not values of that type";
    return asked.scale >= digits ? NULL : "it has fewer digits of a second: they would be rounded";
}

static const char *judge_exact(const CatalogColumn *column, DorisType asked)
{
    bool is_float4 = base_of(column) == FLOAT4;

    if (asked.kind == rule_of(column)->type.kind || (is_float4 && asked.kind == DORIS_FLOAT))
        return NULL;
    return asked.kind == DORIS_FLOAT && base_of(column) == FLOAT8
               ? "its digits would be rounded"
               : "its values are not values of that type";
}

static bool is_text(DorisKind kind)
{
    return kind == DORIS_STRING || kind == DORIS_VARCHAR || kind == DORIS_CHAR;
}

static const char *judge(const CatalogColumn *column, DorisType asked)
{
    const TypeRule *rule = rule_of(column);

    if (rule->digits > 0)
        return judge_integer(column, asked);
    if (rule->make == MAKE_DECIMAL)
        return judge_numeric(column, asked);
    if (rule->type.kind == DORIS_DATETIME)
        return judge_timestamp(column, asked);
    return judge_exact(column, asked);
}

bool selectdb_type_accepts(const CatalogColumn *column, DorisType asked, Arena *arena,
                           const char **why)
{
    char text[DORIS_TYPE_TEXT_MAX];
    /* every value has a text; one that is too long is found: destination.unfit */
    const char *reason = is_text(asked.kind) ? NULL : judge(column, asked);

    if (!reason)
        return true;
    *why = arena_printf(arena, "%s cannot be %s: %s", column->type_text,
                        doris_type_text(asked, text), reason);
    return false;
}

bool selectdb_type_is_wide(const CatalogColumn *column)
{
    return base_of(column) == NUMERIC && selectdb_type_of(column).kind == DORIS_STRING;
}

bool selectdb_type_loses_zone(const CatalogColumn *column)
{
    return base_of(column) == TIMESTAMPTZ;
}
