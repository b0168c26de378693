#include "loader/copy_text.h"

#include <inttypes.h>

uint64_t copy_text_rows(Str rows, uint64_t most, size_t *length)
{
    const char *at = rows.data, *end = rows.data + rows.len;
    uint64_t count = 0;

    for (; count < most && at < end; count++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        if (!newline)
            break;
        at = newline + 1;
    }
    *length = (size_t)(at - rows.data);
    return count;
}

Str copy_text_row(Str rows, Str *rest)
{
    const char *newline = rows.len ? memchr(rows.data, '\n', rows.len) : NULL;
    size_t length = newline ? (size_t)(newline - rows.data) : rows.len;
    size_t taken = newline ? length + 1 : length;

    *rest = (Str){rows.data + taken, rows.len - taken};
    return (Str){rows.data, length};
}

static bool is_null(Str field)
{
    return field.len == 2 && field.data[0] == '\\' && field.data[1] == 'N';
}

/* 0: the server does not write it. */
static char unescaped(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case '\\':
        return '\\';
    default:
        return 0;
    }
}

/* Into out, whose end is given; NULL: it holds what the server does not write. */
static char *unescape(Str field, char *out)
{
    const char *at = field.data, *end = field.data + field.len;

    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((slash ? slash : end) - at);

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (!slash)
            break;
        if (end - at < 2 || !unescaped(at[1]))
            return NULL;
        *out++ = unescaped(at[1]);
        at += 2;
    }
    return out;
}

static bool read_field(Str field, Value *value, char **scratch)
{
    char *begin = *scratch;

    if (is_null(field)) {
        *value = (Value){.form = VALUE_NULL};
        return true;
    }
    if (field.len == 0 || !memchr(field.data, '\\', field.len)) {
        *value = (Value){VALUE_TEXT, field};
        return true;
    }
    char *end = unescape(field, begin);
    if (!end)
        return false;
    *value = (Value){VALUE_TEXT, {begin, (size_t)(end - begin)}};
    *scratch = end;
    return true;
}

static bool wrong_count(uint32_t found, uint32_t count, Error *err)
{
    return error_set(err, ERROR_PROTOCOL,
                     "a copied row with %" PRIu32 "%s fields, of a table with %" PRIu32 " columns",
                     found, found > count ? " or more" : "", count);
}

bool copy_text_values(Str row, Value *values, uint32_t count, char *scratch, Error *err)
{
    const char *at = row.data, *end = row.data + row.len;
    uint32_t found = 0;

    if (count == 0)
        return row.len == 0 || wrong_count(1, 0, err);
    for (bool more = true; more; found++) {
        const char *tab = at < end ? memchr(at, '\t', (size_t)(end - at)) : NULL;
        Str field = {at, (size_t)((tab ? tab : end) - at)};

        if (found == count)
            return wrong_count(found + 1, count, err);
        if (!read_field(field, &values[found], &scratch))
            return error_set(err, ERROR_PROTOCOL,
                             "field %" PRIu32 " of a copied row has an escape that is not known",
                             found + 1);
        more = tab != NULL;
        at = more ? tab + 1 : end;
    }
    return found == count || wrong_count(found, count, err);
}
