/*
 * JSON: checked, and written as the binary JSON shows it: without blanks, members sorted by name,
 * one of a name, numbers as 64-bit or 128-bit integers or doubles. [BE] util/jsonb_parser*,
 * jsonb_document.h (at most 100 levels).
 */
#include "simulator/cast.h"

#include "common/bytes.h"
#include "common/compiler.h"

#include <ctype.h>
#include <stdlib.h>

enum { MAX_LEVELS = 100 };

typedef struct Json {
    const char *at;
    const char *end;
    Arena *arena;
} Json;

static bool value(Json *json, int level, Bytes *out);

static void skip_blanks(Json *json)
{
    while (json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at)
        json->at++;
}

static bool accept(Json *json, char wanted)
{
    skip_blanks(json);
    if (json->at == json->end || *json->at != wanted)
        return false;
    json->at++;
    return true;
}

static bool hex4(Json *json, unsigned *out)
{
    unsigned code = 0;

    if (json->end - json->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *json->at++;

        if (!isxdigit((unsigned char)c))
            return false;
        code = code * 16 + (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    *out = code;
    return true;
}

static void add_code(Bytes *out, unsigned code)
{
    char utf8[4];
    size_t n = 0;

    if (code < 0x80) {
        utf8[n++] = (char)code;
    } else if (code < 0x800) {
        utf8[n++] = (char)(0xC0 | (code >> 6));
        utf8[n++] = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        utf8[n++] = (char)(0xE0 | (code >> 12));
        utf8[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
        utf8[n++] = (char)(0x80 | (code & 0x3F));
    } else {
        utf8[n++] = (char)(0xF0 | (code >> 18));
        utf8[n++] = (char)(0x80 | ((code >> 12) & 0x3F));
        utf8[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
        utf8[n++] = (char)(0x80 | (code & 0x3F));
    }
    bytes_add(out, utf8, n);
}

static bool escaped_code(Json *json, Bytes *out)
{
    unsigned code, low;

    if (!hex4(json, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (json->end - json->at < 6 || json->at[0] != '\\' || json->at[1] != 'u')
            return false;
        json->at += 2;
        if (!hex4(json, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
        return false;
    }
    add_code(out, code);
    return true;
}

static bool escape(Json *json, Bytes *out)
{
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
    const char *found;
    char c;

    if (json->at == json->end)
        return false;
    c = *json->at++;
    if (c == 'u')
        return escaped_code(json, out);
    found = c ? strchr(FROM, c) : NULL;
    if (!found)
        return false;
    bytes_add_u8(out, (uint8_t)TO[found - FROM]);
    return true;
}

/* The characters between the quotes. */
static bool raw_string(Json *json, Str *out)
{
    CLEANUP(bytes_done) Bytes text = {0};

    if (!accept(json, '"'))
        return false;
    while (json->at < json->end && *json->at != '"') {
        if ((unsigned char)*json->at < 0x20)
            return false;
        if (*json->at != '\\') {
            bytes_add_u8(&text, (uint8_t)*json->at++);
            continue;
        }
        json->at++;
        if (!escape(json, &text))
            return false;
    }
    if (json->at == json->end)
        return false;
    json->at++;
    *out = arena_copy(json->arena, bytes_str(&text));
    return true;
}

static void add_string(Bytes *out, Arena *arena, Str text)
{
    static const char CODES[] = "\"\\\b\f\n\r\t", LETTERS[] = "\"\\bfnrt";

    bytes_add_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        const char *found = c ? strchr(CODES, c) : NULL;

        if (found) {
            bytes_add_u8(out, '\\');
            bytes_add_u8(out, (uint8_t)LETTERS[found - CODES]);
        } else if ((unsigned char)c < 0x20) {
            bytes_add_str(out, str_of(arena_printf(arena, "\\u%04x", (unsigned)c)));
        } else {
            bytes_add_u8(out, (uint8_t)c);
        }
    }
    bytes_add_u8(out, '"');
}

static bool digits(Json *json)
{
    const char *start = json->at;

    while (json->at < json->end && isdigit((unsigned char)*json->at))
        json->at++;
    return json->at > start;
}

/* The grammar of JSON's numbers; *whole: neither fraction nor exponent. */
static bool scan_number(Json *json, Str *out, bool *whole)
{
    const char *start = json->at;

    *whole = true;
    if (json->at < json->end && *json->at == '-')
        json->at++;
    if (json->at < json->end && *json->at == '0')
        json->at++;
    else if (!digits(json))
        return false;
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        *whole = false;
        if (!digits(json))
            return false;
    }
    if (json->at < json->end && (*json->at | 0x20) == 'e') {
        json->at++;
        *whole = false;
        if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
            json->at++;
        if (!digits(json))
            return false;
    }
    *out = (Str){start, (size_t)(json->at - start)};
    return true;
}

static bool number(Json *json, Bytes *out)
{
    Str text, shown;
    bool whole;

    if (!scan_number(json, &text, &whole))
        return false;
    if (whole && cast_largeint(text, json->arena, &shown)) {
        bytes_add_str(out, shown);
        return true;
    }
    if (!cast_floating(false, text, json->arena, &shown) || strstr(shown.data, "inf"))
        return false;
    bytes_add_str(out, shown);
    return true;
}

static bool word(Json *json, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(json->end - json->at) < len || memcmp(json->at, text, len) != 0)
        return false;
    json->at += len;
    return true;
}

static bool array(Json *json, int level, Bytes *out)
{
    bool first = true;

    bytes_add_u8(out, '[');
    if (!accept(json, ']')) {
        do {
            if (!first)
                bytes_add_u8(out, ',');
            first = false;
            if (!value(json, level, out))
                return false;
        } while (accept(json, ','));
        if (!accept(json, ']'))
            return false;
    }
    bytes_add_u8(out, ']');
    return true;
}

typedef struct Member {
    Str name;
    Str value;
    size_t order;
} Member;

/* By name; of the same name the first comes first, and is the one that is shown. */
static int by_name(const void *left, const void *right)
{
    const Member *a = left, *b = right;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = len > 0 ? memcmp(a->name.data, b->name.data, len) : 0;

    if (order == 0)
        order = (a->name.len > b->name.len) - (a->name.len < b->name.len);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool member(Json *json, int level, Bytes *members, size_t order)
{
    CLEANUP(bytes_done) Bytes text = {0};
    Member one = {.order = order};

    skip_blanks(json);
    if (!raw_string(json, &one.name) || !accept(json, ':') || !value(json, level, &text))
        return false;
    one.value = arena_copy(json->arena, bytes_str(&text));
    bytes_add(members, &one, sizeof one);
    return true;
}

static void add_members(Json *json, Member *members, size_t count, Bytes *out)
{
    if (count > 1)
        qsort(members, count, sizeof *members, by_name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(members[i].name, members[i - 1].name))
            continue;
        if (i > 0)
            bytes_add_u8(out, ',');
        add_string(out, json->arena, members[i].name);
        bytes_add_u8(out, ':');
        bytes_add_str(out, members[i].value);
    }
}

static bool object(Json *json, int level, Bytes *out)
{
    CLEANUP(bytes_done) Bytes members = {0};
    size_t count = 0;

    bytes_add_u8(out, '{');
    if (!accept(json, '}')) {
        do
            if (!member(json, level, &members, count++))
                return false;
        while (accept(json, ','));
        if (!accept(json, '}'))
            return false;
    }
    add_members(json, (Member *)(void *)members.data, count, out);
    bytes_add_u8(out, '}');
    return true;
}

static bool value(Json *json, int level, Bytes *out)
{
    static const char *const WORDS[] = {"true", "false", "null"};
    Str text;

    skip_blanks(json);
    if (json->at == json->end || level >= MAX_LEVELS)
        return false;
    if (accept(json, '{'))
        return object(json, level + 1, out);
    if (accept(json, '['))
        return array(json, level + 1, out);
    if (*json->at == '"') {
        if (!raw_string(json, &text))
            return false;
        add_string(out, json->arena, text);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (word(json, WORDS[i])) {
            bytes_add_str(out, str_of(WORDS[i]));
            return true;
        }
    return number(json, out);
}

bool cast_json(Str field, Arena *arena, Str *out)
{
    CLEANUP(bytes_done) Bytes text = {0};
    Json json = {.at = field.data, .end = field.data + field.len, .arena = arena};

    if (!value(&json, 0, &text))
        return false;
    skip_blanks(&json);
    if (json.at != json.end)
        return false;
    *out = arena_copy(arena, bytes_str(&text));
    return true;
}
