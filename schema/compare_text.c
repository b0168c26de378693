#include "schema/compare_text.h"

#include "common/compiler.h"
#include "common/selectdb_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { NUMBER_MAX = 128 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "+012.500" -> "12.5", "-0.0" -> "0"; what is no plain number stays. */
static Str plain_number(Str text, char *room, size_t size)
{
    size_t at = 0, end = text.len, used = 0;
    bool negative = text.len > 0 && text.data[0] == '-', point = memchr(text.data, '.', text.len);

    if (text.len == 0 || text.len + 2 > size)
        return text;
    at += text.data[0] == '-' || text.data[0] == '+';
    for (size_t i = at; i < text.len; i++) {
        if (!is_digit(text.data[i]) && text.data[i] != '.')
            return text;
    }
    while (at + 1 < end && text.data[at] == '0' && is_digit(text.data[at + 1]))
        at++;
    while (point && end > at && text.data[end - 1] == '0')
        end--;
    end -= point && end > at && text.data[end - 1] == '.';
    if (end == at || (end - at == 1 && text.data[at] == '0'))
        return (Str){"0", 1};
    if (negative)
        room[used++] = '-';
    if (text.data[at] == '.')
        room[used++] = '0';
    memcpy(room + used, text.data + at, end - at);
    return (Str){room, used + end - at};
}

/* The shortest texts of the two differ, the numbers do not. */
static Str any_number(Str text, char *room, size_t size, int digits)
{
    char copy[NUMBER_MAX], *end;

    if (text.len == 0 || text.len >= sizeof copy)
        return text;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    double number = strtod(copy, &end);

    if (*end != '\0')
        return text;
    if (number == 0)
        number = 0; /* -0 */
    int length = snprintf(room, size, "%.*g", digits, number);

    return (Str){room, (size_t)length};
}

static Str boolean_of(Str text)
{
    static const char *const TRUE[] = {"1", "t", "true"}, *const FALSE[] = {"0", "f", "false"};

    for (size_t i = 0; i < COUNT_OF(TRUE); i++) {
        if (text.len == strlen(TRUE[i]) && strncasecmp(text.data, TRUE[i], text.len) == 0)
            return (Str){"1", 1};
        if (text.len == strlen(FALSE[i]) && strncasecmp(text.data, FALSE[i], text.len) == 0)
            return (Str){"0", 1};
    }
    return text;
}

/* "2024-02-29T23:59:59.120000+01" -> "2024-02-29 23:59:59.12" */
static Str moment_of(Str text, char *room, size_t size)
{
    size_t used = 0;
    const size_t date_end = 10;

    if (text.len < date_end || text.len >= size)
        return text;
    while (used < text.len &&
           (used < date_end || is_digit(text.data[used]) || strchr(" T:.", text.data[used]))) {
        room[used] = text.data[used] == 'T' ? ' ' : text.data[used];
        used++;
    }
    if (memchr(room, '.', used)) {
        while (room[used - 1] == '0')
            used--;
        used -= room[used - 1] == '.';
    }
    if (used == date_end && used + 9 < size) {
        memcpy(room + used, " 00:00:00", 9);
        used += 9;
    }
    return (Str){room, used};
}

/* ---- JSON ---- */

static void plain_numbers(json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_string(value)) {
        char room[NUMBER_MAX];
        Str text = {json_string_value(value), json_string_length(value)};
        Str number = text.len > 0 && (is_digit(text.data[0]) || text.data[0] == '-')
                         ? any_number(text, room, sizeof room, 15)
                         : text;

        if (!str_equal(number, text))
            json_string_setn_nocheck(value, number.data, number.len);
    }
    json_object_foreach(value, key, member) plain_numbers(member);
    json_array_foreach(value, i, member) plain_numbers(member);
}

static void add_text(Bytes *row, Str text)
{
    bytes_add_u8(row, 1);
    bytes_add_u32be(row, (uint32_t)text.len);
    bytes_add_str(row, text);
}

static void add_json(Bytes *row, Str text)
{
    json_t *value = selectdb_json_read(text);
    char *sorted;

    plain_numbers(value);
    sorted = value ? json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    add_text(row, sorted ? str_of(sorted) : text);
    free(sorted);
    json_decref(value);
}

/* ---- rows ---- */

typedef enum Form {
    FORM_TEXT,
    FORM_BOOLEAN,
    FORM_NUMBER,
    FORM_FLOAT,
    FORM_DOUBLE,
    FORM_MOMENT
} Form;

static const Form FORMS[DORIS_KIND_COUNT] = {
    [DORIS_BOOLEAN] = FORM_BOOLEAN, [DORIS_TINYINT] = FORM_NUMBER, [DORIS_SMALLINT] = FORM_NUMBER,
    [DORIS_INT] = FORM_NUMBER,      [DORIS_BIGINT] = FORM_NUMBER,  [DORIS_LARGEINT] = FORM_NUMBER,
    [DORIS_DECIMAL] = FORM_NUMBER,  [DORIS_FLOAT] = FORM_FLOAT,    [DORIS_DOUBLE] = FORM_DOUBLE,
    [DORIS_DATETIME] = FORM_MOMENT,
};

static Str value_text(CompareValue value, char *room, size_t size)
{
    switch (FORMS[value.type.kind]) {
    case FORM_BOOLEAN:
        return boolean_of(value.text);
    case FORM_NUMBER:
        return plain_number(value.text, room, size);
    case FORM_FLOAT:
        return any_number(value.text, room, size, 6);
    case FORM_DOUBLE:
        return any_number(value.text, room, size, 17);
    case FORM_MOMENT:
        return moment_of(value.text, room, size);
    case FORM_TEXT:
        break;
    }
    return value.text;
}

void compare_text_add(Bytes *row, CompareValue value)
{
    char room[NUMBER_MAX];

    if (value.null)
        bytes_add_u8(row, 0);
    else if (value.type.kind == DORIS_JSON)
        add_json(row, value.text);
    else
        add_text(row, value_text(value, room, sizeof room));
}

static bool is_no_date(Str text)
{
    size_t digits = 0;

    while (digits < text.len && is_digit(text.data[digits]))
        digits++;
    return digits != 4 || (text.len > 3 && memcmp(text.data + text.len - 3, " BC", 3) == 0);
}

static size_t digits_before_point(Str text)
{
    size_t at = text.data[0] == '-', first;

    while (at < text.len && text.data[at] == '0')
        at++;
    for (first = at; at < text.len && is_digit(text.data[at]);)
        at++;
    return at - first;
}

static size_t digits_behind_point(Str text)
{
    const char *point = memchr(text.data, '.', text.len);
    size_t count = point ? (size_t)(text.data + text.len - point - 1) : 0;

    while (count > 0 && text.data[text.len - 1] == '0')
        text.len--, count--;
    return count;
}

static bool is_no_decimal(DorisType type, Str text)
{
    if (text.len == 0 || !(is_digit(text.data[0]) || text.data[0] == '-') ||
        (text.len > 1 && text.data[0] == '-' && !is_digit(text.data[1])))
        return true;
    return digits_behind_point(text) > type.scale ||
           digits_before_point(text) > type.precision - type.scale;
}

static bool is_date(DorisKind kind)
{
    return kind == DORIS_DATE || kind == DORIS_DATETIME;
}

bool compare_text_is_unfit(CompareValue value)
{
    DorisType type = value.type;

    if (value.null)
        return false;
    if (is_date(type.kind))
        return is_no_date(value.text);
    if (type.kind == DORIS_DECIMAL)
        return is_no_decimal(type, value.text);
    return (type.kind == DORIS_CHAR || type.kind == DORIS_VARCHAR) && value.text.len > type.length;
}

/* ---- digests ---- */

/* FNV-1a, and MurmurHash3's end so that sums of hashes are as good as hashes. */
static uint64_t hash_of(Str row)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < row.len; i++)
        hash = (hash ^ (unsigned char)row.data[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

void compare_digest_add(CompareDigest *digest, Str row)
{
    digest->rows++;
    digest->sum += hash_of(row);
}

void compare_digest_take(CompareDigest *digest, Str row)
{
    digest->rows--;
    digest->sum -= hash_of(row);
}
