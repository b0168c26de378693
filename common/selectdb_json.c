#include "common/selectdb_json.h"

#include "common/bytes.h"
#include "common/compiler.h"
#include "common/utf8.h"

#include <ctype.h>
#include <jansson.h>

static size_t string_length(Str text, size_t at)
{
    size_t end = at + 1;

    while (end < text.len && text.data[end] != '"')
        end += text.data[end] == '\\' ? 2 : 1;
    return (end < text.len ? end + 1 : text.len) - at;
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '-' || c == '.';
}

static bool is_json_word(Str word)
{
    return str_equal(word, str_of("true")) || str_equal(word, str_of("false")) ||
           str_equal(word, str_of("null"));
}

/* Numbers, and words that are none of JSON's, get quotes. */
static void quote_words(Str text, Bytes *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t length = 1;
        bool quote = false;

        if (text.data[at] == '"') {
            length = string_length(text, at);
        } else if (is_word_byte(text.data[at])) {
            while (at + length < text.len && is_word_byte(text.data[at + length]))
                length++;
            quote = !is_json_word((Str){text.data + at, length});
        }
        bytes_add(out, "\"", quote);
        bytes_add(out, text.data + at, length);
        bytes_add(out, "\"", quote);
        at += length;
    }
}

json_t *selectdb_json_read(Str text)
{
    CLEANUP(bytes_done) Bytes quoted = {0};
    json_error_t error;

    if (memchr(text.data ? text.data : "", 0, text.len))
        return NULL;
    quote_words(text, &quoted);
    bytes_add_u8(&quoted, 0);
    utf8_mend(quoted.data);
    return json_loads(quoted.data, JSON_ALLOW_NUL, &error);
}

const char *selectdb_json_text(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);

    if (json_is_true(member) || json_is_false(member))
        return json_is_true(member) ? "true" : "false";
    return json_is_string(member) ? json_string_value(member) : "";
}
