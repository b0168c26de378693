#include "schema/selectdb_names.h"

#include "common/bytes.h"
#include "common/sql_text.h"

#include <ctype.h>
#include <strings.h>

enum { TABLE_MAX = 64, COLUMN_MAX = 256 };

/* Prefixes of SelectDB's hidden columns, and the column by which loads give the sequence. */
static const char *const RESERVED[] = {"__DORIS_", "__WALFERRY_"};

static const char OTHER_SCRIPT[] = "it has letters that SelectDB takes in its newest versions only";

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

static bool has_other_script(const char *name)
{
    for (; *name; name++) {
        if ((unsigned char)*name > 0x7f)
            return true;
    }
    return false;
}

static bool is_made_of(const char *name, const char *others)
{
    for (; *name; name++) {
        if (!is_plain(*name) && !strchr(others, *name))
            return false;
    }
    return true;
}

const char *selectdb_names_table(const char *name)
{
    if (has_other_script(name))
        return OTHER_SCRIPT;
    if (strlen(name) > TABLE_MAX)
        return "it is longer than 64 characters";
    if (!is_letter(name[0]))
        return "it does not begin with a letter";
    return is_made_of(name, "-$") ? NULL : "SelectDB takes letters, digits, _, - and $ in it only";
}

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(RESERVED); i++) {
        if (strncasecmp(name, RESERVED[i], strlen(RESERVED[i])) == 0)
            return true;
    }
    return false;
}

const char *selectdb_names_column(const char *name)
{
    if (has_other_script(name))
        return OTHER_SCRIPT;
    if (strlen(name) > COLUMN_MAX)
        return "it is longer than 256 characters";
    if (is_reserved(name))
        return "names that begin so are SelectDB's and walferry's own";
    if (name[0] == ' ' || (name[0] && name[strlen(name) - 1] == ' '))
        return "it begins or ends with a blank";
    return is_made_of(name, ".+-/?@#$%^&*\",: ")
               ? NULL
               : "SelectDB takes letters, digits, blanks and _.+-/?@#$%^&*\",: in it only";
}

bool selectdb_names_equal(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* A character of another script is several bytes, and becomes one _. */
static void add_plain(Bytes *out, const char *name)
{
    for (; *name && out->len < TABLE_MAX; name++) {
        if (((unsigned char)*name & 0xc0) == 0x80)
            continue;
        bytes_add_u8(out, is_plain(*name) ? (uint8_t)*name : '_');
    }
}

static bool has_letter(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_letter(text.data[i]))
            return true;
    }
    return false;
}

const char *selectdb_names_suggest(Arena *arena, const char *name, const char *prefix,
                                   uint32_t number)
{
    CLEANUP(bytes_done) Bytes plain = {0};

    add_plain(&plain, name);
    if (!has_letter(bytes_str(&plain)))
        return arena_printf(arena, "%s_%u", prefix, number);
    if (is_letter(plain.data[0]))
        return arena_copy(arena, bytes_str(&plain)).data;
    return arena_printf(arena, "%s_%.*s", prefix, (int)(plain.len < 60 ? plain.len : 60),
                        plain.data);
}

const char *selectdb_names_quoted(Arena *arena, const char *text)
{
    CLEANUP(bytes_done) Bytes out = {0};

    bytes_add_u8(&out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            bytes_add_u8(&out, '\\');
        bytes_add_u8(&out, (uint8_t)*text);
    }
    bytes_add_u8(&out, '"');
    return arena_copy(arena, bytes_str(&out)).data;
}
