#include "common/doris_type.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* How a type is written behind its name. */
typedef enum Form { FORM_PLAIN, FORM_LENGTH, FORM_DECIMAL, FORM_SCALE } Form;

/* clang-format off */
static const struct {
    const char *name;
    Form form;
    bool may_be_key;
} KINDS[] = {
    [DORIS_NONE]     = {"",           FORM_PLAIN,   false},
    [DORIS_BOOLEAN]  = {"BOOLEAN",    FORM_PLAIN,   true},
    [DORIS_TINYINT]  = {"TINYINT",    FORM_PLAIN,   true},
    [DORIS_SMALLINT] = {"SMALLINT",   FORM_PLAIN,   true},
    [DORIS_INT]      = {"INT",        FORM_PLAIN,   true},
    [DORIS_BIGINT]   = {"BIGINT",     FORM_PLAIN,   true},
    [DORIS_LARGEINT] = {"LARGEINT",   FORM_PLAIN,   true},
    [DORIS_DECIMAL]  = {"DECIMAL",    FORM_DECIMAL, true},
    [DORIS_FLOAT]    = {"FLOAT",      FORM_PLAIN,   false},
    [DORIS_DOUBLE]   = {"DOUBLE",     FORM_PLAIN,   false},
    [DORIS_DATE]     = {"DATEV2",     FORM_PLAIN,   true},
    [DORIS_DATETIME] = {"DATETIMEV2", FORM_SCALE,   true},
    [DORIS_CHAR]     = {"CHAR",       FORM_LENGTH,  true},
    [DORIS_VARCHAR]  = {"VARCHAR",    FORM_LENGTH,  true},
    [DORIS_STRING]   = {"STRING",     FORM_PLAIN,   false},
    [DORIS_JSON]     = {"JSON",       FORM_PLAIN,   false},
};

/* Other names of the same. */
static const struct {
    const char *name;
    DorisKind kind;
} ALIASES[] = {
    {"BOOL",      DORIS_BOOLEAN},
    {"INTEGER",   DORIS_INT},
    {"DECIMALV3", DORIS_DECIMAL},
    {"NUMERIC",   DORIS_DECIMAL},
    {"DATE",      DORIS_DATE},
    {"DATETIME",  DORIS_DATETIME},
    {"TEXT",      DORIS_STRING},
    {"JSONB",     DORIS_JSON},
};
/* clang-format on */

enum { NUMBERS_MAX = 2, NUMBER_LIMIT = 1000000 };

/* A type's text as it stands: a name, and up to two numbers in parentheses. */
typedef struct TypeWords {
    Str name;
    uint32_t numbers[NUMBERS_MAX];
    size_t count;
} TypeWords;

static bool refuse(Str text, const char *why, Error *err)
{
    return error_set(err, ERROR_CONFIG, "the type \"%.*s\" %s", STR_ARGS(text), why);
}

static void skip_blanks(Str *at)
{
    while (at->len > 0 && isspace((unsigned char)*at->data)) {
        at->data++;
        at->len--;
    }
}

static bool take(Str *at, char c)
{
    skip_blanks(at);
    if (at->len == 0 || *at->data != c)
        return false;
    at->data++;
    at->len--;
    return true;
}

static Str take_name(Str *at)
{
    Str name = {at->data, 0};

    while (at->len > 0 && isalnum((unsigned char)*at->data)) {
        name.len++;
        at->data++;
        at->len--;
    }
    return name;
}

static bool take_number(Str *at, uint32_t *out)
{
    uint32_t value = 0;
    size_t digits = 0;

    skip_blanks(at);
    for (; at->len > 0 && isdigit((unsigned char)*at->data); digits++) {
        value = value * 10 + (uint32_t)(*at->data - '0');
        if (value > NUMBER_LIMIT)
            return false;
        at->data++;
        at->len--;
    }
    *out = value;
    return digits > 0;
}

static bool take_numbers(Str *at, TypeWords *out)
{
    do {
        if (out->count == NUMBERS_MAX || !take_number(at, &out->numbers[out->count]))
            return false;
        out->count++;
    } while (take(at, ','));
    return take(at, ')');
}

static bool read_words(Str text, TypeWords *out)
{
    *out = (TypeWords){0};
    skip_blanks(&text);
    out->name = take_name(&text);
    if (out->name.len == 0 || (take(&text, '(') && !take_numbers(&text, out)))
        return false;
    skip_blanks(&text);
    return text.len == 0;
}

static bool is_named(Str name, const char *other)
{
    return name.len == strlen(other) && strncasecmp(name.data, other, name.len) == 0;
}

static DorisKind find_kind(Str name)
{
    for (size_t i = DORIS_NONE + 1; i < COUNT_OF(KINDS); i++) {
        if (is_named(name, KINDS[i].name))
            return (DorisKind)i;
    }
    for (size_t i = 0; i < COUNT_OF(ALIASES); i++) {
        if (is_named(name, ALIASES[i].name))
            return ALIASES[i].kind;
    }
    return DORIS_NONE;
}

static bool read_decimal(Str text, const TypeWords *words, DorisType *out, Error *err)
{
    enum { SCALE_DEFAULT = 9 };

    out->precision = words->count > 0 ? words->numbers[0] : DORIS_DECIMAL_MAX;
    out->scale = words->count > 1 ? words->numbers[1] : words->count == 0 ? SCALE_DEFAULT : 0;
    if (out->precision < 1 || out->precision > DORIS_DECIMAL_MAX)
        return refuse(text, "must have 1 to 38 digits", err);
    if (out->scale > out->precision)
        return refuse(text, "has more digits behind the point than digits", err);
    return true;
}

static bool read_length(Str text, const TypeWords *words, DorisType *out, Error *err)
{
    bool is_char = out->kind == DORIS_CHAR;
    uint32_t most = is_char ? DORIS_CHAR_MAX : DORIS_VARCHAR_MAX;

    out->length = words->count > 0 ? words->numbers[0] : is_char ? 1 : most;
    if (words->count > 1)
        return refuse(text, "has a length and nothing else", err);
    if (out->length < 1 || out->length > most)
        return refuse(text, is_char ? "must have 1 to 255 bytes" : "must have 1 to 65533 bytes",
                      err);
    return true;
}

static bool read_scale(Str text, const TypeWords *words, DorisType *out, Error *err)
{
    out->scale = words->count > 0 ? words->numbers[0] : 0;
    if (words->count > 1 || out->scale > DORIS_DATETIME_MAX)
        return refuse(text, "has 0 to 6 digits of a second", err);
    return true;
}

static bool read_form(Str text, const TypeWords *words, DorisType *out, Error *err)
{
    switch (KINDS[out->kind].form) {
    case FORM_DECIMAL:
        return read_decimal(text, words, out, err);
    case FORM_LENGTH:
        return read_length(text, words, out, err);
    case FORM_SCALE:
        return read_scale(text, words, out, err);
    case FORM_PLAIN:
        break;
    }
    /* SHOW CREATE TABLE of an older version gives integers a width: int(11) */
    if (words->count > 0 && (out->kind < DORIS_TINYINT || out->kind > DORIS_LARGEINT))
        return refuse(text, "takes no numbers", err);
    return true;
}

bool doris_type_parse(Str text, DorisType *out, Error *err)
{
    TypeWords words;
    DorisType type = {0};

    if (!read_words(text, &words))
        return refuse(text, "is not written as SelectDB writes types", err);
    type.kind = find_kind(words.name);
    if (type.kind == DORIS_NONE)
        return refuse(text, "is not one that walferry can write", err);
    if (!read_form(text, &words, &type, err))
        return false;
    *out = type;
    return true;
}

const char *doris_type_text(DorisType type, char out[DORIS_TYPE_TEXT_MAX])
{
    const char *name = KINDS[type.kind].name;

    switch (KINDS[type.kind].form) {
    case FORM_PLAIN:
        snprintf(out, DORIS_TYPE_TEXT_MAX, "%s", name);
        break;
    case FORM_LENGTH:
        snprintf(out, DORIS_TYPE_TEXT_MAX, "%s(%u)", name, type.length);
        break;
    case FORM_DECIMAL:
        snprintf(out, DORIS_TYPE_TEXT_MAX, "%s(%u,%u)", name, type.precision, type.scale);
        break;
    case FORM_SCALE:
        snprintf(out, DORIS_TYPE_TEXT_MAX, "%s(%u)", name, type.scale);
        break;
    }
    return out;
}

bool doris_type_equal(DorisType a, DorisType b)
{
    return a.kind == b.kind && a.precision == b.precision && a.scale == b.scale &&
           a.length == b.length;
}

bool doris_type_may_be_key(DorisKind kind)
{
    return KINDS[kind].may_be_key;
}
